package dev.lifeboat.jobs;

import dev.lifeboat.vault.seal.DatasetName;
import dev.lifeboat.vault.seal.TenantName;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;

/** Directories under the home: mode 0700, because what lies there tells of customers' data. */
final class Homes {
  private static final FileAttribute<?> PRIVATE =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));

  private Homes() {}

  /** This directory, made if it is not there. */
  static Path directory(Path path) throws IOException {
    return Files.createDirectories(path, PRIVATE);
  }

  /** What a source keeps between nights. */
  static Path datasetState(Path home, TenantName tenant, DatasetName dataset) throws IOException {
    return directory(home.resolve("datasets").resolve(tenant.value()).resolve(dataset.value()));
  }
}
