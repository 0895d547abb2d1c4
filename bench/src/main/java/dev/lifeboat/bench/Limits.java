package dev.lifeboat.bench;

import dev.lifeboat.sources.posix.Descriptor;
import dev.lifeboat.sources.posix.FileStatus;
import dev.lifeboat.sources.posix.RawPath;
import dev.lifeboat.vault.chunk.ChunkHasher;
import dev.lifeboat.vault.chunk.Chunker;
import dev.lifeboat.vault.chunk.Gear;
import dev.lifeboat.vault.pack.FrameCodec;
import dev.lifeboat.vault.seal.SecretBytes;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * What a first backup cannot do without, stage by stage: walks a directory, reads every file, cuts,
 * names, compresses and seals, hashes packs and writes them, in one thread and with nothing between
 * the stages, and adds up the processor time of each. No program on the same primitives gets below
 * the sum, divided by the cores.
 *
 * <p>Each piece of up to 1 MiB goes through all stages before the next, so that it is in the
 * processor's caches as it is in a good pipeline. The first time through warms up and does not
 * count.
 */
public final class Limits {
  /** What is unavoidable. */
  enum Stage {
    WALK,
    READ,
    CUT,
    NAME,
    COMPRESS,
    SEAL,
    PACK_HASH,
    WRITE
  }

  private static final int PIECE_BYTES = 1 << 20;
  private static final int CIPHER_PIECE_BYTES = 16 << 10;
  private static final int PACK_BYTES = 32 << 20;
  private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

  private final Map<Stage, Long> nanos = new EnumMap<>(Stage.class);
  private final byte[] piece = new byte[PIECE_BYTES];
  private final byte[] pack = new byte[PACK_BYTES + 2 * PIECE_BYTES];
  private final Chunker chunker;
  private final ChunkHasher hasher;
  private final FrameCodec codec = new FrameCodec(3);
  private final Cipher cipher;
  private final SecretKeySpec key;
  private final MessageDigest digest;
  private final Path out;
  private long mark;
  private int filled;
  private int packed;
  private int frames;
  private long packs;
  private long entries;
  private long bytesRead;
  private long bytesWritten;

  private Limits(Path out) throws GeneralSecurityException {
    this.out = out;
    try (SecretBytes secret = Samples.key()) {
      chunker = new Chunker(Gear.of(secret));
      hasher = new ChunkHasher(secret);
      key = new SecretKeySpec(secret.exposeSecret(), "AES");
    }
    cipher = Cipher.getInstance("AES/GCM/NoPadding");
    digest = MessageDigest.getInstance("SHA-256");
    for (Stage stage : Stage.values()) {
      nanos.put(stage, 0L);
    }
  }

  /** Arguments: the directory to read, and one on the file system to write to. */
  public static void main(String[] arguments) throws Exception {
    if (arguments.length != 2) {
      System.err.println("limits: needs the directory to read and one to write packs to");
      System.exit(2);
    }
    Path source = Path.of(arguments[0]);
    Path out = Files.createTempDirectory(Path.of(arguments[1]), "lifeboat-limits");
    try {
      new Limits(out).run(source);
      Limits measured = new Limits(out);
      measured.run(source);
      measured.print(Runtime.getRuntime().availableProcessors());
    } finally {
      Files.deleteIfExists(out.resolve("pack"));
      Files.delete(out);
    }
  }

  private void run(Path source) throws GeneralSecurityException, IOException {
    mark = THREADS.getCurrentThreadCpuTime();
    try (Descriptor root = Descriptor.openDirectory(RawPath.of(source))) {
      directory(root);
    }
    flushPiece();
    flushPack();
    codec.close();
  }

  /** Everything since the last call was spent in this stage. */
  private void spent(Stage stage) {
    long now = THREADS.getCurrentThreadCpuTime();
    nanos.merge(stage, now - mark, Long::sum);
    mark = now;
  }

  private void directory(Descriptor directory) throws GeneralSecurityException, IOException {
    for (byte[] name : directory.names()) {
      FileStatus status = directory.status(name);
      entries++;
      if (status == null) {
        continue;
      }
      switch (status.type()) {
        case DIRECTORY -> {
          try (Descriptor below = directory.directory(name)) {
            directory(below);
          }
        }
        case FILE -> {
          if (status.size() > 0) {
            spent(Stage.WALK);
            file(directory, name, status.size());
          }
        }
        default -> {
          // Costs its status only.
        }
      }
    }
    spent(Stage.WALK);
  }

