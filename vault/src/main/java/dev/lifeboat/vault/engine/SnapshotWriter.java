package dev.lifeboat.vault.engine;

import dev.lifeboat.vault.VaultException;
import dev.lifeboat.vault.chunk.ChunkId;
import dev.lifeboat.vault.chunk.Chunker;
import dev.lifeboat.vault.chunk.Gear;
import dev.lifeboat.vault.index.IndexCodec;
import dev.lifeboat.vault.pack.PackId;
import dev.lifeboat.vault.seal.SecretBytes;
import dev.lifeboat.vault.snapshot.Captured;
import dev.lifeboat.vault.snapshot.PackReference;
import dev.lifeboat.vault.snapshot.SnapshotSink;
import dev.lifeboat.vault.tree.Content;
import dev.lifeboat.vault.tree.Node;
import dev.lifeboat.vault.tree.TreeCodec;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.UncheckedIOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A snapshot being written. Many threads may store at once; one commits, when all are through.
 *
 * <p>Streams of one chunk are hashed, compressed and sealed by the thread that stores them. The
 * chunks of larger streams go to a pool of workers, so that a single large file keeps all cores
 * busy; the memory of chunks on their way is bounded, and whoever is faster waits.
 *
 * <p>The first failure of anything but the source's own stream ends the session: every later call
 * throws it, and nothing is committed. Closing without a commit abandons the snapshot; packs
 * already stored are found and used by the next session.
 */
public final class SnapshotWriter implements SnapshotSink, AutoCloseable {
  private final SessionContext session;
  private final KnownChunks known;
  private final Failure failure = new Failure();
  private final ClaimedChunks claimed = new ClaimedChunks();
  private final PackPipeline pipeline;
  private final ContentLists lists;
  private final SecretBytes chunkIdKey;
  private final Gear gear;
  private final ExecutorService workers;
  private final BlockingQueue<byte[]> windows;
  private final ConcurrentLinkedDeque<Lane> idle = new ConcurrentLinkedDeque<>();
  private final List<Lane> lanes = new ArrayList<>();
  private final ReentrantLock trees = new ReentrantLock();
  private @Nullable Lane treeLane;
  private int windowsMade;
  private int storing;
  private State state = State.OPEN;

  private enum State {
    OPEN,
    COMMITTING,
    CLOSED
  }

  SnapshotWriter(SessionContext session, KnownChunks known) {
    this.session = session;
    this.known = known;
    this.lists = new ContentLists(session.cache());
    this.chunkIdKey = session.keys().newest().chunkIdKey().copy();
    this.gear = Gear.of(chunkIdKey);
    EngineSettings settings = session.settings();
    this.pipeline =
        new PackPipeline(
            session.document().vault(),
            session.keys().newest(),
            session.random(),
            settings,
            session.dispatch(),
            Set.copyOf(session.survey().answering()),
            session.regions().quorum(),
            session.loader(),
            session.buffers(),
            failure);
    this.workers =
        Executors.newFixedThreadPool(
            settings.workers(), Thread.ofPlatform().name("seal-", 0).daemon().factory());
    this.windows = new LinkedBlockingQueue<>();
  }

  @Override
  public Content store(InputStream in) throws IOException {
    Lane lane = enter();
    try {
      return store(in, lane);
    } finally {
      leave(lane);
    }
  }

  private Content store(InputStream in, Lane lane) throws IOException {
    try (ContentLists.Recorder recorder = lists.recorder()) {
      Content content = new Storing(in, lane, recorder).run();
      recorder.keep(content);
      return content;
    }
  }

  @Override
  public Content storeDirectory(List<Node> nodes) {
    byte[] encoded = TreeCodec.encode(nodes);
    // Directories share frames with each other and with no files: who walks a tree decodes a few
    // frames, instead of nearly all of the snapshot's.
    trees.lock();
    try {
      Lane lane = enterTrees();
      try {
        return store(new ByteArrayInputStream(encoded), lane);
      } finally {
        leaveTrees();
      }
    } catch (IOException e) {
      throw new UncheckedIOException("reading from memory cannot fail", e);
    } finally {
      trees.unlock();
    }
  }

