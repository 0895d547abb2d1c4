package dev.lifeboat.vault.engine;

import dev.lifeboat.vault.Digest;
import dev.lifeboat.vault.VaultException;
import dev.lifeboat.vault.chunk.ChunkId;
import dev.lifeboat.vault.index.ChunkLocation;
import dev.lifeboat.vault.index.TenantIndex;
import dev.lifeboat.vault.pack.PackId;
import dev.lifeboat.vault.region.RegionSet;
import dev.lifeboat.vault.snapshot.ChunkReader;
import dev.lifeboat.vault.snapshot.Expectations;
import dev.lifeboat.vault.snapshot.FrameSink;
import dev.lifeboat.vault.snapshot.ManifestBody;
import dev.lifeboat.vault.snapshot.PackFrames;
import dev.lifeboat.vault.snapshot.Problem;
import dev.lifeboat.vault.snapshot.SnapshotHeader;
import dev.lifeboat.vault.snapshot.SnapshotView;
import dev.lifeboat.vault.tree.Attributes;
import dev.lifeboat.vault.tree.Content;
import dev.lifeboat.vault.tree.Name;
import dev.lifeboat.vault.tree.Node;
import dev.lifeboat.vault.tree.TreeCodec;
import dev.lifeboat.vault.tree.TreePath;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/** A snapshot in the regions, opened. */
final class StoredSnapshot implements SnapshotView, ChunkReader {
  /** So many chunks ahead a stream looks for frames to fetch together. */
  private static final int LOOKAHEAD = 64;

  /** So many bytes of a long stream are opened before they are asked for. */
  private static final int AHEAD_BYTES = 8 << 20;

  private final RegionSet regions;
  private final SnapshotHeader header;
  private final ManifestBody body;
  private final TenantIndex index;
  private final List<VaultException> indexProblems;
  private final FrameReader frames;

  /**
   * @param indexProblems why some packs could not be indexed: the reason if a chunk is not found
   */
  StoredSnapshot(
      RegionSet regions,
      SnapshotHeader header,
      ManifestBody body,
      TenantIndex index,
      List<VaultException> indexProblems,
      FrameReader frames) {
    this.regions = regions;
    this.header = header;
    this.body = body;
    this.index = index;
    this.indexProblems = List.copyOf(indexProblems);
    this.frames = frames;
  }

  @Override
  public SnapshotHeader header() {
    return header;
  }

  @Override
  public Attributes rootAttributes() {
    return body.rootAttributes();
  }

  @Override
  public Content root() {
    return body.root();
  }

  @Override
  public Expectations expectations() {
    return body.expectations();
  }

  @Override
  public List<Problem> problems() {
    return body.problems();
  }

  @Override
  public List<Node> list(Content directory) {
    try (InputStream in = open(directory)) {
      return TreeCodec.decode("a directory of snapshot " + header.id(), in.readAllBytes());
    } catch (IOException e) {
      throw new UncheckedIOException("a stream of the vault throws its own exceptions", e);
    }
  }

  @Override
  public Optional<Node> find(TreePath path) {
    Content directory = body.root();
    Optional<Node> found = Optional.empty();
    for (int i = 0; i < path.names().size(); i++) {
      Name name = path.names().get(i);
      found = list(directory).stream().filter(node -> node.name().equals(name)).findFirst();
      if (i == path.names().size() - 1 || !(found.orElse(null) instanceof Node.Directory next)) {
        return i == path.names().size() - 1 ? found : Optional.empty();
      }
      directory = next.content();
    }
    return found;
  }

  @Override
  public InputStream open(Content content) {
    return new ChunkStream(leaves(content), content.bytes());
  }

  @Override
  public ChunkReader chunks() {
    return this;
  }

  @Override
  public List<ChunkId> flatten(Content content) {
    if (content.depth() == 0) {
      return content.chunks();
    }
    List<ChunkId> ids = new ArrayList<>();
    leaves(content).forEachRemaining(ids::add);
    return ids;
  }

