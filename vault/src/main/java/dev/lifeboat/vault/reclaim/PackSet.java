package dev.lifeboat.vault.reclaim;

import dev.lifeboat.vault.Digest;
import dev.lifeboat.vault.pack.PackId;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Collection;
import org.jspecify.annotations.Nullable;

/**
 * Ids of packs, in a sorted file that is mapped into memory: millions of them cost no heap. Does
 * not change; safe for use by many threads. The file is this object's own, and goes with it.
 *
 * @see dev.lifeboat.vault.reclaim.ReferenceTables where the sets of reclamation come from
 */
public final class PackSet implements AutoCloseable {
  private static final ValueLayout.OfLong LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

  private final Path file;
  private final Arena arena = Arena.ofShared();
  private final MemorySegment ids;
  private final long size;

  private PackSet(Path file) {
    this.file = file;
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      size = channel.size() / Digest.BYTES;
      ids = channel.map(FileChannel.MapMode.READ_ONLY, 0, size * Digest.BYTES, arena);
    } catch (IOException e) {
      arena.close();
      throw new UncheckedIOException("cannot map " + file, e);
    }
    // The mapping keeps the bytes; without a name nothing is left behind by a crash.
    delete(file);
  }

  /** Collects ids in ascending order. Closing it without {@link #finish} throws them away. */
  public static final class Builder implements AutoCloseable {
    private final Path file;
    private final OutputStream out;
    private final byte[] bytes = new byte[Digest.BYTES];
    private @Nullable Digest last;
    private long size;
    private boolean finished;

    /**
     * @param directory gets a temporary file
     * @throws UncheckedIOException if it cannot be made
     */
    public Builder(Path directory) {
      try {
        file = Files.createTempFile(directory, "packs", ".tmp");
        out = new BufferedOutputStream(Files.newOutputStream(file), 1 << 16);
      } catch (IOException e) {
        throw new UncheckedIOException("cannot write in " + directory, e);
      }
    }

    /**
     * Adds an id behind all others; the same one again changes nothing.
     *
     * @return its number
     */
    public long add(Digest id) {
      Digest before = last;
      if (before != null) {
        int order = before.compareTo(id);
        if (order == 0) {
          return size - 1;
        }
        if (order > 0) {
          throw new IllegalArgumentException("%s behind %s".formatted(id, before));
        }
      }
      id.write(bytes, 0);
      try {
        out.write(bytes);
      } catch (IOException e) {
        throw new UncheckedIOException("cannot write " + file, e);
      }
      last = id;
      return size++;
    }

    /** The set. The caller closes it. */
    public PackSet finish() {
      try {
        out.close();
      } catch (IOException e) {
        throw new UncheckedIOException("cannot write " + file, e);
      }
      PackSet set = new PackSet(file);
      finished = true;
      return set;
    }

    @Override
    public void close() {
      if (!finished) {
        try {
          out.close();
        } catch (IOException e) {
          // It is thrown away.
        }
        delete(file);
      }
    }
  }

  public long size() {
    return size;
  }

  /** The id of this number, from 0. */
  Digest get(long number) {
    return new Digest(word(number, 0), word(number, 1), word(number, 2), word(number, 3));
  }

  public boolean contains(PackId pack) {
    return find(pack.value()) >= 0;
  }

  /** Whether any of these is in the set. */
  public boolean containsAny(Collection<PackId> packs) {
    return packs.stream().anyMatch(this::contains);
  }

  /** The number of an id in ascending order, −1 if it is not in the set. */
  public long find(Digest id) {
    long low = 0;
    long high = size - 1;
    // Ids are hashes, evenly spread: the first bits tell about where one must be. A few such steps
    // replace most of a binary search, whatever the ids really are.
    for (int step = 0; step < 3 && high - low > 64; step++) {
      double from = unsigned(word(low, 0));
      double to = unsigned(word(high, 0));
      if (to <= from) {
        break;
      }
      double share = (unsigned(id.a()) - from) / (to - from);
      long guess = low + (long) (Math.clamp(share, 0.0, 1.0) * (high - low));
      int order = compare(guess, id);
      if (order == 0) {
        return guess;
      }
      long margin = 8 + 2 * (long) Math.sqrt((double) high - low);
      if (order < 0) {
        low = guess + 1;
        long bound = guess + margin;
        if (bound < high && compare(bound, id) >= 0) {
          high = bound;
        }
      } else {
        high = guess - 1;
        long bound = guess - margin;
        if (bound > low && compare(bound, id) <= 0) {
          low = bound;
        }
      }
    }
    while (low <= high) {
      long middle = (low + high) >>> 1;
      int order = compare(middle, id);
      if (order == 0) {
        return middle;
      }
      if (order < 0) {
        low = middle + 1;
      } else {
        high = middle - 1;
      }
    }
    return -1;
  }

  private int compare(long number, Digest id) {
    int order = Long.compareUnsigned(word(number, 0), id.a());
    if (order == 0) {
      order = Long.compareUnsigned(word(number, 1), id.b());
    }
    if (order == 0) {
      order = Long.compareUnsigned(word(number, 2), id.c());
    }
    return order == 0 ? Long.compareUnsigned(word(number, 3), id.d()) : order;
  }

  private long word(long number, int word) {
    return ids.get(LONG, number * Digest.BYTES + 8L * word);
  }

  private static double unsigned(long word) {
    return (word >>> 1) * 2.0;
  }

  @Override
  public void close() {
    arena.close();
    delete(file);
  }

  private static void delete(Path file) {
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      // A temporary file more; the next run removes those that are left.
    }
  }
}
