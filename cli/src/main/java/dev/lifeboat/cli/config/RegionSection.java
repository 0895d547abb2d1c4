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
    @Doc(
            value =
                "Regions with lower numbers are read first; among equals the order in this file counts.",
            fallback = "0",
            atLeast = 0)
        int priority,
    @Doc(value = "A bucket in an S3 service.", choice = "kind") Optional<S3Section> s3,
    @Doc(value = "A directory, for example a mounted disk.", choice = "kind")
        Optional<DirectoryPlace> directory,
    @Doc("What it costs, for dry runs, and so that replication reads where it is cheapest.")
        Optional<Cost> cost) {

  /** Prices, in whatever currency they are thought of. */
  public record Cost(
      Place at,
      @Doc("Price of 1,000,000,000 bytes for a month.") Optional<BigDecimal> storagePerGbMonth,
      @Doc(
              "Price of reading 1,000,000,000 bytes out of it; when absent, nothing for a directory and 0.09 for a bucket.")
          Optional<BigDecimal> readPerGb) {
    public Cost {
      if (storagePerGbMonth.filter(price -> price.signum() < 0).isPresent()) {
        throw new IllegalArgumentException("storage-per-gb-month: a price is not negative");
      }
      if (readPerGb.filter(price -> price.signum() < 0).isPresent()) {
        throw new IllegalArgumentException("read-per-gb: a price is not negative");
      }
    }

    /** Price of so many bytes for a month, where {@link #storagePerGbMonth} is known. */
    public BigDecimal month(long bytes) {
      return storagePerGbMonth
          .orElseThrow()
          .multiply(BigDecimal.valueOf(bytes))
          .movePointLeft(9)
          .setScale(2, RoundingMode.HALF_UP);
    }
  }

  /** Where it is, for people. */
  public String place() {
    return directory.map(d -> d.path().toString()).orElseGet(() -> s3.orElseThrow().place());
  }

  /** What services in the cloud ask for letting a gigabyte out, unless somebody knows better. */
  private static final double USUAL_READ_PER_GB = 0.09;

  /** What reading a gigabyte costs, as configured or as is usual. */
  public double readCost() {
    return cost.flatMap(Cost::readPerGb)
        .map(BigDecimal::doubleValue)
        .orElse(s3.isPresent() ? USUAL_READ_PER_GB : 0.0);
  }

  /** A directory that is a region. */
  public record DirectoryPlace(
      Place at, @Doc("The directory; lifeboat init makes it.") Path path) {}
}