  @Override
  public ChunkLocation locate(ChunkId chunk) {
    return index.locate(number(chunk));
  }

  private int number(ChunkId chunk) {
    int number = index.find(chunk);
    if (number == TenantIndex.NONE) {
      String what =
          "chunk %s of snapshot %s is in no index object and no footer"
              .formatted(chunk, header.id());
      for (VaultException problem : indexProblems) {
        if (problem instanceof VaultException.Unreachable) {
          throw new VaultException.Unreachable(what, List.of(problem));
        }
      }
      for (VaultException problem : indexProblems) {
        // It may lie in the pack that cannot be opened: damage is only what keys do not mend.
        if (problem instanceof VaultException.KeyUnavailable) {
          throw new VaultException.KeyUnavailable(
              "%s that can be opened: %s".formatted(what, problem.getMessage()), problem);
        }
      }
      throw indexProblems.isEmpty()
          ? new VaultException.Damaged(what)
          : new VaultException.Damaged(what, indexProblems.getFirst());
    }
    return number;
  }

  @Override
  public byte[] frame(PackId pack, int frame) {
    int number = index.find(pack);
    if (number == TenantIndex.NONE) {
      throw new VaultException.NotFound(
          "snapshot %s has nothing in pack %s".formatted(header.id(), pack));
    }
    if (frame < 0 || frame >= index.frames(number)) {
      throw new IllegalArgumentException("pack %s has no frame %d".formatted(pack, frame));
    }
    return frames.frame(number, frame, 1);
  }

  @Override
  public void read(Iterator<PackFrames> packs, int threads, FrameSink sink)
      throws InterruptedException {
    pump(FramePump.BUDGET_BYTES, packs, sink).run(threads);
  }

  FramePump pump(int budgetBytes, Iterator<PackFrames> packs, FrameSink sink) {
    return new FramePump(regions, index, frames, budgetBytes, packs, sink);
  }

  @Override
  public ChunkId name(byte[] bytes, int from, int length) {
    return frames.name(bytes, from, length);
  }

  @Override
  public void close() {
    frames.close();
  }

  /** Read as they are asked for. */
  @Override
  public Iterator<ChunkId> leaves(Content content) {
    Iterator<ChunkId> ids = content.chunks().iterator();
    for (int depth = content.depth(); depth > 0; depth--) {
      ids = new IdIterator(new ChunkStream(ids, -1));
    }
    return ids;
  }

  /** Ids out of a stream of ids. */
  private final class IdIterator implements Iterator<ChunkId> {
    private final InputStream in;
    private @Nullable ChunkId next;
    private boolean ended;

    private IdIterator(InputStream in) {
      this.in = in;
    }

    @Override
    public boolean hasNext() {
      if (next == null && !ended) {
        try {
          byte[] id = in.readNBytes(Digest.BYTES);
          if (id.length == Digest.BYTES) {
            next = ChunkId.read(id, 0);
          } else if (id.length == 0) {
            ended = true;
          } else {
            throw new VaultException.Damaged(
                "a list of chunks in snapshot %s ends amid an id".formatted(header.id()));
          }
        } catch (IOException e) {
          throw new UncheckedIOException("a stream of the vault throws its own exceptions", e);
        }
      }
      return next != null;
    }

    @Override
    public ChunkId next() {
      ChunkId id = hasNext() ? next : null;
      if (id == null) {
        throw new NoSuchElementException();
      }
      next = null;
      return id;
    }
  }

  /** The bytes of chunks, one after another. Used by one thread. */
  private final class ChunkStream extends InputStream {
    private final Iterator<ChunkId> ids;
    private final ArrayDeque<Integer> ahead = new ArrayDeque<>();
    private final ArrayDeque<Ahead> runs = new ArrayDeque<>();
    private final long expected;
    private int chunksInHand;
    private int chunksAhead;
    private long bytesAhead;
    private long delivered;
    private byte[] frame = new byte[0];
    private int at;
    private int end;

