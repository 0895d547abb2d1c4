package dev.lifeboat.vault.index;

import dev.lifeboat.vault.Digest;
import dev.lifeboat.vault.chunk.ChunkId;
import dev.lifeboat.vault.engine.VaultFixture;
import dev.lifeboat.vault.pack.FrameEntry;
import dev.lifeboat.vault.pack.PackDirectory;
import dev.lifeboat.vault.pack.PackId;
import dev.lifeboat.vault.seal.TenantId;
import dev.lifeboat.vault.seal.TenantKeys;
import dev.lifeboat.vault.seal.TenantName;
import dev.lifeboat.vault.seal.TenantReadKeys;
import dev.lifeboat.vault.seal.VaultId;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** Made-up packs, and what a plain map says of them. */
final class IndexFixture {
  static final VaultId VAULT = VaultId.of(new byte[16]);
  static final SegmentKey KEY;
  static final TenantId TENANT;

  static {
    SecureRandom random = VaultFixture.seeded(7);
    try (TenantReadKeys keys = TenantKeys.create(new TenantName("acme"), random)) {
      KEY = SegmentKey.of(VAULT, keys.write());
      TENANT = keys.write().id();
    }
  }

  /** A pack with its directory. */
  record Pack(PackId id, long bytes, Digest object, PackDirectory directory) {}

  private IndexFixture() {}

  static Digest digest(Random random) {
    return new Digest(random.nextLong(), random.nextLong(), random.nextLong(), random.nextLong());
  }

  /** Index objects of a few packs each, some of whose chunks are in other packs, too. */
  static List<Pack> packs(long seed, int count) {
    Random random = new Random(seed);
    List<Pack> packs = new ArrayList<>();
    List<Digest> chunks = new ArrayList<>();
    Digest object = digest(random);
    for (int i = 0; i < count; i++) {
      if (random.nextInt(5) == 0) {
        object = digest(random);
      }
      List<FrameEntry> frames = new ArrayList<>();
      for (int frame = random.nextInt(6); frame >= 0; frame--) {
        List<Digest> ids = new ArrayList<>();
        for (int chunk = random.nextInt(8) == 0 ? random.nextInt(300) : 0; chunk >= 0; chunk--) {
          boolean again = !chunks.isEmpty() && random.nextInt(10) == 0;
          ids.add(again ? chunks.get(random.nextInt(chunks.size())) : digest(random));
        }
        chunks.addAll(ids);
        frames.add(frame(random, ids));
      }
      packs.add(new Pack(new PackId(digest(random)), 1000 + i, object, new PackDirectory(frames)));
    }
    return packs;
  }

  static FrameEntry frame(Random random, List<Digest> chunks) {
    int[] lengths = new int[chunks.size()];
    byte[] ids = new byte[lengths.length * Digest.BYTES];
    int raw = 0;
    for (int i = 0; i < lengths.length; i++) {
      lengths[i] = 1 + random.nextInt(random.nextInt(4) == 0 ? 16 << 20 : 1000);
      raw += lengths[i];
      chunks.get(i).write(ids, i * Digest.BYTES);
    }
    return new FrameEntry(17 + random.nextInt(16 << 20), raw, random.nextInt(2), lengths, ids);
  }

  static FreshPacks fresh(List<Pack> packs) {
    FreshPacks fresh = new FreshPacks();
    packs.stream().map(Pack::object).distinct().forEach(fresh::cover);
    packs.forEach(pack -> fresh.add(pack.id(), pack.bytes(), pack.object(), pack.directory()));
    return fresh;
  }

  static SegmentStore store(Path directory) {
    return new SegmentStore(directory, VAULT, TENANT);
  }

  static List<Segment> open(SegmentStore store) {
    return store.open(_ -> KEY);
  }

  /** All packs of some segments. */
  static Selection all(List<Segment> segments) {
    Selection selection =
        new Selection(
            List.of(),
            (segment, pack) -> {
              throw new AssertionError(segment + " has pack " + pack + " damaged");
            });
    segments.forEach(segment -> selection.append(segment, true));
    return selection;
  }

  /** Where each chunk may be found. */
  static Map<Digest, List<ChunkLocation>> model(List<Pack> packs) {
    Map<Digest, List<ChunkLocation>> model = new HashMap<>();
    for (Pack pack : packs) {
      for (int frame = 0; frame < pack.directory().frames().size(); frame++) {
        FrameEntry entry = pack.directory().frames().get(frame);
        int offset = 0;
        for (int i = 0; i < entry.chunks(); i++) {
          int bytes = entry.chunkBytes()[i];
          model
              .computeIfAbsent(entry.id(i).value(), _ -> new ArrayList<>())
              .add(new ChunkLocation(pack.id(), frame, offset, bytes));
          offset += bytes;
        }
      }
    }
    return model;
  }

  static ChunkId chunk(Digest id) {
    return new ChunkId(id);
  }
}
