package dev.lifeboat.vault.reclaim;

import dev.lifeboat.vault.VaultException;
import dev.lifeboat.vault.region.RegionException;
import dev.lifeboat.vault.region.RegionName;
import dev.lifeboat.vault.region.RegionSet;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Set;

/**
 * The lease of the one reclamation that removes something now. Whoever cannot show that it still
 * lives removes nothing more: another reclamation may have begun, and decided anew.
 */
final class SweepLease implements Candidates.Guard, AutoCloseable {
  /** By it reclamations know each other. */
  static final String PURPOSE = "reclaim";

  /** After so long by the local clock the region is asked again; many times within a lease. */
  static final Duration CHECKED = Duration.ofMinutes(5);

  private static final String WHAT = "this vault is being reclaimed";

  private final Lease lease;
  private final Rivals rivals;
  private final Clock clock;
  private Instant asked;
  private Set<RegionName> alive;

  private SweepLease(Lease lease, Rivals rivals, Clock clock) {
    this.lease = lease;
    this.rivals = rivals;
    this.clock = clock;
    this.asked = clock.instant();
    this.alive = lease.held();
  }

  /**
   * Takes it; nothing may be removed before {@link #requireAlone}.
   *
   * @throws VaultException.Unreachable if no region can be reached
   */
  static SweepLease acquire(RegionSet regions, Records records, SecureRandom random, Clock clock) {
    Lease lease =
        Lease.acquire(
            regions,
            records,
            random,
            Lease.Holder.ofThisProcess(records.writer().value(), PURPOSE));
    lease.keepAlive();
    return new SweepLease(lease, new Rivals(regions, records, PURPOSE), clock);
  }

  /**
   * Goes on if there is no other reclamation, or the other withdraws.
   *
   * @param looks leases as they were listed behind taking this one
   * @throws VaultException.Conflict if the other goes on; this lease has ended then
   */
  void requireAlone(Map<RegionName, Rivals.Look> looks) {
    lease.requireAlone(rivals, rivals.among(looks, lease.session()), WHAT);
  }

  String session() {
    return lease.session();
  }

  boolean isHeld(RegionName region) {
    return lease.held().contains(region);
  }

  /**
   * Lets pass who was not held up: the local clock also tells of a machine that slept. It is
   * believed only so far as to ask the region, never instead of it.
   */
  @Override
  public void check(RegionName region) throws RegionException {
    Instant now = clock.instant();
    if (now.isBefore(asked) || Duration.between(asked, now).compareTo(CHECKED) >= 0) {
      ask();
    }
    require(region, "nothing more is removed");
  }

  /** To be called behind the last removal. */
  void confirm(RegionName region) throws RegionException {
    ask();
    require(
        region,
        "something may have been removed that a newer snapshot needs; run: lifeboat verify --region %s, then: lifeboat replicate"
            .formatted(region));
  }

  private void ask() {
    // The time first: an answer is as old as its question.
    asked = clock.instant();
    alive = lease.renew();
  }

  private void require(RegionName region, String consequence) throws RegionException {
    if (!alive.contains(region)) {
      RegionException why = lease.failures().get(region);
      throw new RegionException.Permanent(
          region,
          "this reclamation was held up and its lease has ended (%s); %s"
              .formatted(
                  why == null ? "it was not renewed in time" : why.getMessage(), consequence),
          why);
    }
  }

  @Override
  public void close() {
    lease.close();
  }
}
