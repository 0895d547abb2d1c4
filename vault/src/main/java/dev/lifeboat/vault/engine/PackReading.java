package dev.lifeboat.vault.engine;

import dev.lifeboat.vault.Digest;
import dev.lifeboat.vault.VaultException;
import dev.lifeboat.vault.pack.FrameEntry;
import dev.lifeboat.vault.pack.PackDirectory;
import dev.lifeboat.vault.pack.PackFormat;
import dev.lifeboat.vault.pack.PackId;
import dev.lifeboat.vault.pack.PackKey;
import dev.lifeboat.vault.region.ObjectKey;
import dev.lifeboat.vault.region.Region;
import dev.lifeboat.vault.region.RegionException;
import java.io.ByteArrayOutputStream;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * One reading of a pack, from its first to its last byte, in pieces of whole frames: while one
 * piece is judged, the next is fetched.
 */
final class PackReading {
  /** A piece is closed when it has so many bytes: where each request costs, few of them. */
  private static final int PIECE_BYTES = 4 << 20;

  private final PackProver prover;
  private final Region region;
  private final PackId id;
  private final long length;
  private final List<FrameEntry> entries;
  private final Predicate<Runnable> idle;
  private final MessageDigest sha256 = Digest.sha256();
  private final SortedMap<Integer, String> bad = new TreeMap<>();
  private final List<FutureTask<Boolean>> handedOver = new ArrayList<>();
  private final ByteArrayOutputStream tail = new ByteArrayOutputStream();
  private final long framesEnd;
  private byte[] header = new byte[0];
  private @Nullable PackKey key;
  private @Nullable Digest hash;
  private @Nullable PackDirectory directory;
  private @Nullable String fault;
  private long frames;
  private long rawBytes;

  /**
   * Bytes of the pack, and the frames that lie in them.
   *
   * @param firstAt where the first frame begins, in the pack
   */
  private record Piece(long from, int bytes, int first, int end, long firstAt) {}

  /**
   * @param entries what the directory says; none to hash the pack only
   */
  PackReading(
      PackProver prover,
      Region region,
      PackId id,
      long length,
      List<FrameEntry> entries,
      Predicate<Runnable> idle) {
    this.prover = prover;
    this.region = region;
    this.id = id;
    this.length = length;
    this.entries = entries;
    this.idle = idle;
    long end = PackFormat.HEADER_BYTES;
    for (FrameEntry entry : entries) {
      end += entry.sealedBytes();
    }
    this.framesEnd = end;
  }

  /** What the pack itself says is in it; {@code null} if that cannot be read. */
  @Nullable PackDirectory directory() {
    return directory;
  }

  boolean isSound(PackId expected) {
    return expected.value().equals(hash) && bad.isEmpty() && fault == null;
  }

  PackProof proof(Optional<String> because, Optional<ObjectKey> staleIndex) {
    return new PackProof(
        Optional.ofNullable(hash),
        bad,
        because.or(() -> Optional.ofNullable(fault)),
        staleIndex,
        frames,
        rawBytes);
  }

  void run() throws RegionException, InterruptedException {
    List<Piece> pieces = pieces();
    int done = 0;
    Future<byte[]> next = fetch(pieces.getFirst());
    try {
      for (Piece piece : pieces) {
        byte[] bytes = await(next);
        if (++done < pieces.size()) {
          next = fetch(pieces.get(done));
        }
        take(piece, bytes);
      }
      hash = Digest.read(sha256.digest(), 0);
    } catch (RegionException.Missing e) {
      // Shorter than it should be, or gone.
      fault = "it has fewer than %,d bytes".formatted(length);
      salvage(pieces.subList(done, pieces.size()));
    } finally {
      next.cancel(true);
      awaitOthers();
    }
    if (hash != null && !entries.isEmpty()) {
      readDirectory();
    }
  }

  /** Opens what there is of pieces that could not be had as a whole, frame by frame. */
  private void salvage(List<Piece> pieces) throws RegionException {
    ObjectKey name = ObjectKey.of(id);
    PackProver.Tools tools = prover.take();
    try {
      if (header.length == 0) {
        header = region.read(name, 0, PackFormat.HEADER_BYTES);
        key = prover.open(id, header);
      }
      for (Piece piece : pieces) {
        long at = piece.firstAt();
        for (int frame = piece.first(); frame < piece.end(); frame++) {
          int sealed = entries.get(frame).sealedBytes();
          try {
            open(tools, frame, region.read(name, at, sealed), 0);
          } catch (RegionException.Missing e) {
            bad(frame, "is not there");
          }
          at += sealed;
        }
      }
    } catch (RegionException.Missing e) {
      // Not even a header is left.
      for (int frame = 0; frame < entries.size(); frame++) {
        bad(frame, "is not there");
      }
    } finally {
      prover.giveBack(tools);
    }
  }

  private List<Piece> pieces() {
    List<Piece> pieces = new ArrayList<>();
    long from = 0;
    long at = PackFormat.HEADER_BYTES;
    long firstAt = at;
    int first = 0;
    int frame = 0;
    for (; frame < entries.size(); frame++) {
      long end = at + entries.get(frame).sealedBytes();
      if (end > length) {
        break;
      }
      if (frame > first && end - from > PIECE_BYTES) {
        pieces.add(new Piece(from, Math.toIntExact(at - from), first, frame, firstAt));
        from = at;
        firstAt = at;
        first = frame;
      }
      at = end;
    }
    if (frame > first) {
      // Its directory comes with the last frames, if there is room.
      long end = length - from <= PIECE_BYTES ? length : at;
      pieces.add(new Piece(from, Math.toIntExact(end - from), first, frame, firstAt));
      from = end;
    }
    for (; frame < entries.size(); frame++) {
      bad(frame, "is not there");
    }
    while (from < length || pieces.isEmpty()) {
      int bytes = (int) Math.min(PIECE_BYTES, length - from);
      pieces.add(new Piece(from, bytes, 0, 0, 0));
      from += Math.max(1, bytes);
    }
    return pieces;
  }

