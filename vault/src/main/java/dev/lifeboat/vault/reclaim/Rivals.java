package dev.lifeboat.vault.reclaim;

import dev.lifeboat.vault.VaultException;
import dev.lifeboat.vault.region.ObjectKey;
import dev.lifeboat.vault.region.Region;
import dev.lifeboat.vault.region.RegionException;
import dev.lifeboat.vault.region.RegionName;
import dev.lifeboat.vault.region.RegionSet;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
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

  /** Another's lease and what it tells of its holder. */
  record Rival(String session, Lease.Told holder) {}

  /** The leases that a region lists, and a time at which they were not yet listed. */
  record Look(Instant now, List<LeaseState> leases) {}

  private record Seen(RegionName region, ObjectKey object) {}

  /**
   * The rival whose session is the first by name, if there is any. Left out are leases that ended
   * in some region or expired in all; whose process is gone for certain; and those that no writer
   * of the vault signed. Regions that do not answer are not asked twice.
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
    SortedMap<String, Seen> alive = new TreeMap<>();
    Set<String> ended = new HashSet<>(Set.of(own));
    looks.forEach((region, look) -> {
      for (LeaseState lease : look.leases()) {
        if (lease.ended()) {
          ended.add(lease.session());
        } else if (lease.isAlive(look.now())) {
          alive.put(lease.session(), new Seen(region, lease.objects().getLast()));
        }
      }
    });
    alive.keySet().removeAll(ended);
    for (Map.Entry<String, Seen> lease : alive.entrySet()) {
      ObjectKey key = lease.getValue().object();
      try {
        byte[] bytes = regions.in(lease.getValue().region(), region -> region.read(key));
        Lease.Told told = Lease.told(records, key, bytes);
        if (told.purpose().equals(purpose)
            && told.session().equals(lease.getKey())
            && !Lease.isOver(told)) {
          return Optional.of(new Rival(lease.getKey(), told));
        }
      } catch (RegionException | VaultException e) {
        // Unreadable, so nobody knows for what it is; reclamation waits for it all the same.
      }
    }
    return Optional.empty();
  }
}
