package dev.lifeboat.schedules.run;

import dev.lifeboat.vault.WholeFile;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.function.Predicate;
import java.util.stream.Stream;
import tools.jackson.core.JacksonException;

/**
 * The book of one host: the runs of a home as files under {@code <home>/runs/}: {@code ID.json} is
 * the run, {@code ID.log} the end of what it printed, {@code ID.stop} asks for its end. Files, so
 * that any process can look while the service runs, and so that no crash leaves half of anything.
 *
 * <p>A run has one writer, the process that runs it; others only ask.
 */
final class FileRunBook implements RunBook {
  private static final String RECORD = ".json";

  private final Path directory;

  /** The book of a home; made when the first run is kept. */
  FileRunBook(Path home) {
    this.directory = home.resolve("runs");
  }

  @Override
  public Optional<Run> find(String id) {
    return read(file(id, RECORD));
  }

  @Override
  public List<Run> list() {
    List<Run> runs = new ArrayList<>();
    records("").forEach(file -> read(file).ifPresent(runs::add));
    runs.sort(NEWEST_FIRST);
    return runs;
  }

  /**
   * Reads no more than it must, there may be thousands: a file was written last when its run ended,
   * or later, and so never before it began.
   */
  @Override
  public List<Run> list(Optional<String> job, int limit) {
    PriorityQueue<Run> newest = new PriorityQueue<>(NEWEST_FIRST.reversed());
    if (limit <= 0) {
      return List.of();
    }
    for (Written file : written(job.map(Run::name).map(name -> name + "-").orElse(""))) {
      if (newest.size() == limit
          && file.last().isBefore(newest.element().began().truncatedTo(ChronoUnit.SECONDS))) {
        break;
      }
      read(file.path())
          .filter(run -> job.isEmpty() || run.job().equals(job.get()))
          .ifPresent(newest::add);
      if (newest.size() > limit) {
        var _ = newest.remove();
      }
    }
    return newest.stream().sorted(NEWEST_FIRST).toList();
  }

  /** A record and when it was written last. */
  private record Written(Path path, Instant last) {}

  /** What was written last first; its time is all that is looked at. */
  private List<Written> written(String prefix) {
    List<Written> all = new ArrayList<>();
    for (Path file : records(prefix)) {
      try {
        all.add(new Written(file, Files.getLastModifiedTime(file).toInstant()));
      } catch (NoSuchFileException e) {
        // Gone meanwhile.
      } catch (IOException e) {
        throw new UncheckedIOException("cannot look at the run " + file, e);
      }
    }
    all.sort(Comparator.comparing(Written::last).reversed());
    return all;
  }

  private List<Path> records(String prefix) {
    try (Stream<Path> files = Files.list(directory)) {
      return files
          .filter(file -> file.toString().endsWith(RECORD))
          .filter(file -> file.getFileName().toString().startsWith(prefix))
          .filter(file -> !file.getFileName().toString().startsWith("."))
          .toList();
    } catch (NoSuchFileException e) {
      return List.of();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot list the runs in " + directory, e);
    }
  }

  @Override
  public Optional<Run> lastGood(String job) {
    return newest(job, run -> run.state() == Run.State.DONE);
  }

  @Override
  public Optional<Run> lastBegun(String job) {
    return newest(job, run -> run.state() != Run.State.NOT_RUN);
  }

  /** Reads no more than it must: there may be thousands. */
  private Optional<Run> newest(String job, Predicate<Run> wanted) {
    return records(Run.name(job) + "-").stream()
        // The names of one job's runs are in the order of time.
        .sorted(Comparator.comparing((Path file) -> file.getFileName().toString()).reversed())
        .flatMap(file -> read(file).stream())
        .filter(run -> run.job().equals(job))
        .filter(wanted)
        .findFirst();
  }

  private static Optional<Run> read(Path file) {
    try {
      return Optional.of(RunJson.read(Files.readString(file, StandardCharsets.UTF_8)));
    } catch (NoSuchFileException | JacksonException e) {
      // Gone meanwhile; or no run: nothing is lost with it but history.
      return Optional.empty();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read the run " + file, e);
    }
  }

  @Override
  public Run save(Run run) {
    // An interrupt tells the work to stop; a file that is written would be closed by it.
    boolean interrupted = Thread.interrupted();
    try {
      Files.createDirectories(
          directory,
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
      WholeFile.replace(file(run.id(), RECORD), RunJson.write(run) + "\n");
      return run;
    } catch (IOException e) {
      throw new UncheckedIOException("cannot keep the run " + run.id() + " in " + directory, e);
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  @Override
  public OutputStream log(Run run) throws IOException {
    return new RunLog(log(run.id()));
  }

  private Path log(String id) {
    return file(id, ".log");
  }

  @Override
  public List<String> tail(String id, int lines) throws IOException {
    try {
      return RunBook.last(Files.readAllBytes(log(id)), lines);
    } catch (NoSuchFileException e) {
      return List.of();
    }
  }

  @Override
  public boolean isAlive(Run run) {
    return run.owner().isAlive();
  }

  @Override
  public void askToStop(String id) {
    try {
      Files.writeString(file(id, ".stop"), "");
    } catch (IOException e) {
      throw new UncheckedIOException("cannot ask for the end of " + id, e);
    }
  }

  @Override
  public boolean isAskedToStop(String id) {
    return Files.exists(file(id, ".stop"));
  }

  @Override
  public void answered(String id) {
    delete(file(id, ".stop"));
  }

  /** Reads only what may go: what was written since that ended since. */
  @Override
  public void prune(Instant before) {
    for (Written file : written("").reversed()) {
      if (!file.last().isBefore(before)) {
        return;
      }
      read(file.path()).filter(run -> isOld(run, before)).ifPresent(this::delete);
    }
  }

  private void delete(Run run) {
    delete(file(run.id(), RECORD));
    delete(log(run.id()));
    answered(run.id());
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
