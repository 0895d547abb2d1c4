package dev.lifeboat.schedules.run;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Stream;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.cfg.DateTimeFeature;
import tools.jackson.databind.json.JsonMapper;

/**
 * The runs of a home as files under {@code <home>/runs/}: {@code ID.json} is the run, {@code
 * ID.log} the end of what it printed, {@code ID.stop} asks for its end. Files, so that any process
 * can look while the service runs, and so that no crash leaves half of anything.
 *
 * <p>A run has one writer, the process that runs it; others only ask.
 */
public final class RunBook {
  private static final JsonMapper MAPPER =
      JsonMapper.builder()
          .enable(SerializationFeature.INDENT_OUTPUT)
          .disable(DateTimeFeature.WRITE_DATES_AS_TIMESTAMPS)
          .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .changeDefaultVisibility(visible ->
              visible.withIsGetterVisibility(
                  com.fasterxml.jackson.annotation.JsonAutoDetect.Visibility.NONE))
          .build();
  private static final String RECORD = ".json";

  private final Path directory;

  /** The book of a home; made when the first run is kept. */
  public RunBook(Path home) {
    this.directory = home.resolve("runs");
  }

  /** A run, if it is kept. */
  public Optional<Run> find(String id) {
    return read(file(id, RECORD));
  }

  /** Keeps that somebody begins a run by hand now, under an id of its own. */
  public Run typed(String job, List<String> command, Instant now) {
    // Never that of a run that the service would do.
    String base = Run.idOf(job, now) + "-typed";
    String id = base;
    for (int i = 2; find(id).isPresent(); i++) {
      id = base + "." + i;
    }
    return save(Runner.fresh(id, job, command, Run.Cause.TYPED, now, 1, now));
  }

  /** All runs that are kept, those that began last first. One that cannot be read is left out. */
  public List<Run> list() {
    try (Stream<Path> files = Files.list(directory)) {
      List<Run> runs = new ArrayList<>();
      files
          .filter(file -> file.toString().endsWith(RECORD))
          .filter(file -> !file.getFileName().toString().startsWith("."))
          .forEach(file -> read(file).ifPresent(runs::add));
      runs.sort(Comparator.comparing(Run::began).thenComparing(Run::id).reversed());
      return runs;
    } catch (NoSuchFileException e) {
      return List.of();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot list the runs in " + directory, e);
    }
  }

  /** The last run of a job that went well. */
  public Optional<Run> lastGood(String job) {
    return newest(job, run -> run.state() == Run.State.DONE);
  }

  /** The last run of a job that began, whatever became of it. */
  public Optional<Run> lastBegun(String job) {
    return newest(job, run -> run.state() != Run.State.NOT_RUN);
  }

  /** Reads no more than it must: there may be thousands. */
  private Optional<Run> newest(String job, Predicate<Run> wanted) {
    String prefix = Run.name(job) + "-";
    try (Stream<Path> files = Files.list(directory)) {
      return files
          .filter(file -> file.getFileName().toString().startsWith(prefix))
          .filter(file -> file.toString().endsWith(RECORD))
          // The names of one job's runs are in the order of time.
          .sorted(Comparator.comparing((Path file) -> file.getFileName().toString()).reversed())
          .flatMap(file -> read(file).stream())
          .filter(run -> run.job().equals(job))
          .filter(wanted)
          .findFirst();
    } catch (NoSuchFileException e) {
      return Optional.empty();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot list the runs in " + directory, e);
    }
  }

  private static Optional<Run> read(Path file) {
    try {
      return Optional.of(
          MAPPER.readValue(Files.readString(file, StandardCharsets.UTF_8), Run.class));
    } catch (NoSuchFileException | JacksonException e) {
      // Gone meanwhile; or no run: nothing is lost with it but history.
      return Optional.empty();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read the run " + file, e);
    }
  }

  /** Keeps a run, all or nothing, instead of what was kept of it. */
  public Run save(Run run) {
    // An interrupt tells the work to stop; a file that is written would be closed by it.
    boolean interrupted = Thread.interrupted();
    try {
      Files.createDirectories(
          directory,
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
      Path unfinished = directory.resolve("." + run.id() + RECORD);
      Files.writeString(unfinished, MAPPER.writeValueAsString(run) + "\n", StandardCharsets.UTF_8);
      try (FileChannel channel = FileChannel.open(unfinished, StandardOpenOption.WRITE)) {
        channel.force(true);
      }
      Files.move(
          unfinished,
          file(run.id(), RECORD),
          StandardCopyOption.ATOMIC_MOVE,
          StandardCopyOption.REPLACE_EXISTING);
      return run;
    } catch (IOException e) {
      throw new UncheckedIOException("cannot keep the run " + run.id() + " in " + directory, e);
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** Where the end of what a run prints is kept. */
  public Path log(String id) {
    return file(id, ".log");
  }

  /** Asks the process that runs it to end a run. */
  public void askToStop(String id) {
    try {
      Files.writeString(file(id, ".stop"), "");
    } catch (IOException e) {
      throw new UncheckedIOException("cannot ask for the end of " + id, e);
    }
  }

  /** Whether somebody asked for its end. */
  public boolean isAskedToStop(String id) {
    return Files.exists(file(id, ".stop"));
  }

  /** Forgets that somebody asked. */
  public void answered(String id) {
    delete(file(id, ".stop"));
  }

  /** Removes runs that ended before a time, or died before it, with their logs. */
  public void prune(Instant before) {
    for (Run run : list()) {
      if ((run.over() || !run.owner().isAlive())
          && run.ended().orElse(run.began()).isBefore(before)) {
        delete(file(run.id(), RECORD));
        delete(log(run.id()));
        answered(run.id());
      }
    }
  }

  private static void delete(Path file) {
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot remove " + file, e);
    }
  }

  private Path file(String id, String suffix) {
    if (id.contains("/") || id.startsWith(".")) {
      throw new IllegalArgumentException("'%s' is no id of a run".formatted(id));
    }
    return directory.resolve(id + suffix);
  }
}
