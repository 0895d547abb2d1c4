package dev.lifeboat.vault.engine;

import dev.lifeboat.vault.Digest;
import dev.lifeboat.vault.chunk.ChunkId;
import dev.lifeboat.vault.tree.Content;
import java.io.BufferedOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The ids of all chunks of large contents, at every depth, in the local cache: a host that can only
 * write cannot read the lists back from the vault, yet must know all of them to take a content over
 * into the next snapshot. Losing them means reading the file again.
 *
 * <p>A file is records of a byte (0 for a chunk of the content itself, 1 for one of a list) and an
 * id, then the SHA-256 of them.
 */
final class ContentLists {
  /** Where they lie in the cache. */
  static final String DIRECTORY = "contents";

  /** A content that no session met for so long is in no dataset any more. */
  static final Duration KEPT_UNUSED = Duration.ofDays(90);

  private static final int RECORD_BYTES = 1 + Digest.BYTES;

  private final LocalCache cache;

  ContentLists(LocalCache cache) {
    this.cache = cache;
  }

  /**
   * All chunks of a content.
   *
   * @param leaves the content itself
   * @param lists what lists them
   */
  record Ids(List<ChunkId> leaves, List<ChunkId> lists) {}

  /** What was recorded of a content, {@code null} if nothing whole was. */
  @Nullable Ids get(Content content) {
    byte[] file = cache.get(name(content));
    if (file == null || file.length < Digest.BYTES) {
      return null;
    }
    int end = file.length - Digest.BYTES;
    MessageDigest sha256 = Digest.sha256();
    sha256.update(file, 0, end);
    if (end % RECORD_BYTES != 0
        || !Arrays.equals(sha256.digest(), 0, Digest.BYTES, file, end, file.length)) {
      cache.remove(name(content));
      return null;
    }
    cache.used(name(content));
    List<ChunkId> leaves = new ArrayList<>(end / RECORD_BYTES);
    List<ChunkId> lists = new ArrayList<>();
    for (int at = 0; at < end; at += RECORD_BYTES) {
      (file[at] == 0 ? leaves : lists).add(ChunkId.read(file, at + 1));
    }
    return new Ids(leaves, lists);
  }

  Recorder recorder() {
    return new Recorder();
  }

  private static String name(Content content) {
    MessageDigest sha256 = Digest.sha256();
    sha256.update((byte) content.depth());
    content.chunks().forEach(id -> sha256.update(id.value().toBytes()));
    return DIRECTORY + "/" + Digest.read(sha256.digest(), 0);
  }

  /**
   * Records the chunks of one stream while it is stored. Small contents need no record and get
   * none. A file that cannot be written is not written. Used by one thread.
   */
  final class Recorder implements AutoCloseable {
    private final MessageDigest digest = Digest.sha256();
    private final byte[] id = new byte[Digest.BYTES];
    private final List<ChunkId> leading = new ArrayList<>();
    private @Nullable Path file;
    private @Nullable OutputStream out;
    private boolean broken;

    void leaf(ChunkId chunk) {
      if (out == null && leading.size() < ContentBuilder.MAX_INLINE) {
        leading.add(chunk);
      } else {
        record(0, chunk);
      }
    }

    void list(ChunkId chunk) {
      record(1, chunk);
    }

    private void record(int kind, ChunkId chunk) {
      if (broken) {
        return;
      }
      try {
        if (out == null) {
          Path temporary = cache.temporary();
          file = temporary;
          out =
              new DigestOutputStream(
                  new BufferedOutputStream(Files.newOutputStream(temporary), 1 << 16), digest);
          for (ChunkId early : leading) {
            write(out, 0, early);
          }
          leading.clear();
        }
        write(out, kind, chunk);
      } catch (IOException e) {
        broken = true;
      }
    }

    private void write(OutputStream to, int kind, ChunkId chunk) throws IOException {
      chunk.value().write(id, 0);
      to.write(kind);
      to.write(id);
    }

    /** Keeps the record under the content's name. */
    void keep(Content content) {
      OutputStream records = out;
      Path from = file;
      if (broken || records == null || from == null || content.depth() == 0) {
        return;
      }
      try {
        ((DigestOutputStream) records).on(false);
        try (DataOutputStream last = new DataOutputStream(records)) {
          last.write(digest.digest());
        }
        cache.move(from, name(content));
        file = null;
      } catch (IOException e) {
        broken = true;
      }
    }

    @Override
    public void close() {
      try {
        if (out != null) {
          out.close();
        }
        if (file != null) {
          Files.deleteIfExists(file);
        }
      } catch (IOException e) {
        // A temporary file in a cache that cannot be written: nothing depends on it.
      }
    }
  }
}