    /**
     * @param expected how many bytes there must be; −1 if nobody knows
     */
    private ChunkStream(Iterator<ChunkId> ids, long expected) {
      this.ids = ids;
      this.expected = expected;
    }

    @Override
    public int read() {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] target, int offset, int length) {
      if (length == 0) {
        return 0;
      }
      if (at == end && !next()) {
        if (expected >= 0 && delivered != expected) {
          throw wrongLength();
        }
        return -1;
      }
      int count = Math.min(length, end - at);
      System.arraycopy(frame, at, target, offset, count);
      at += count;
      delivered += count;
      if (expected >= 0 && delivered > expected) {
        throw wrongLength();
      }
      return count;
    }

    @Override
    public int available() {
      return end - at;
    }

    private VaultException.Damaged wrongLength() {
      return new VaultException.Damaged(
          "a content of snapshot %s should have %d bytes, and its chunks have another length"
              .formatted(header.id(), expected));
    }

    private boolean next() {
      while (ahead.size() < LOOKAHEAD && ids.hasNext()) {
        ahead.addLast(number(ids.next()));
      }
      openAhead();
      Integer chunk = ahead.pollFirst();
      if (chunk == null) {
        return false;
      }
      Ahead run = chunksInHand == 0 ? runs.poll() : null;
      if (run != null) {
        run.await();
        chunksInHand = run.chunks();
      }
      if (chunksInHand > 0) {
        chunksInHand--;
        chunksAhead--;
        bytesAhead -= index.bytesOf(chunk);
      }
      ChunkLocation location = index.locate(chunk);
      int pack = index.packOf(chunk);
      frame = frames.frame(pack, location.frame(), framesFrom(pack, location.frame()));
      at = location.offset();
      end = at + location.bytes();
      return true;
    }

    /** How many frames from this one on are fetched if it is not there yet. */
    private int framesFrom(int pack, int first) {
      if (frames.isCached(pack, first)) {
        return 1;
      }
      int last = first;
      long bytes = 0;
      for (int chunk : ahead) {
        int of = index.frameOf(chunk);
        bytes += index.bytesOf(chunk);
        if (bytes > FrameReader.RUN_BYTES || !follows(chunk, pack, last)) {
          break;
        }
        last = of;
      }
      return last - first + 1;
    }

    /** Whether a chunk lies in this frame or the next. */
    private boolean follows(int chunk, int pack, int frame) {
      int of = index.frameOf(chunk);
      return index.packOf(chunk) == pack && (of == frame || of == frame + 1);
    }

    /** Has other threads open what is read next, run by run, as far as the cache can hold it. */
    private void openAhead() {
      if (expected < FrameReader.RUN_BYTES) {
        return;
      }
      while (bytesAhead < AHEAD_BYTES && chunksAhead < ahead.size()) {
        Iterator<Integer> rest = ahead.iterator();
        for (int i = 0; i < chunksAhead; i++) {
          rest.next();
        }
        int chunk = rest.next();
        int pack = index.packOf(chunk);
        int first = index.frameOf(chunk);
        int last = first;
        int chunks = 1;
        long bytes = index.bytesOf(chunk);
        while (rest.hasNext()) {
          chunk = rest.next();
          bytes += index.bytesOf(chunk);
          if (bytes > FrameReader.RUN_BYTES || !follows(chunk, pack, last)) {
            bytes -= index.bytesOf(chunk);
            break;
          }
          last = index.frameOf(chunk);
          chunks++;
        }
        runs.addLast(new Ahead(chunks, frames.openAhead(pack, first, last - first + 1)));
        chunksAhead += chunks;
        bytesAhead += bytes;
      }
    }
  }

  /** Frames that another thread opens into the cache, for so many chunks of a stream. */
  private record Ahead(int chunks, Future<?> opened) {
    /** Waits until they are there, or whoever needs them will learn why not. */
    void await() {
      try {
        opened.get();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      } catch (ExecutionException | CancellationException e) {
        // Read once more by the reader itself, who is told what is wrong.
      }
    }
  }
}
