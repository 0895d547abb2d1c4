package dev.lifeboat.vault.reclaim;

import dev.lifeboat.vault.Digest;
import dev.lifeboat.vault.region.RegionName;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Which manifests of one dataset refer to which packs, exactly: a file of the local cache with a
 * row for each manifest and, in ascending order, an entry for each pack that says how long it is
 * and which rows need it. A pack is mostly needed by all snapshots from one to another, so that an
 * entry has one run of rows, and a table costs little more than the largest of its manifests.
 *
 * <p>Layout, numbers big-endian: magic, binding (32), number of rows (4), rows, number of entries
 * (8), entries, SHA-256 of everything before (32). An entry: id of the pack (32), its length (8),
 * number of runs, and of each run how many rows are between it and the one before, and in it.
 *
 * @see ReferenceTableWriter
 */
final class ReferenceTable {
  static final long MAGIC = 0x4c46425245465302L; // "LFBREFS", version 2

  private final Path file;
  private final List<Row> rows;
  private final long entriesAt;

  private ReferenceTable(Path file, List<Row> rows, long entriesAt) {
    this.file = file;
    this.rows = rows;
    this.entriesAt = entriesAt;
  }

  /**
   * How a region listed a manifest when it was read there: as long as it lists the same, it is the
   * same, because objects never change.
   */
  record Place(long bytes, Instant modified) {}

  /** A manifest: its name in the dataset, what it was, and where it was read and understood. */
  static final class Row {
    private final String name;
    private final Digest digest;
    private final Map<RegionName, Place> places;

    Row(String name, Digest digest, Map<RegionName, Place> places) {
      this.name = name;
      this.digest = digest;
      this.places = new HashMap<>(places);
    }

    String name() {
      return name;
    }

    Digest digest() {
      return digest;
    }

    Map<RegionName, Place> places() {
      return places;
    }
  }

  /**
   * Opens a table whose checksum is right and that was made under the same circumstances.
   *
   * @param binding of the keys and writers by which manifests are understood
   * @return nothing if there is none, or none that can be used
   */
  static Optional<ReferenceTable> load(Path file, Digest binding) {
    try {
      if (!Files.exists(file) || !DigestedFile.endsWithItsDigest(file)) {
        return Optional.empty();
      }
      CountingStream counting = new CountingStream(buffered(file));
      try (DataInputStream in = new DataInputStream(counting)) {
        if (in.readLong() != MAGIC || !digest(in).equals(binding)) {
          return Optional.empty();
        }
        int count = in.readInt();
        List<Row> rows = new ArrayList<>();
        for (int i = 0; i < count; i++) {
          rows.add(row(in));
        }
        return Optional.of(new ReferenceTable(file, rows, counting.position()));
      }
    } catch (IOException | IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  private static InputStream buffered(Path file) throws IOException {
    return new BufferedInputStream(Files.newInputStream(file), 1 << 15);
  }

  private static Row row(DataInputStream in) throws IOException {
    String name = in.readUTF();
    Digest digest = digest(in);
    Map<RegionName, Place> places = new HashMap<>();
    for (int left = in.readInt(); left > 0; left--) {
      RegionName region = new RegionName(in.readUTF());
      places.put(
          region, new Place(in.readLong(), Instant.ofEpochSecond(in.readLong(), in.readInt())));
    }
    return new Row(name, digest, places);
  }

  static Digest digest(DataInputStream in) throws IOException {
    byte[] bytes = new byte[Digest.BYTES];
    in.readFully(bytes);
    return Digest.read(bytes, 0);
  }

  List<Row> rows() {
    return rows;
  }

  /** From the first entry on. The caller closes it. */
  Entries entries() throws IOException {
    DataInputStream in = new DataInputStream(buffered(file));
    try {
      in.skipNBytes(entriesAt);
      return new Entries(in, in.readLong());
    } catch (IOException e) {
      in.close();
      throw e;
    }
  }

  /** Packs in ascending order of their ids, and the rows that need them. */
  static final class Entries implements SortedNeeds {
    private final DataInputStream in;
    private long left;
    private long bytes;
    private int[] runs = new int[0];

    private Entries(DataInputStream in, long left) {
      this.in = in;
      this.left = left;
    }

    @Override
    public @Nullable Digest next() throws IOException {
      if (left == 0) {
        return null;
      }
      left--;
      Digest pack = digest(in);
      bytes = in.readLong();
      runs = new int[2 * varint(in)];
      int at = 0;
      for (int i = 0; i < runs.length; i += 2) {
        runs[i] = at + varint(in);
        runs[i + 1] = runs[i] + varint(in);
        at = runs[i + 1];
      }
      return pack;
    }

    @Override
    public long bytes() {
      return bytes;
    }

    /** Of the pack that came last: from row, to row (exclusive), from row … */
    int[] runs() {
      return runs;
    }

    @Override
    public void close() throws IOException {
      in.close();
    }
  }

  private static int varint(DataInputStream in) throws IOException {
    int value = 0;
    for (int shift = 0; shift < 35; shift += 7) {
      int piece = in.readUnsignedByte();
      value |= (piece & 0x7f) << shift;
      if (piece < 0x80) {
        return value;
      }
    }
    throw new IOException("a number without an end");
  }
}
