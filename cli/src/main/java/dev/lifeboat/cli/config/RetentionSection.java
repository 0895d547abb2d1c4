package dev.lifeboat.cli.config;

import java.time.Duration;

/** Which snapshots of a dataset are kept; the newest good one always is. */
public record RetentionSection(
    Place at,
    @Doc(value = "The newest so many.", fallback = "0") int last,
    @Doc(value = "The newest of so many hours.", fallback = "0") int hourly,
    @Doc(value = "The newest of so many days.", fallback = "0") int daily,
    @Doc(value = "The newest of so many weeks.", fallback = "0") int weekly,
    @Doc(value = "The newest of so many months.", fallback = "0") int monthly,
    @Doc(value = "The newest of so many years.", fallback = "0") int yearly,
    @Doc(value = "How long what nothing refers to any more is left in place.", fallback = "7d")
        Duration grace) {
  public RetentionSection {
    if (last + hourly + daily + weekly + monthly + yearly == 0) {
      throw new IllegalArgumentException(
          "keeps nothing: write for example {daily: 7, weekly: 5, monthly: 12}, or leave retention out to keep all");
    }
  }
}