  private Future<byte[]> fetch(Piece piece) {
    return prover
        .fetchers()
        .submit(() -> region.read(ObjectKey.of(id), piece.from(), piece.bytes()));
  }

  private static <T> T await(Future<T> task) throws RegionException, InterruptedException {
    try {
      return task.get();
    } catch (ExecutionException e) {
      switch (e.getCause()) {
        case RegionException why -> throw why;
        case RuntimeException why -> throw why;
        case Error why -> throw why;
        case null, default -> throw new IllegalStateException(e);
      }
    }
  }

  private void take(Piece piece, byte[] bytes) {
    if (piece.from() == 0) {
      header = Arrays.copyOf(bytes, PackFormat.HEADER_BYTES);
      key = entries.isEmpty() ? null : prover.open(id, header);
      if (key == null && !entries.isEmpty()) {
        fault = "its header does not open";
      }
    }
    int hashed = 0;
    if (piece.end() > piece.first()) {
      FutureTask<Boolean> others = new FutureTask<>(() -> open(piece, bytes), true);
      if (idle.test(others)) {
        handedOver.add(others);
      } else {
        hashed = openAndHash(piece, bytes);
      }
    }
    sha256.update(bytes, hashed, bytes.length - hashed);
    long beyond = Math.max(0, framesEnd - piece.from());
    if (beyond < bytes.length) {
      tail.write(bytes, (int) beyond, bytes.length - (int) beyond);
    }
  }

  /** Each frame is hashed and opened before the next: it is in the processor's cache then. */
  private int openAndHash(Piece piece, byte[] bytes) {
    PackProver.Tools tools = prover.take();
    try {
      int at = (int) (piece.firstAt() - piece.from());
      sha256.update(bytes, 0, at);
      for (int frame = piece.first(); frame < piece.end(); frame++) {
        int sealed = entries.get(frame).sealedBytes();
        sha256.update(bytes, at, sealed);
        open(tools, frame, bytes, at);
        at += sealed;
      }
      return at;
    } finally {
      prover.giveBack(tools);
    }
  }

  private void open(Piece piece, byte[] bytes) {
    PackProver.Tools tools = prover.take();
    try {
      int at = (int) (piece.firstAt() - piece.from());
      for (int frame = piece.first(); frame < piece.end(); frame++) {
        open(tools, frame, bytes, at);
        at += entries.get(frame).sealedBytes();
      }
    } finally {
      prover.giveBack(tools);
    }
  }

  private void open(PackProver.Tools tools, int frame, byte[] bytes, int at) {
    FrameEntry entry = entries.get(frame);
    PackKey opener = key;
    if (tools.raw.length < entry.rawBytes()) {
      tools.raw = new byte[entry.rawBytes()];
    }
    if (opener == null || !opener.decrypt(tools.opener, frame, entry, bytes, at, tools.raw, 0)) {
      bad(frame, "does not open");
    } else if (!PackKey.isSound(tools.hasher, entry, tools.raw, 0)) {
      bad(frame, "holds other bytes than its directory says");
    } else {
      good(entry.rawBytes());
    }
  }

  private synchronized void good(long bytes) {
    frames++;
    rawBytes += bytes;
  }

  private synchronized void bad(int frame, String why) {
    bad.put(frame, why);
  }

  private void awaitOthers() throws RegionException, InterruptedException {
    for (FutureTask<Boolean> task : handedOver) {
      Boolean _ = await(task);
    }
  }

  /** The pack's own directory: what a restore relies on where an index object is lost. */
  private void readDirectory() {
    byte[] end = tail.toByteArray();
    byte[] indexKey = prover.indexKey(id, header);
    int bytes = PackFormat.footerBytes(end, length);
    if (indexKey == null || bytes < 0) {
      fault = fault == null ? "its own directory does not open" : fault;
      return;
    }
    int from = end.length - PackFormat.TRAILER_BYTES - bytes;
    try {
      if (from >= 0) {
        directory =
            PackFormat.openFooter(
                id, indexKey, PackFormat.headerHash(header), end, from, bytes, length);
      }
    } catch (VaultException.Damaged e) {
      fault = e.getMessage();
      return;
    }
    if (directory == null) {
      fault = fault == null ? "its own directory does not open" : fault;
    }
  }

  /** Whether both say the same of a pack; one may have only the beginnings of the ids. */
  static boolean isSame(List<FrameEntry> said, List<FrameEntry> own) {
    if (said.size() != own.size()) {
      return false;
    }
    for (int i = 0; i < said.size(); i++) {
      FrameEntry one = said.get(i);
      FrameEntry other = own.get(i);
      if (one.sealedBytes() != other.sealedBytes()
          || one.rawBytes() != other.rawBytes()
          || one.codec() != other.codec()
          || !Arrays.equals(one.chunkBytes(), other.chunkBytes())) {
        return false;
      }
      int bytes = Math.min(one.idBytes(), other.idBytes());
      for (int chunk = 0; chunk < one.chunks(); chunk++) {
        int a = chunk * one.idBytes();
        int b = chunk * other.idBytes();
        if (!Arrays.equals(one.ids(), a, a + bytes, other.ids(), b, b + bytes)) {
          return false;
        }
      }
    }
    return true;
  }
}
