package dev.lifeboat.verify.drill;

import dev.lifeboat.vault.engine.Vault;
import dev.lifeboat.vault.index.IndexCodec;
import dev.lifeboat.vault.region.ObjectInfo;
import dev.lifeboat.vault.region.ObjectKey;
import dev.lifeboat.vault.region.RegionException;
import dev.lifeboat.vault.region.RegionName;
import dev.lifeboat.vault.seal.TenantId;
import dev.lifeboat.vault.snapshot.SnapshotRecord;
import java.util.ArrayList;
import java.util.List;

/**
 * Whether the index objects of a tenant are what their names say, in every region that has the
 * snapshot. A restore finds its way without them, by the packs' own footers, and a drill would pass
 * over a damaged index without a word; with thousands of packs that way is long.
 */
final class IndexCheck {
  private IndexCheck() {}

  static DrillReport.Check of(Vault vault, SnapshotRecord snapshot, TenantId tenant) {
    List<String> wrong = new ArrayList<>();
    long read = 0;
    for (RegionName region : snapshot.regions()) {
      try {
        List<ObjectKey> keys = new ArrayList<>();
        vault
            .regions()
            .in(
                region,
                lent -> {
                  keys.clear();
                  lent.list(IndexCodec.prefix(tenant), (ObjectInfo info) -> keys.add(info.key()));
                  return true;
                });
        for (ObjectKey key : keys) {
          byte[] bytes = vault.regions().in(region, lent -> lent.read(key));
          read++;
          if (!IndexCodec.key(tenant, bytes).equals(key)) {
            wrong.add("%s in %s has other bytes".formatted(key, region));
          }
        }
      } catch (RegionException e) {
        wrong.add(String.valueOf(e.getMessage()));
      }
    }
    String expected = "%d objects as named".formatted(read);
    return new DrillReport.Check(
        "index",
        expected,
        wrong.isEmpty() ? expected : "%d wrong: %s".formatted(wrong.size(), wrong.getFirst()),
        read,
        wrong.isEmpty());
  }
}
