package dev.lifeboat.vault.reclaim;

import dev.lifeboat.vault.region.ObjectInfo;
import dev.lifeboat.vault.region.ObjectKey;
import dev.lifeboat.vault.region.Region;
import dev.lifeboat.vault.region.RegionException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * A lease as a region's listing shows it. Listing alone decides whether it lives: an object that
 * cannot be read, or that a stranger put there, holds reclamation up until it expires, and no
 * longer.
 *
 * @param first when the lease was taken, by the region's clock
 * @param last when it was last renewed, or ended
 * @param objects all of its objects, in order
 */
record LeaseState(
    String session, Instant first, Instant last, boolean ended, List<ObjectKey> objects) {
  LeaseState {
    objects = List.copyOf(objects);
  }

  /** All leases of a region. */
  static List<LeaseState> read(Region region) throws RegionException {
    List<ObjectInfo> listed = new ArrayList<>();
    region.list(Lease.PREFIX, listed::add);
    List<LeaseState> states = new ArrayList<>();
    int start = 0;
    for (int i = 1; i <= listed.size(); i++) {
      if (i == listed.size()
          || !session(listed.get(i).key()).equals(session(listed.get(start).key()))) {
        states.add(of(listed.subList(start, i)));
        start = i;
      }
    }
    return listed.isEmpty() ? List.of() : states;
  }

  private static LeaseState of(List<ObjectInfo> objects) {
    List<Instant> times = objects.stream().map(ObjectInfo::modified).toList();
    return new LeaseState(
        session(objects.getFirst().key()),
        Collections.min(times),
        Collections.max(times),
        objects.getLast().key().lastSegment().equals(Lease.END),
        objects.stream().map(ObjectInfo::key).toList());
  }

  private static String session(ObjectKey key) {
    String rest = key.value().substring(Lease.PREFIX.length());
    int slash = rest.indexOf('/');
    return slash < 0 ? rest : rest.substring(0, slash);
  }

  /** Whether its holder may still rely on it. */
  boolean isAlive(Instant now) {
    return !ended && Duration.between(last, now).compareTo(Lease.TTL) <= 0;
  }
}
