package dev.lifeboat.vault.region;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The last complete listing of a region, in a file: what was listed a moment ago is not asked for
 * again, as long as nobody here wrote where it would show.
 */
final class RememberedListing implements AutoCloseable {
  private final Path file;
  private final List<String> neverFor;
  private final Duration validFor;
  private final LongSupplier nanos;

  /** Keys that were written, and after how many others they were last. */
  private final Map<String, Long> written = new HashMap<>();

  private long writes;
  private boolean complete;
  private long from;
  private int recordings;
  private boolean closed;

  /**
   * @param file overwritten, and removed at the end
   * @param neverFor prefixes that are always asked for
   * @param nanos a clock that never goes back
   */
  RememberedListing(Path file, List<String> neverFor, Duration validFor, LongSupplier nanos) {
    this.file = file;
    this.neverFor = List.copyOf(neverFor);
    this.validFor = validFor;
    this.nanos = nanos;
  }

  /** A key was written or removed: listings that would show it have to be asked for. */
  synchronized void touched(ObjectKey key) {
    written.put(key.value(), ++writes);
  }

  /** Opens what is remembered for a prefix; {@code null} where the region has to be asked. */
  synchronized @Nullable Replay replay(String prefix) {
    if (!complete
        || closed
        || nanos.getAsLong() - from > validFor.toNanos()
        || neverFor.stream().anyMatch(prefix::startsWith)
        || written.keySet().stream().anyMatch(key -> key.startsWith(prefix))) {
      return null;
    }
    try {
      // Opened here: a listing that takes its place leaves the open one as it is.
      return new Replay(prefix, open());
    } catch (IOException e) {
      return null;
    }
  }

  private DataInputStream open() throws IOException {
    return new DataInputStream(new BufferedInputStream(Files.newInputStream(file), 1 << 16));
  }

  /** Begins to remember a listing of everything; {@code null} where that cannot be done. */
  synchronized @Nullable Recording record() {
    if (closed) {
      return null;
    }
    try {
      // What is written from here on may or may not show in the listing.
      return new Recording(
          file.resolveSibling(file.getFileName() + "." + ++recordings), nanos.getAsLong(), writes);
    } catch (IOException e) {
      return null;
    }
  }

  /** What is remembered under a prefix. */
  static final class Replay {
    private final String prefix;
    private final DataInputStream in;

    private Replay(String prefix, DataInputStream in) {
      this.prefix = prefix;
      this.in = in;
    }

    /** Calls {@code each} as the region would, and closes this. */
    void run(Consumer<ObjectInfo> each) {
      try (in) {
        while (true) {
          String key = in.readUTF();
          ObjectInfo info =
              new ObjectInfo(
                  new ObjectKey(key),
                  in.readLong(),
                  Instant.ofEpochSecond(in.readLong(), in.readInt()));
          if (key.startsWith(prefix)) {
            each.accept(info);
          }
        }
      } catch (EOFException e) {
        // The end of the listing.
      } catch (IOException e) {
        throw new UncheckedIOException("cannot read what was listed", e);
      }
    }
  }

  /** A listing while it is told. For one thread. */
  final class Recording implements AutoCloseable {
    private final Path next;
    private final long began;
    private final long before;
    private final DataOutputStream out;
    private boolean broken;

    /**
     * @param before writes that came before it, all of which it shows
     */
    private Recording(Path next, long began, long before) throws IOException {
      this.next = next;
      this.began = began;
      this.before = before;
      this.out =
          new DataOutputStream(new BufferedOutputStream(Files.newOutputStream(next), 1 << 16));
    }

    void accept(ObjectInfo info) {
      Instant modified = info.modified();
      try {
        out.writeUTF(info.key().value());
        out.writeLong(info.bytes());
        out.writeLong(modified.getEpochSecond());
        out.writeInt(modified.getNano());
      } catch (IOException e) {
        // A full disk is no reason to list nothing.
        broken = true;
      }
    }

    /** The listing came to its end: it takes the place of an older one. */
    void finish() {
      try {
        out.close();
        synchronized (RememberedListing.this) {
          if (!closed && !broken) {
            Files.move(next, file, StandardCopyOption.REPLACE_EXISTING);
            written.values().removeIf(write -> write <= before);
            from = began;
            complete = true;
          }
        }
      } catch (IOException e) {
        broken = true;
      }
    }

    @Override
    public void close() {
      try {
        out.close();
      } catch (IOException e) {
        broken = true;
      }
      try {
        Files.deleteIfExists(next);
      } catch (IOException e) {
        throw new UncheckedIOException("cannot remove " + next, e);
      }
    }
  }

  @Override
  public synchronized void close() {
    closed = true;
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot remove " + file, e);
    }
  }
}