  @Override
  public boolean reuse(Content content) {
    failure.check();
    if (content.depth() == 0) {
      return refer(content.chunks());
    }
    ContentLists.Ids ids = lists.get(content);
    if (ids == null || !isPresent(ids.leaves()) || !isPresent(ids.lists())) {
      return false;
    }
    return refer(content.chunks()) && refer(ids.lists()) && refer(ids.leaves());
  }

  private boolean isPresent(List<ChunkId> chunks) {
    for (ChunkId chunk : chunks) {
      if (!known.contains(chunk) && !claimed.contains(chunk)) {
        return false;
      }
    }
    return true;
  }

  private boolean refer(List<ChunkId> chunks) {
    if (!isPresent(chunks)) {
      return false;
    }
    // A chunk that is only claimed lies in a pack of this session, all of which is live.
    chunks.forEach(known::refer);
    return true;
  }

  /** Commits without tags. */
  public Committed commit(Captured captured) {
    return commit(captured, Set.of());
  }

  /**
   * Makes the snapshot exist: waits until the quorum has all packs and the index, then writes the
   * manifest, only where every pack it refers to is. Regions that are late get it when they have
   * everything, until the deadline at most.
   *
   * @param tags words to go with it
   * @return how far it got; a snapshot that is not {@linkplain Committed#durable durable} exists in
   *     fewer regions than the quorum
   * @throws VaultException.Unreachable if fewer regions than the quorum have all packs: no manifest
   *     was written, there is no snapshot
   * @throws VaultException whatever failed earlier in this session
   * @throws IllegalStateException if something is still being stored, or this was called before
   */
  public Committed commit(Captured captured, Set<String> tags) {
    synchronized (this) {
      if (state != State.OPEN || storing > 0) {
        throw new IllegalStateException(
            storing > 0 ? "commit while a stream is stored" : "this writer is " + state);
      }
      state = State.COMMITTING;
    }
    failure.check();
    try {
      for (Lane lane : lanes) {
        lane.flush();
      }
      List<PackReference> references = new ArrayList<>(known.references());
      Set<PackId> referred = new TreeSet<>();
      references.forEach(reference -> referred.add(reference.pack()));
      List<IndexCodec.Entry> adopted =
          known.adopted().stream().filter(entry -> referred.contains(entry.pack())).toList();
      pipeline.finish(adopted);
      references.addAll(pipeline.references());
      references.sort(Comparator.comparing(PackReference::pack));
      return new ManifestCommit(session, pipeline, failure).commit(captured, tags, references);
    } catch (RuntimeException | Error e) {
      failure.set(e);
      throw e;
    }
  }

