package dev.lifeboat.jobs;

import dev.lifeboat.jobs.report.NightReport;
import dev.lifeboat.jobs.report.NightReportJson;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Reports as JSON files under {@code <home>/reports/}, one for each night: readable without the
 * state database, and while a night runs.
 */
public final class NightReports {
  private final Path directory;

  public NightReports(Path home) {
    this.directory = home.resolve("reports");
  }

  /** The files of a job's reports, newest first. */
  public List<Path> files(NightJob job) {
    String suffix = suffix(job);
    try (Stream<Path> files = Files.list(directory)) {
      return files
          .filter(file -> file.getFileName().toString().endsWith(suffix))
          .sorted(Comparator.comparing((Path file) -> file.getFileName().toString()).reversed())
          .toList();
    } catch (NoSuchFileException e) {
      return List.of();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot list the reports in " + directory, e);
    }
  }

  /** The newest report of a job. */
  public Optional<NightReport> latest(NightJob job) {
    return files(job).stream().findFirst().map(NightReports::read);
  }

  /** Reads a report. */
  public static NightReport read(Path file) {
    try {
      return NightReportJson.read(Files.readString(file, StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read the report " + file, e);
    }
  }

  /** Writes a report, all or nothing; a night that was continued replaces its earlier report. */
  Path write(NightJob job, NightReport report) throws IOException {
    Path file = Homes.directory(directory).resolve(report.night() + suffix(job));
    Path unfinished = directory.resolve("." + file.getFileName());
    Files.writeString(unfinished, NightReportJson.write(report), StandardCharsets.UTF_8);
    try (FileChannel channel = FileChannel.open(unfinished, StandardOpenOption.WRITE)) {
      channel.force(true);
    }
    return Files.move(unfinished, file, StandardCopyOption.ATOMIC_MOVE);
  }

  /** Removes all but the newest reports of a job. */
  void prune(NightJob job, int keep) throws IOException {
    for (Path old : files(job).stream().skip(keep).toList()) {
      Files.deleteIfExists(old);
    }
  }

  private static String suffix(NightJob job) {
    return "-" + job.id() + ".json";
  }
}
