package dev.lifeboat.cli.config;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** Which snapshots of a dataset are kept; the newest good one always is. */
public record RetentionSection(
    Place at,
    @Doc(value = "The newest so many.", fallback = "0") int last,
    @Doc(value = "The newest of so many hours.", fallback = "0") int hourly,
    @Doc(value = "The newest of so many days.", fallback = "0") int daily,
    @Doc(value = "The newest of so many weeks.", fallback = "0") int weekly,
    @Doc(value = "The newest of so many months.", fallback = "0") int monthly,
    @Doc(value = "The newest of so many years.", fallback = "0") int yearly,
    @Doc("A snapshot with one of these tags stays, beside what the numbers keep.")
        List<String> keepTags,
    @Doc(value = "How long what nothing refers to any more is left in place.", fallback = "7d")
        Duration grace,
    @Doc(
            "Copy what the newest snapshots need of packs that hold little of it into full packs; absent to leave packs as they are. Needs the recovery kit.")
        Optional<Repack> repack) {
  public RetentionSection {
    keepTags = List.copyOf(keepTags);
    requireSomething(last, hourly, daily, weekly, monthly, yearly);
  }

  static void requireSomething(
      int last, int hourly, int daily, int weekly, int monthly, int yearly) {
    if (last == 0 && hourly == 0 && daily == 0 && weekly == 0 && monthly == 0 && yearly == 0) {
      throw new IllegalArgumentException(
          "keeps nothing: write for example {daily: 7, weekly: 5, monthly: 12}, or leave retention out to keep all");
    }
  }

  /** Repacking. */
  public record Repack(
      Place at,
      @Doc(
              value =
                  "Packs of which the newest snapshots need less than this share of a full pack.",
              fallback = "30%")
          Percentage below,
      @Doc(value = "How many bytes a run writes at most.", fallback = "10GiB") ByteSize budget) {}

  /** Retention of one dataset, instead of that of all. */
  public record OfDataset(
      Place at,
      @Doc(value = "Keep every snapshot of it.", fallback = "false") boolean all,
      @Doc(value = "The newest so many.", fallback = "0") int last,
      @Doc(value = "The newest of so many hours.", fallback = "0") int hourly,
      @Doc(value = "The newest of so many days.", fallback = "0") int daily,
      @Doc(value = "The newest of so many weeks.", fallback = "0") int weekly,
      @Doc(value = "The newest of so many months.", fallback = "0") int monthly,
      @Doc(value = "The newest of so many years.", fallback = "0") int yearly,
      @Doc("A snapshot with one of these tags stays, beside what the numbers keep.")
          List<String> keepTags) {
    public OfDataset {
      keepTags = List.copyOf(keepTags);
      if (!all) {
        requireSomething(last, hourly, daily, weekly, monthly, yearly);
      } else if (last + (long) hourly + daily + weekly + monthly + yearly > 0) {
        throw new IllegalArgumentException("keeps all, and counts: write only one of them");
      }
    }
  }
}
