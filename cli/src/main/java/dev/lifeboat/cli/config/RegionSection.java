package dev.lifeboat.cli.config;

import dev.lifeboat.vault.region.RegionName;
import java.nio.file.Path;
import java.util.Optional;

/** One region. */
public record RegionSection(
    Place at,
    @Doc("What you call it.") RegionName name,
    @Doc(value = "A bucket in an S3 service.", choice = "kind") Optional<S3Section> s3,
    @Doc(value = "A directory, for example a mounted disk.", choice = "kind")
        Optional<DirectoryPlace> directory) {

  /** Where it is, for people. */
  public String place() {
    return directory.map(d -> d.path().toString()).orElseGet(() -> s3.orElseThrow().place());
  }

  /** A directory that is a region. */
  public record DirectoryPlace(
      Place at, @Doc("The directory; lifeboat init makes it.") Path path) {}
}
