package dev.lifeboat.vault.snapshot;

import dev.lifeboat.vault.Digest;
import dev.lifeboat.vault.VaultException;
import dev.lifeboat.vault.chunk.ChunkId;
import dev.lifeboat.vault.index.ChunkLocation;
import dev.lifeboat.vault.pack.PackId;
import dev.lifeboat.vault.seal.DatasetName;
import dev.lifeboat.vault.seal.TenantName;
import dev.lifeboat.vault.tree.Attributes;
import dev.lifeboat.vault.tree.Content;
import dev.lifeboat.vault.tree.Name;
import dev.lifeboat.vault.tree.Node;
import dev.lifeboat.vault.tree.TreeCodec;
import dev.lifeboat.vault.tree.TreePath;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * A sink and the views it seals, in memory and without cryptography: for tests of what stands above
 * the vault. Chunks have a fixed length and are named by their SHA-256; each is a frame and a pack
 * of its own, the pack named like the chunk.
 *
 * <p>One of these can play several nights: {@link #seal} as often as wanted, {@link #forget} to
 * make {@link #reuse} refuse.
 */
public final class MemorySnapshot implements SnapshotSink {
  private static final int DEFAULT_CHUNK_BYTES = 64 << 10;

  private final Map<ChunkId, byte[]> chunks = new ConcurrentHashMap<>();
  private final AtomicLong bytesStored = new AtomicLong();
  private final AtomicLong reused = new AtomicLong();
  private final int chunkBytes;
  private long sequence;
  private @Nullable Digest previous;

  public MemorySnapshot() {
    this(DEFAULT_CHUNK_BYTES);
  }

  public MemorySnapshot(int chunkBytes) {
    this.chunkBytes = chunkBytes;
  }

  @Override
  public Content store(InputStream in) throws IOException {
    List<ChunkId> ids = new ArrayList<>();
    long bytes = 0;
    for (byte[] chunk = in.readNBytes(chunkBytes);
        chunk.length > 0;
        chunk = in.readNBytes(chunkBytes)) {
      bytes += chunk.length;
      ids.add(put(chunk));
    }
    return new Content(bytes, 0, ids);
  }

  @Override
  public boolean reuse(Content content) {
    if (!chunks.keySet().containsAll(content.chunks())) {
      return false;
    }
    reused.incrementAndGet();
    return true;
  }

  @Override
  public Content storeDirectory(List<Node> nodes) {
    try {
      return store(new ByteArrayInputStream(TreeCodec.encode(nodes)));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Makes a snapshot of what was captured. Closing it does nothing. */
  public synchronized SnapshotView seal(Captured captured) {
    Captured.Counts counts = captured.counts();
    sequence++;
    SnapshotHeader header =
        new SnapshotHeader(
            new SnapshotId("%016x".formatted(sequence)),
            captured.time(),
            new TenantName("tenant"),
            new DatasetName("dataset"),
            captured.expectations().source(),
            "writer",
            sequence,
            previous,
            captured.problems().isEmpty(),
            new SnapshotHeader.Counts(
                counts.files(),
                counts.directories(),
                counts.others(),
                counts.bytes(),
                counts.newFiles(),
                counts.changedFiles(),
                counts.unchangedFiles(),
                counts.bytesRead(),
                bytesStored.get(),
                captured.problems().size()),
            captured.tools(),
            Collections.emptySortedSet(),
            packs().size());
    previous = new Digest(sequence, 0, 0, 0);
    return new View(header, captured);
  }

  /** Bytes of all distinct chunks stored so far. */
  public long bytesStored() {
    return bytesStored.get();
  }

  /** How often {@link #reuse} said yes. */
  public long reused() {
    return reused.get();
  }

  /** Loses every chunk, as if reclaimed. */
  public void forget() {
    chunks.clear();
  }

  /** Loses the chunks of one content: reading it is damage from now on. */
  public void forget(Content content) {
    content.chunks().forEach(chunks::remove);
  }

  private ChunkId put(byte[] chunk) {
    ChunkId id = ChunkId.read(sha256(chunk), 0);
    if (chunks.putIfAbsent(id, chunk) == null) {
      bytesStored.addAndGet(chunk.length);
    }
    return id;
  }

  private List<PackReference> packs() {
    BitSet first = new BitSet();
    first.set(0);
    List<PackReference> packs = new ArrayList<>();
    new TreeMap<>(chunks)
        .forEach((id, bytes) ->
            packs.add(new PackReference(new PackId(id.value()), bytes.length, 1, first)));
    return packs;
  }

  private static byte[] sha256(byte[] bytes) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(bytes);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  private final class View implements SnapshotView, ChunkReader {
    private final SnapshotHeader header;
    private final Captured captured;

    private View(SnapshotHeader header, Captured captured) {
      this.header = header;
      this.captured = captured;
    }

    @Override
    public SnapshotHeader header() {
      return header;
    }

    @Override
    public Attributes rootAttributes() {
      return captured.rootAttributes();
    }

    @Override
    public Content root() {
      return captured.root();
    }

    @Override
    public Expectations expectations() {
      return captured.expectations();
    }

    @Override
    public List<Problem> problems() {
      return captured.problems();
    }

    @Override
    public List<Node> list(Content directory) {
      return TreeCodec.decode("directory", bytes(directory));
    }

    @Override
    public Optional<Node> find(TreePath path) {
      Content directory = captured.root();
      Optional<Node> found = Optional.empty();
      for (int i = 0; i < path.names().size(); i++) {
        Name name = path.names().get(i);
        found = list(directory).stream().filter(node -> node.name().equals(name)).findFirst();
        if (found.isEmpty() || i == path.names().size() - 1) {
          return found;
        }
        if (!(found.get() instanceof Node.Directory next)) {
          return Optional.empty();
        }
        directory = next.content();
      }
      return found;
    }

    @Override
    public InputStream open(Content content) {
      return new ByteArrayInputStream(bytes(content));
    }

    @Override
    public ChunkReader chunks() {
      return this;
    }

    @Override
    public List<ChunkId> flatten(Content content) {
      return content.chunks();
    }

    @Override
    public ChunkLocation locate(ChunkId chunk) {
      return new ChunkLocation(new PackId(chunk.value()), 0, 0, chunk(chunk).length);
    }

    @Override
    public byte[] frame(PackId pack, int frame) {
      if (frame != 0) {
        throw new IllegalArgumentException("pack %s has no frame %d".formatted(pack, frame));
      }
      return chunk(new ChunkId(pack.value())).clone();
    }

    @Override
    public ChunkId name(byte[] bytes, int from, int length) {
      return ChunkId.read(sha256(Arrays.copyOfRange(bytes, from, from + length)), 0);
    }

    @Override
    public void close() {}

    private byte[] bytes(Content content) {
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      content.chunks().forEach(id -> out.writeBytes(chunk(id)));
      return out.toByteArray();
    }

    private byte[] chunk(ChunkId id) {
      byte[] bytes = chunks.get(id);
      if (bytes == null) {
        throw new VaultException.Damaged("chunk %s is in no region".formatted(id));
      }
      return bytes;
    }
  }
}
