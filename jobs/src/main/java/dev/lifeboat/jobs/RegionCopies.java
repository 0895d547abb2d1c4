package dev.lifeboat.jobs;

import dev.lifeboat.jobs.report.NightReport;
import dev.lifeboat.vault.region.ObjectLock;
import dev.lifeboat.vault.region.Region;
import dev.lifeboat.vault.region.RegionName;
import dev.lifeboat.vault.snapshot.SnapshotRecord;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/** What single regions hold of single datasets. */
public final class RegionCopies {
  private RegionCopies() {}

  /**
   * What a region holds of a dataset.
   *
   * @param dataset tenant and name
   * @param snapshots all of the dataset, wherever they are
   */
  public static NightReport.Copy of(
      String dataset,
      RegionName region,
      Collection<SnapshotRecord> snapshots,
      Optional<Duration> rpo,
      Instant now) {
    Optional<Instant> newest =
        snapshots.stream()
            .filter(snapshot -> snapshot.header().complete())
            .filter(snapshot -> snapshot.regions().contains(region))
            .map(snapshot -> snapshot.header().time())
            .max(Comparator.naturalOrder());
    Optional<Duration> age = newest.map(time -> Duration.between(time, now));
    List<SnapshotRecord> lacking =
        snapshots.stream().filter(snapshot -> !snapshot.regions().contains(region)).toList();
    return new NightReport.Copy(
        dataset,
        newest,
        age,
        age.isEmpty() || rpo.filter(limit -> age.get().compareTo(limit) > 0).isPresent(),
        lacking.size(),
        lacking.stream().mapToLong(snapshot -> snapshot.header().counts().bytesAdded()).sum());
  }

  /** How a region locks what is stored in it, in words; nothing if it does not. */
  public static Optional<String> lock(Region region) {
    return region.lock().map(RegionCopies::words);
  }

  private static String words(ObjectLock lock) {
    return "%s, %d days".formatted(lock.mode(), lock.period().toDays());
  }
}