  private void file(Descriptor directory, byte[] name, long size)
      throws GeneralSecurityException, IOException {
    try (Descriptor file = directory.file(name, true)) {
      if (size <= PIECE_BYTES && size > PIECE_BYTES - filled) {
        spent(Stage.READ);
        flushPiece();
      }
      // As a small file's bytes stand behind one another in a frame, so they do here.
      long at = 0;
      int begin = filled;
      while (true) {
        int read = file.read(at, piece, filled, piece.length - filled);
        if (read <= 0) {
          break;
        }
        at += read;
        filled += read;
        if (filled == piece.length) {
          spent(Stage.READ);
          chunks(begin);
          flushPiece();
          begin = 0;
        }
      }
      bytesRead += at;
      spent(Stage.READ);
      chunks(begin);
    }
  }

  /** Cuts and names what was read of one file; a piece's end counts as a file's. */
  private void chunks(int begin) {
    int[] ends = new int[PIECE_BYTES / Chunker.MIN_BYTES + 1];
    int count = 0;
    int at = begin;
    for (int cut = chunker.next(piece, at, filled);
        cut > 0;
        cut = chunker.next(piece, at, filled)) {
      at += cut;
      ends[count++] = at;
    }
    chunker.reset();
    if (at < filled) {
      ends[count++] = filled;
    }
    spent(Stage.CUT);
    at = begin;
    for (int i = 0; i < count; i++) {
      hasher.hash(piece, at, ends[i] - at);
      at = ends[i];
    }
    spent(Stage.NAME);
  }

  private void flushPiece() throws GeneralSecurityException, IOException {
    if (filled == 0) {
      return;
    }
    int size = codec.compress(piece, 0, filled);
    spent(Stage.COMPRESS);
    byte[] stored = size < 0 ? piece : codec.compressed();
    int length = size < 0 ? filled : size;
    byte[] nonce = ByteBuffer.allocate(12).putInt(8, frames++).array();
    cipher.init(Cipher.ENCRYPT_MODE, key, new GCMParameterSpec(128, nonce));
    int begin = packed;
    int at = 0;
    for (; length - at > CIPHER_PIECE_BYTES; at += CIPHER_PIECE_BYTES) {
      packed += cipher.update(stored, at, CIPHER_PIECE_BYTES, pack, packed);
    }
    packed += cipher.doFinal(stored, at, length - at, pack, packed);
    spent(Stage.SEAL);
    digest.update(pack, begin, packed - begin);
    spent(Stage.PACK_HASH);
    filled = 0;
    if (packed >= PACK_BYTES) {
      flushPack();
    }
  }

  private void flushPack() throws IOException {
    if (packed == 0) {
      return;
    }
    digest.digest();
    spent(Stage.PACK_HASH);
    // A new file each time, as packs are: pages that are there already would be cheaper.
    Path file = out.resolve("pack");
    Files.deleteIfExists(file);
    mark = THREADS.getCurrentThreadCpuTime();
    try (RandomAccessFile written = new RandomAccessFile(file.toFile(), "rw")) {
      written.write(pack, 0, packed);
    }
    spent(Stage.WRITE);
    bytesWritten += packed;
    packs++;
    packed = 0;
  }

  private void print(int cores) {
    double sum = 0;
    for (Map.Entry<Stage, Long> stage : nanos.entrySet()) {
      double seconds = stage.getValue() / 1e9;
      sum += seconds;
      String name = stage.getKey().name().toLowerCase(Locale.ROOT).replace('_', ' ');
      System.out.printf(Locale.ROOT, "%-10s %8.3f s%n", name, seconds);
    }
    System.out.printf(
        Locale.ROOT,
        "%-10s %8.3f core-seconds, %.3f s over %d cores: %,d entries, %,d bytes read,"
            + " %,d written in %d packs%n",
        "sum",
        sum,
        sum / cores,
        cores,
        entries,
        bytesRead,
        bytesWritten,
        packs);
  }
}
