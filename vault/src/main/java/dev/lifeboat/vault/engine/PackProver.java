package dev.lifeboat.vault.engine;

import dev.lifeboat.vault.Digest;
import dev.lifeboat.vault.VaultException;
import dev.lifeboat.vault.chunk.ChunkHasher;
import dev.lifeboat.vault.index.IndexCodec;
import dev.lifeboat.vault.index.TenantIndex;
import dev.lifeboat.vault.pack.FrameEntry;
import dev.lifeboat.vault.pack.FrameOpener;
import dev.lifeboat.vault.pack.PackDirectory;
import dev.lifeboat.vault.pack.PackId;
import dev.lifeboat.vault.pack.PackKey;
import dev.lifeboat.vault.region.ObjectKey;
import dev.lifeboat.vault.region.Region;
import dev.lifeboat.vault.region.RegionException;
import dev.lifeboat.vault.seal.Prologue;
import dev.lifeboat.vault.seal.SecretBytes;
import dev.lifeboat.vault.seal.TenantReadKeys;
import dev.lifeboat.vault.seal.TenantWriteKeys;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Proves whole packs of one tenant: each is read once, from its first to its last byte, and in that
 * one reading it is hashed, and every frame is decrypted, decompressed and compared with its chunk
 * ids, piece by piece while it is in the processor's cache.
 *
 * <p>Frames are looked for where a restore looks for them: where the index objects say, and only
 * where these say nothing, where the pack itself does. Both are compared.
 *
 * <p>Packs may be proven by many threads at once; {@link #find} is for one.
 */
public final class PackProver implements AutoCloseable {
  private final IndexLoader loader;
  private final KeyRing ring;
  private final Map<Integer, TenantReadKeys> generations = new HashMap<>();
  private final SecretBytes chunkIdKey;
  private final ConcurrentLinkedDeque<Tools> tools = new ConcurrentLinkedDeque<>();
  private final ExecutorService fetchers =
      Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("prove-", 0).factory());

  PackProver(IndexLoader loader, KeyRing ring, List<TenantReadKeys> generations) {
    this.loader = loader;
    this.ring = ring;
    generations.forEach(keys -> this.generations.put(keys.write().generation(), keys));
    this.chunkIdKey = ring.newest().chunkIdKey().copy();
  }

  /** What one thread at a time opens frames with. */
  static final class Tools {
    final FrameOpener opener = new FrameOpener();
    final ChunkHasher hasher;
    byte[] raw = new byte[0];

    private Tools(SecretBytes chunkIdKey) {
      hasher = new ChunkHasher(chunkIdKey);
    }
  }

  /** To be given back by {@link #giveBack}. */
  Tools take() {
    Tools free = tools.poll();
    return free == null ? new Tools(chunkIdKey) : free;
  }

  void giveBack(Tools used) {
    tools.push(used);
  }

  ExecutorService fetchers() {
    return fetchers;
  }

  /**
   * Reads the index objects that are new, so that not each who needs one does.
   *
   * @throws VaultException.Unreachable if the region cannot be listed
   */
  public void readIndex() {
    IndexLoader.Indexed _ = loader.index();
  }

  /** A pack, and the length that it must have. */
  public record Wanted(PackId pack, long bytes) {}

  /** Looks up what is said to be in some packs; in the same order. */
  public List<Pack> find(List<Wanted> packs) {
    SnapshotPacks found = SnapshotPacks.of(packs, loader);
    TenantIndex index = found.index();
    List<Pack> result = new ArrayList<>();
    for (Wanted pack : packs) {
      int number = index.find(pack.pack());
      String problem = number == TenantIndex.NONE ? problem(found, pack.pack()) : "";
      result.add(new Pack(pack.pack(), index, number, found.indexObject(pack.pack()), problem));
    }
    return result;
  }

  private static String problem(SnapshotPacks found, PackId pack) {
    return found.problems().stream()
        .map(why -> String.valueOf(why.getMessage()))
        .filter(why -> why.contains(pack.toString()))
        .findFirst()
        .orElse("no index object and no footer tells what is in it");
  }

  /** A pack that can be proven. */
  public final class Pack {
    private final PackId id;
    private final TenantIndex index;
    private final int number;
    private final Optional<Digest> indexObject;
    private final String problem;

    private Pack(
        PackId id, TenantIndex index, int number, Optional<Digest> indexObject, String problem) {
      this.id = id;
      this.index = index;
      this.number = number;
      this.indexObject = indexObject;
      this.problem = problem;
    }

    /** Whether an index object tells of it, so that nobody has to read its own directory first. */
    public boolean isIndexed() {
      return indexObject.isPresent();
    }

    /**
     * Reads the pack from a region, and judges all of it. Whatever is wrong is read once more, so
     * that what went wrong on its way is not taken for damage.
     *
     * @param length as the region lists it
     * @param idle takes work off this thread, to do it at once; {@code false} if nobody is there
     *     for it
     * @throws RegionException if the region cannot be read, {@link RegionException.Missing}
     *     excepted
     */
    public PackProof prove(Region region, long length, Predicate<Runnable> idle)
        throws RegionException, InterruptedException {
      if (number == TenantIndex.NONE) {
        return read(region, length, List.of(), idle).proof(Optional.of(problem), Optional.empty());
      }
      List<FrameEntry> said = said();
      PackReading first = read(region, length, said, idle);
      PackDirectory own = first.directory();
      if (own == null) {
        own = footer(length);
      }
      if (own != null && !PackReading.isSame(said, own.frames())) {
        return read(region, length, own.frames(), idle)
            .proof(
                Optional.empty(),
                indexObject.map(name -> new ObjectKey(IndexCodec.prefix(ring.tenant()) + name)));
      }
      if (first.isSound(id)) {
        return first.proof(Optional.empty(), Optional.empty());
      }
      return read(region, length, said, idle).proof(Optional.empty(), Optional.empty());
    }

    /** Where the pack's own directory is not where the index says, it may be where it should be. */
    private @Nullable PackDirectory footer(long length) {
      try {
        return loader.footer(id, length).orElse(null);
      } catch (VaultException e) {
        return null; // What is wrong with the pack shows when it is read.
      }
    }

    private List<FrameEntry> said() {
      List<FrameEntry> entries = new ArrayList<>();
      for (int frame = 0; frame < index.frames(number); frame++) {
        entries.add(index.frame(number, frame));
      }
      return entries;
    }

    private PackReading read(
        Region region, long length, List<FrameEntry> entries, Predicate<Runnable> idle)
        throws RegionException, InterruptedException {
      PackReading reading = new PackReading(PackProver.this, region, id, length, entries, idle);
      reading.run();
      return reading;
    }
  }

  /** The key of a pack; {@code null} if its header is not as it was, or the key is not here. */
  @Nullable PackKey open(PackId pack, byte[] header) {
    return fromHeader(
        pack,
        header,
        (prologue, write) -> {
          TenantReadKeys keys = generations.get(write.generation());
          return keys == null ? null : PackKey.open(prologue, header, keys.privateKey());
        });
  }

  /** The key of a footer; {@code null} as {@link #open} has it. */
  byte @Nullable [] indexKey(PackId pack, byte[] header) {
    return fromHeader(pack, header, (_, write) -> write.indexKey().exposeSecret());
  }

  private interface FromHeader<T> {
    @Nullable T get(Prologue prologue, TenantWriteKeys keys);
  }

  private <T> @Nullable T fromHeader(PackId pack, byte[] header, FromHeader<T> wanted) {
    try {
      String what = "pack " + pack;
      Prologue prologue = Prologue.read(header, Prologue.Kind.PACK, what);
      return wanted.get(prologue, ring.of(prologue, what));
    } catch (VaultException.KeyUnavailable
        | VaultException.Damaged
        | VaultException.Untrusted
        | VaultException.UnsupportedFormat e) {
      return null;
    }
  }

  /** Wipes its copies of keys. No pack may be being proven. */
  @Override
  public void close() {
    fetchers.shutdownNow();
    fetchers.close();
    for (Tools free = tools.poll(); free != null; free = tools.poll()) {
      free.opener.close();
    }
    chunkIdKey.close();
  }
}
