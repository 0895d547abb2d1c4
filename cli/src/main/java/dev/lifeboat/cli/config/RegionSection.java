package dev.lifeboat.cli.config;

import dev.lifeboat.vault.region.RegionName;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.nio.file.Path;
import java.util.Optional;

/** One region. */
public record RegionSection(
    Place at,
    @Doc("What you call it.") RegionName name,
    @Doc(value = "A bucket in an S3 service.", choice = "kind") Optional<S3Section> s3,
    @Doc(value = "A directory, for example a mounted disk.", choice = "kind")
        Optional<DirectoryPlace> directory,
    @Doc("What it costs, for dry runs.") Optional<Cost> cost) {

  /** Prices, in whatever currency they are thought of. */
  public record Cost(
      Place at, @Doc("Price of 1,000,000,000 bytes for a month.") BigDecimal storagePerGbMonth) {
    public Cost {
      if (storagePerGbMonth.signum() < 0) {
        throw new IllegalArgumentException("storage-per-gb-month: a price is not negative");
      }
    }

    /** Price of so many bytes for a month. */
    public BigDecimal month(long bytes) {
      return storagePerGbMonth
          .multiply(BigDecimal.valueOf(bytes))
          .movePointLeft(9)
          .setScale(2, RoundingMode.HALF_UP);
    }
  }

  /** Where it is, for people. */
  public String place() {
    return directory.map(d -> d.path().toString()).orElseGet(() -> s3.orElseThrow().place());
  }

  /** A directory that is a region. */
  public record DirectoryPlace(
      Place at, @Doc("The directory; lifeboat init makes it.") Path path) {}
}
