package dev.lifeboat.vault.reclaim;

import dev.lifeboat.vault.VaultException;
import dev.lifeboat.vault.region.ObjectKey;
import dev.lifeboat.vault.region.Region;
import dev.lifeboat.vault.region.RegionException;
import dev.lifeboat.vault.region.RegionName;
import dev.lifeboat.vault.region.RegionSet;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/** Live leases of others that were taken for the same purpose. */
final class Rivals {
  private final RegionSet regions;
  private final Records records;
  private final String purpose;

  Rivals(RegionSet regions, Records records, String purpose) {
    this.regions = regions;
    this.records = records;
    this.purpose = purpose;
  }

  /**
   * Another's lease and what it tells of its holder.
   *
   * @param first whether it has precedence over the own one
   */
  record Rival(String session, Lease.Told holder, boolean first) {}

  /** The leases that a region lists, and a time at which they were not yet listed. */
  record Look(Instant now, List<LeaseState> leases) {}

  /**
   * A lease as the first region by name lists it that lists the own one, too.
   *
   * @param compared whether there is such a region
   * @param elder how long it was there when the own one came; negative if it came later. Two see
   *     the same of each other, because it is the same two objects that both look at
   */
  private record Seen(
      String session, RegionName region, ObjectKey object, boolean compared, Duration elder) {
    /** Regions tell times to the second: within one, names decide. */
    private static final Comparator<Seen> PRECEDENCE =
        Comparator.comparing(Seen::elder).reversed().thenComparing(Seen::session);

    private boolean isBefore(String own) {
      return elder.isZero() ? session.compareTo(own) < 0 : elder.isPositive();
    }
  }

  /**
   * The rival with the best claim, if there is any: whoever came first, and of two that came at
   * once, whose session is the first by name. Left out are leases that ended in some region or
   * expired in all; whose process is gone for certain; and those that no writer of the vault
   * signed. Regions that do not answer are not asked twice.
   *
   * @param own session that is no rival
   */
  Optional<Rival> find(String own) {
    Map<RegionName, Look> looks = new TreeMap<>();
    for (Region region : regions.regions()) {
      try {
        // The time first: what is judged by it can only look younger than it is.
        Instant now = regions.in(region.name(), Region::now);
        looks.put(region.name(), new Look(now, regions.in(region.name(), LeaseState::read)));
      } catch (RegionException e) {
        // Whoever writes with a quorum shows in another region.
      }
    }
    return among(looks, own);
  }

  /** As {@link #find}, in what was just listed. */
  Optional<Rival> among(Map<RegionName, Look> looks, String own) {
    Map<String, Seen> alive = new HashMap<>();
    Set<String> ended = new HashSet<>(Set.of(own));
    new TreeMap<>(looks)
        .forEach((region, look) -> {
          Instant mine =
              look.leases().stream()
                  .filter(lease -> lease.session().equals(own))
                  .map(LeaseState::first)
                  .findFirst()
                  .orElse(null);
          for (LeaseState lease : look.leases()) {
            if (lease.ended()) {
              ended.add(lease.session());
            } else if (lease.isAlive(look.now())) {
              Seen seen =
                  new Seen(
                      lease.session(),
                      region,
                      lease.objects().getLast(),
                      mine != null,
                      mine == null ? Duration.ZERO : Duration.between(lease.first(), mine));
              alive.merge(lease.session(), seen, (before, now) -> before.compared() ? before : now);
            }
          }
        });
    alive.keySet().removeAll(ended);
    for (Seen lease : alive.values().stream().sorted(Seen.PRECEDENCE).toList()) {
      try {
        byte[] bytes = regions.in(lease.region(), region -> region.read(lease.object()));
        Lease.Told told = Lease.told(records, lease.object(), bytes);
        if (told.purpose().equals(purpose)
            && told.session().equals(lease.session())
            && !Lease.isOver(told)) {
          return Optional.of(new Rival(lease.session(), told, lease.isBefore(own)));
        }
      } catch (RegionException | VaultException e) {
        // Unreadable, so nobody knows for what it is; reclamation waits for it all the same.
      }
    }
    return Optional.empty();
  }
}
