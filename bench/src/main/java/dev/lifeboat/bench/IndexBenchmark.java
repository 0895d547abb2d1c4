package dev.lifeboat.bench;

import dev.lifeboat.vault.Digest;
import dev.lifeboat.vault.chunk.ChunkId;
import dev.lifeboat.vault.index.FreshPacks;
import dev.lifeboat.vault.index.SegmentKey;
import dev.lifeboat.vault.index.SegmentStore;
import dev.lifeboat.vault.index.SelectedIndex;
import dev.lifeboat.vault.index.Selection;
import dev.lifeboat.vault.index.TenantIndex;
import dev.lifeboat.vault.pack.FrameEntry;
import dev.lifeboat.vault.pack.PackDirectory;
import dev.lifeboat.vault.pack.PackId;
import dev.lifeboat.vault.seal.TenantKeys;
import dev.lifeboat.vault.seal.TenantName;
import dev.lifeboat.vault.seal.TenantReadKeys;
import dev.lifeboat.vault.seal.VaultId;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** Looking up chunks in the index of a tenant, in nanoseconds each; hardly one is in a cache. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(value = 1, jvmArgsAppend = "-Xmx1g")
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class IndexBenchmark {
  private static final int FRAMES_PER_PACK = 64;
  private static final int ASKED = 1 << 16;

  @Param({"100000", "2000000"})
  public int chunks = 100_000;

  private TenantIndex index = new SelectedIndex(new Selection(List.of(), (_, _) -> {}));
  private final ChunkId[] known = new ChunkId[ASKED];
  private final ChunkId[] unknown = new ChunkId[ASKED];
  private int next;

  @Setup
  public void fill() {
    Random dice = new Random(1);
    Digest object = new Digest(0, 0, 0, 0);
    FreshPacks packs = new FreshPacks();
    packs.cover(object);
    byte[] id = new byte[Digest.BYTES];
    int added = 0;
    while (added < chunks) {
      List<FrameEntry> frames = new ArrayList<>();
      for (int i = 0; i < FRAMES_PER_PACK; i++) {
        byte[] own = new byte[Digest.BYTES];
        dice.nextBytes(own);
        frames.add(new FrameEntry(500_016, 500_000, 0, new int[] {500_000}, own));
        // Evenly over the index.
        int slot = (int) Math.min(ASKED - 1, (long) added * ASKED / chunks);
        if (known[slot] == null) {
          known[slot] = ChunkId.read(own, 0);
        }
        added++;
      }
      dice.nextBytes(id);
      packs.add(new PackId(Digest.read(id, 0)), 33_000_000, object, new PackDirectory(frames));
    }
    Selection all = new Selection(List.of(), (_, _) -> {});
    all.append(SegmentStore.inMemory(packs, key()), true);
    index = new SelectedIndex(all);
    for (int i = 0; i < ASKED; i++) {
      dice.nextBytes(id);
      unknown[i] = ChunkId.read(id, 0);
      if (known[i] == null) {
        known[i] = known[i / 2];
      }
    }
  }

  private static SegmentKey key() {
    try (TenantReadKeys keys = TenantKeys.create(new TenantName("bench"), new SecureRandom())) {
      return SegmentKey.of(VaultId.of(new byte[16]), keys.write());
    }
  }

  @Benchmark
  public int hit() {
    int found = index.find(known[next++ * 40_503 & (ASKED - 1)]);
    if (found < 0) {
      throw new IllegalStateException("a chunk of the index is not found");
    }
    return found;
  }

  @Benchmark
  public int miss() {
    return index.find(unknown[next++ & (ASKED - 1)]);
  }
}
