package dev.lifeboat.verify.drill;

import dev.lifeboat.vault.Directories;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** Reports as JSON files of this host, named by their ids. */
public final class DirectoryDrillResults implements DrillResults {
  static final String NAME = "results";
  private static final String SUFFIX = ".json";

  private final Path directory;

  /**
   * @param drills the directory of all drills; made when first needed
   */
  public DirectoryDrillResults(Path drills) {
    this.directory = drills.resolve(NAME);
  }

  @Override
  public void save(DrillReport report) throws IOException {
    Directories.make(directory);
    Path partial = Files.createTempFile(directory, ".", ".partial");
    try {
      Files.writeString(partial, DrillReportJson.write(report));
      Files.move(partial, directory.resolve(report.id() + SUFFIX), StandardCopyOption.ATOMIC_MOVE);
    } finally {
      Files.deleteIfExists(partial);
    }
  }

  @Override
  public List<DrillReport> all() throws IOException {
    if (!Files.isDirectory(directory)) {
      return List.of();
    }
    List<Path> files;
    try (Stream<Path> entries = Files.list(directory)) {
      files =
          entries.filter(file -> file.getFileName().toString().endsWith(SUFFIX)).sorted().toList();
    }
    List<DrillReport> reports = new ArrayList<>();
    for (Path file : files) {
      try {
        reports.add(DrillReportJson.read(Files.readString(file)));
      } catch (IllegalArgumentException e) {
        throw new IOException("%s: %s".formatted(file, e.getMessage()), e);
      }
    }
    reports.sort(Comparator.comparing(DrillReport::started));
    return reports;
  }
}
