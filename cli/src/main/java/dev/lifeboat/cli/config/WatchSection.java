package dev.lifeboat.cli.config;

import dev.lifeboat.schedules.watch.WatchRules;
import java.time.Duration;
import java.util.Optional;

/** By when things must have happened. */
public record WatchSection(
    Place at,
    @Doc(
            value = "How old the newest complete snapshot of a dataset without rpo may become.",
            fallback = "26h")
        Duration rpo,
    @Doc(value = "In what time a drill of each dataset must have passed.", fallback = "35d")
        Duration drillWithin,
    @Doc(value = "By how much a region's clock may be off this machine's.", fallback = "1m")
        Duration clockSkew,
    @Doc(
            value =
                "How long before its end a certificate is told of: of regions in buckets with an endpoint, and of this service's own.",
            fallback = "14d")
        Duration certificatesWithin,
    @Doc(value = "How much must be free on the disk with the home of this host.", fallback = "1GiB")
        ByteSize diskFree) {
  public WatchSection {
    if (!rpo.isPositive()) {
      throw new IllegalArgumentException("rpo: nothing is that young");
    }
    // Says what it does not take.
    WatchRules _ =
        new WatchRules(Optional.of(drillWithin), clockSkew, certificatesWithin, diskFree.bytes());
  }

  /** The same, for who compares. */
  public WatchRules rules() {
    return new WatchRules(
        Optional.of(drillWithin), clockSkew, certificatesWithin, diskFree.bytes());
  }
}
