package dev.lifeboat.verify;

import dev.lifeboat.vault.Digest;
import dev.lifeboat.vault.VaultException;
import dev.lifeboat.vault.reclaim.Forgetting;
import dev.lifeboat.vault.region.ObjectKey;
import java.util.HashSet;
import java.util.Set;

/** The manifests that were removed on record. */
final class Forgotten {
  private final Set<Digest> digests = new HashSet<>();
  private final Set<ObjectKey> manifests = new HashSet<>();

  private Forgotten() {}

  /** Reads every record; one that no region has unharmed excuses nothing. */
  static Forgotten load(Listing listing, Forgetting forgetting) {
    Forgotten forgotten = new Forgotten();
    for (ObjectKey record : listing.union(Forgetting.PREFIX)) {
      ObjectKey manifest =
          new ObjectKey(
              References.SNAPSHOTS + record.value().substring(Forgetting.PREFIX.length()));
      try {
        forgetting
            .find(manifest)
            .ifPresent(found -> {
              forgotten.digests.add(found.digest());
              forgotten.manifests.add(manifest);
            });
      } catch (VaultException e) {
        // Found as damage where its bytes are checked; here it only does not count.
      }
    }
    return forgotten;
  }

  /** Whether the manifest of this digest was removed on record. */
  boolean digest(Digest digest) {
    return digests.contains(digest);
  }

  /** Whether the manifest of this name was, or is being, removed on record. */
  boolean manifest(ObjectKey key) {
    return manifests.contains(key);
  }
}
