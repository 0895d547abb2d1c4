package dev.lifeboat.vault.reclaim;

import dev.lifeboat.vault.Digest;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;

/** Needs in a temporary file, gone when closed: an id (32) and a length (8) for each. */
final class NeedFile implements SortedNeeds {
  private final Path file;
  private final DataInputStream in;
  private long left;
  private long bytes;

  private NeedFile(Path file, long size) throws IOException {
    this.file = file;
    this.in = new DataInputStream(new BufferedInputStream(Files.newInputStream(file), 1 << 15));
    this.left = size;
  }

  private static final class Head {
    private final SortedNeeds source;
    private Digest id;

    private Head(SortedNeeds source, Digest id) {
      this.source = source;
      this.id = id;
    }
  }

  /**
   * All needs of all these, each once.
   *
   * @param sources closed by this
   */
  static NeedFile union(Path directory, List<? extends SortedNeeds> sources) throws IOException {
    Path file = Files.createTempFile(directory, "needs", ".tmp");
    try {
      long size = 0;
      try (DataOutputStream out =
          new DataOutputStream(new BufferedOutputStream(Files.newOutputStream(file), 1 << 16))) {
        PriorityQueue<Head> heads = new PriorityQueue<>(Comparator.comparing((Head h) -> h.id));
        for (SortedNeeds source : sources) {
          Digest first = source.next();
          if (first != null) {
            heads.add(new Head(source, first));
          }
        }
        Digest last = null;
        for (Head head = heads.poll(); head != null; head = heads.poll()) {
          if (!head.id.equals(last)) {
            out.write(head.id.toBytes());
            out.writeLong(head.source.bytes());
            size++;
          }
          last = head.id;
          Digest next = head.source.next();
          if (next != null) {
            head.id = next;
            heads.add(head);
          }
        }
      } finally {
        for (SortedNeeds source : sources) {
          source.close();
        }
      }
      return new NeedFile(file, size);
    } catch (IOException | RuntimeException | Error e) {
      Files.deleteIfExists(file);
      throw e;
    }
  }

  @Override
  public @Nullable Digest next() throws IOException {
    if (left == 0) {
      return null;
    }
    left--;
    Digest pack = ReferenceTable.digest(in);
    bytes = in.readLong();
    return pack;
  }

  @Override
  public long bytes() {
    return bytes;
  }

  @Override
  public void close() throws IOException {
    in.close();
    Files.deleteIfExists(file);
  }
}
