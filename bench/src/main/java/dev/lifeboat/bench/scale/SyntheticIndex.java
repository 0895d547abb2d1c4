package dev.lifeboat.bench.scale;

import dev.lifeboat.vault.Digest;
import dev.lifeboat.vault.chunk.ChunkId;
import dev.lifeboat.vault.index.FreshPacks;
import dev.lifeboat.vault.index.Segment;
import dev.lifeboat.vault.index.SegmentKey;
import dev.lifeboat.vault.index.SegmentStore;
import dev.lifeboat.vault.index.SelectedIndex;
import dev.lifeboat.vault.index.Selection;
import dev.lifeboat.vault.pack.FrameEntry;
import dev.lifeboat.vault.pack.PackDirectory;
import dev.lifeboat.vault.pack.PackId;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Random;

/**
 * A host's index of a vault: segments of random chunk ids, a frame for each chunk, which takes the
 * most room, added and merged as sessions do.
 */
final class SyntheticIndex {
  private static final int CHUNK_BYTES = 500_000;

  /** So many are found, or not found, in a measurement. */
  static final int ASKED = 1 << 20;

  /** A session's worth: all of it is in the heap while it is added. */
  private static final int ADDED_AT_ONCE = 200_000;

  private final Size size;
  private final SyntheticVault vault;
  private final Path directory;
  private final Path sample;
  private final SegmentKey key;
  private final List<ChunkId> some = new ArrayList<>();

  /**
   * Opens nothing yet.
   *
   * @param directory for the segments
   * @param sample a file with ids of chunks from all over the index
   */
  SyntheticIndex(SyntheticVault vault, Path directory, Path sample) {
    this.size = vault.size();
    this.vault = vault;
    this.directory = directory;
    this.sample = sample;
    this.key = SegmentKey.of(vault.document().vault(), vault.tenant());
  }

  /** Writes the segments, and the sample. */
  void make() throws IOException {
    Random dice = new Random(1);
    SegmentStore store = store();
    ByteArrayOutputStream sampled = new ByteArrayOutputStream();
    long every = Math.max(1, size.chunks() / 65_536);
    long added = 0;
    while (added < size.chunks()) {
      FreshPacks packs = new FreshPacks();
      Digest object = new Digest(added, 0, 0, 0);
      packs.cover(object);
      long until = Math.min(added + ADDED_AT_ONCE, size.chunks());
      while (added < until) {
        List<FrameEntry> frames = new ArrayList<>(Size.CHUNKS_PER_PACK);
        for (int i = 0; i < Size.CHUNKS_PER_PACK; i++) {
          byte[] id = digest(dice);
          frames.add(new FrameEntry(CHUNK_BYTES + 16, CHUNK_BYTES, 0, new int[] {CHUNK_BYTES}, id));
          if (added++ % every == 0) {
            sampled.write(id);
          }
        }
        packs.add(
            new PackId(Digest.read(digest(dice), 0)),
            Size.PACK_BYTES,
            object,
            new PackDirectory(frames));
      }
      if (!store.add(packs, key)) {
        throw new IllegalStateException("the segment could not be written to " + directory);
      }
      store.merge(store.open(_ -> key), SyntheticIndex::all, key);
    }
    Files.write(sample, sampled.toByteArray());
  }

  /** Reads the sample. */
  void prepare() throws IOException {
    byte[] ids = Files.readAllBytes(sample);
    for (int at = 0; at < ids.length; at += Digest.BYTES) {
      some.add(ChunkId.read(ids, at));
    }
  }

  private static byte[] digest(Random dice) {
    byte[] bytes = new byte[Digest.BYTES];
    dice.nextBytes(bytes);
    return bytes;
  }

  private static BitSet all(Segment segment) {
    BitSet objects = new BitSet();
    objects.set(0, segment.objects());
    return objects;
  }

  private SegmentStore store() {
    return new SegmentStore(directory, vault.document().vault(), vault.tenant().id());
  }

  /** As a session opens it, with every pack selected. */
  SelectedIndex open() {
    Selection selection =
        new Selection(
            List.of(),
            (_, pack) -> {
              throw new IllegalStateException("pack %d is damaged".formatted(pack));
            });
    store().open(_ -> key).forEach(segment -> selection.append(segment, true));
    return new SelectedIndex(selection);
  }

  /** Finds chunks from all over the index. */
  Void find(SelectedIndex index) {
    for (int i = 0; i < ASKED; i++) {
      if (index.find(some.get((int) (i * 40_503L % some.size()))) < 0) {
        throw new IllegalStateException("a chunk of the index is not found");
      }
    }
    return null;
  }

  /** Looks for chunks that are not there. */
  Void miss(SelectedIndex index) {
    Random dice = new Random(2);
    byte[] id = new byte[Digest.BYTES];
    for (int i = 0; i < ASKED; i++) {
      dice.nextBytes(id);
      if (index.find(ChunkId.read(id, 0)) >= 0) {
        throw new IllegalStateException("a chunk is found that is not in the index");
      }
    }
    return null;
  }
}