  /** Waits for what is under way and lets go of lease, threads and memory. */
  @Override
  public void close() {
    synchronized (this) {
      if (state == State.CLOSED) {
        return;
      }
      state = State.CLOSED;
    }
    failure.set(new IllegalStateException("this writer is closed"));
    boolean interrupted = false;
    try {
      workers.shutdown();
      while (true) {
        try {
          if (workers.awaitTermination(1, TimeUnit.MINUTES)) {
            break;
          }
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
      pipeline.close();
      lanes.forEach(Lane::close);
      chunkIdKey.close();
    } finally {
      // Last: until nothing is under way any more, what it needs has to stay.
      session.lease().close();
      session.loader().tidy();
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private synchronized Lane enter() {
    requireOpen();
    storing++;
    return lane();
  }

  private synchronized void requireOpen() {
    if (state != State.OPEN) {
      throw new IllegalStateException("this writer is " + state);
    }
    failure.check();
  }

  private synchronized void leave(Lane lane) {
    storing--;
    idle.push(lane);
  }

  private synchronized Lane enterTrees() {
    Lane lane = treeLane;
    requireOpen();
    storing++;
    if (lane == null) {
      lane = newLane();
      treeLane = lane;
    }
    return lane;
  }

  private synchronized void leaveTrees() {
    storing--;
  }

  private synchronized Lane lane() {
    Lane lane = idle.poll();
    return lane == null ? newLane() : lane;
  }

  private synchronized Lane newLane() {
    Lane lane = new Lane(chunkIdKey, gear, session.settings(), known, claimed, pipeline, failure);
    lanes.add(lane);
    return lane;
  }

  private ChunkId putByWorker(byte[] window, int length) {
    try {
      Lane lane = lane();
      try {
        return lane.put(window, 0, length);
      } finally {
        idle.push(lane);
      }
    } finally {
      windows.add(window);
    }
  }

  /** A window to go on with; waits while as many as allowed are with the workers. */
  private byte[] window() throws InterruptedIOException {
    byte[] window = windows.poll();
    if (window != null) {
      return window;
    }
    synchronized (this) {
      // One of them is the storing thread's own, which it just gave away.
      if (windowsMade < session.settings().bytesInFlight() / Chunker.MAX_BYTES) {
        windowsMade++;
        return new byte[Lane.WINDOW_BYTES];
      }
    }
    try {
      while (window == null) {
        failure.check();
        window = windows.poll(1, TimeUnit.SECONDS);
      }
      return window;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted while storing");
    }
  }

  /** One stream on its way into the vault. */
  private final class Storing {
    /** Ids behind an unfinished one wait in order; so many, and the stream waits too. */
    private static final int MAX_PENDING = 256;

    private final InputStream in;
    private final Lane lane;
    private final ContentLists.Recorder recorder;
    private final ContentBuilder content;
    private final ArrayDeque<Future<ChunkId>> pending = new ArrayDeque<>();

    private Storing(InputStream in, Lane lane, ContentLists.Recorder recorder) {
      this.in = in;
      this.lane = lane;
      this.recorder = recorder;
      this.content =
          new ContentBuilder(
              gear,
              (bytes, length) -> {
                ChunkId id = lane.put(bytes, 0, length);
                recorder.list(id);
                return id;
              });
    }

    private Content run() throws IOException {
      try {
        return cut();
      } finally {
        // A worker may still be at it when the source's stream failed: nobody commits meanwhile.
        pending.forEach(Storing::settle);
      }
    }

    private static void settle(Future<ChunkId> future) {
      boolean interrupted = false;
      while (!future.isDone()) {
        try {
          future.get();
        } catch (InterruptedException e) {
          interrupted = true;
        } catch (ExecutionException e) {
          // It ended; what went wrong is the session's failure.
        }
      }
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }

    private Content cut() throws IOException {
      if (lane.window.length == 0) {
        lane.window = new byte[Lane.WINDOW_BYTES];
      }
      Chunker chunker = lane.chunker();
      chunker.reset();
      int filled = 0;
      long total = 0;
      while (true) {
        int read =
            in.read(lane.window, filled, Math.min(Lane.READ_BYTES, Lane.WINDOW_BYTES - filled));
        if (read < 0) {
          break;
        }
        filled += read;
        total += read;
        for (int cut = chunker.next(lane.window, 0, filled);
            cut > 0;
            cut = chunker.next(lane.window, 0, filled)) {
          filled -= cut;
          handOver(cut, filled);
        }
      }
      if (filled > 0) {
        if (pending.isEmpty()) {
          add(lane.put(lane.window, 0, filled));
        } else {
          handOver(filled, 0);
        }
      }
      while (!pending.isEmpty()) {
        add(await(pending.removeFirst()));
      }
      return content.build(total);
    }

    /** Gives the window with its first chunk to a worker and goes on with what is behind it. */
    private void handOver(int chunk, int rest) throws IOException {
      failure.check();
      byte[] full = lane.window;
      System.arraycopy(full, chunk, lane.tail, 0, rest);
      // While this waits for another window it holds none: workers can always go on.
      lane.window = new byte[0];
      pending.addLast(workers.submit(() -> putByWorker(full, chunk)));
      lane.window = window();
      System.arraycopy(lane.tail, 0, lane.window, 0, rest);
      while (!pending.isEmpty() && (pending.getFirst().isDone() || pending.size() > MAX_PENDING)) {
        add(await(pending.removeFirst()));
      }
    }

    private void add(ChunkId id) {
      recorder.leaf(id);
      content.add(id);
    }

    private static ChunkId await(Future<ChunkId> future) throws IOException {
      try {
        return future.get();
      } catch (ExecutionException e) {
        if (e.getCause() instanceof RuntimeException cause) {
          throw cause;
        }
        throw new IllegalStateException(e.getCause());
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new InterruptedIOException("interrupted while storing");
      }
    }
  }
}
