package dev.lifeboat.vault.reclaim;

import dev.lifeboat.vault.Digest;
import dev.lifeboat.vault.region.RegionName;
import dev.lifeboat.vault.snapshot.PackReference;
import java.io.BufferedOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;

/** Writes a table anew: with some rows of the old one, and with new rows behind them. */
final class ReferenceTableWriter {
  private final Path file;
  private final Digest binding;
  private final List<Fresh> fresh = new ArrayList<>();
  private long references;

  ReferenceTableWriter(Path file, Digest binding) {
    this.file = file;
    this.binding = binding;
  }

  /** A reference without what makes it large. */
  private record Need(Digest pack, long bytes) {}

  /** A new row and what it refers to, in ascending order of ids. */
  private static final class Fresh {
    private final ReferenceTable.Row row;
    private final Need[] packs;

    private Fresh(ReferenceTable.Row row, Need[] packs) {
      this.row = row;
      this.packs = packs;
    }
  }

  /** Adds a row behind all others. */
  void add(ReferenceTable.Row row, Collection<PackReference> packs) {
    Need[] sorted =
        packs.stream()
            .map(pack -> new Need(pack.pack().value(), pack.bytes()))
            .sorted(Comparator.comparing(Need::pack))
            .toArray(Need[]::new);
    fresh.add(new Fresh(row, sorted));
    references += sorted.length;
  }

  /** References of the rows added, each about 80 bytes of memory. */
  long references() {
    return references;
  }

  /**
   * Puts the new table in the place of the old one, whole or not at all.
   *
   * @param keep of each row of the old table, whether it stays
   */
  void write(Optional<ReferenceTable> old, boolean[] keep) throws IOException {
    // New number of an old row that stays; of one that goes, the number of the next that stays.
    int[] number = new int[keep.length + 1];
    for (int i = 0; i < keep.length; i++) {
      number[i + 1] = number[i] + (keep[i] ? 1 : 0);
    }
    int kept = number[keep.length];
    Path directory = file.toAbsolutePath().getParent();
    if (directory == null) {
      throw new IOException(file + " has no directory");
    }
    Files.createDirectories(directory);
    Path temporary = Files.createTempFile(directory, "table", ".tmp");
    try {
      write(temporary, old, keep, number, kept);
      Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      Files.deleteIfExists(temporary);
    }
    fresh.clear();
    references = 0;
  }

  private void write(
      Path temporary, Optional<ReferenceTable> old, boolean[] keep, int[] number, int kept)
      throws IOException {
    MessageDigest sha = Digest.sha256();
    Path entries = Files.createTempFile(temporary.getParent(), "entries", ".tmp");
    long count;
    try {
      try (DataOutputStream out =
          new DataOutputStream(new BufferedOutputStream(Files.newOutputStream(entries), 1 << 16))) {
        count = entries(out, old, number, kept);
      }
      try (DataOutputStream out =
          new DataOutputStream(
              new BufferedOutputStream(
                  new DigestOutputStream(Files.newOutputStream(temporary), sha), 1 << 16))) {
        out.writeLong(ReferenceTable.MAGIC);
        out.write(binding.toBytes());
        out.writeInt(kept + fresh.size());
        if (old.isPresent()) {
          for (int i = 0; i < keep.length; i++) {
            if (keep[i]) {
              row(out, old.get().rows().get(i));
            }
          }
        }
        for (Fresh row : fresh) {
          row(out, row.row);
        }
        out.writeLong(count);
        Files.copy(entries, out);
      }
    } finally {
      Files.deleteIfExists(entries);
    }
    try (RandomAccessFile end = new RandomAccessFile(temporary.toFile(), "rw")) {
      end.seek(end.length());
      end.write(sha.digest());
    }
  }

  private static void row(DataOutputStream out, ReferenceTable.Row row) throws IOException {
    out.writeUTF(row.name());
    out.write(row.digest().toBytes());
    out.writeInt(row.places().size());
    for (Map.Entry<RegionName, ReferenceTable.Place> place : row.places().entrySet()) {
      out.writeUTF(place.getKey().value());
      out.writeLong(place.getValue().bytes());
      Instant modified = place.getValue().modified();
      out.writeLong(modified.getEpochSecond());
      out.writeInt(modified.getNano());
    }
  }

  /** A new row and how far it was merged. */
  private static final class Cursor {
    private final Need[] packs;
    private final int row;
    private int at;

    private Cursor(Need[] packs, int row) {
      this.packs = packs;
      this.row = row;
    }

    private Digest pack() {
      return packs[at].pack();
    }

    private long bytes() {
      return packs[at].bytes();
    }
  }

  private long entries(DataOutputStream out, Optional<ReferenceTable> old, int[] number, int kept)
      throws IOException {
    PriorityQueue<Cursor> heads =
        new PriorityQueue<>(Comparator.comparing(Cursor::pack).thenComparingInt(c -> c.row));
    for (int i = 0; i < fresh.size(); i++) {
      if (fresh.get(i).packs.length > 0) {
        heads.add(new Cursor(fresh.get(i).packs, kept + i));
      }
    }
    long count = 0;
    Runs runs = new Runs();
    ReferenceTable.@Nullable Entries entries = old.isPresent() ? old.get().entries() : null;
    try {
      Digest before = entries == null ? null : entries.next();
      while (before != null || !heads.isEmpty()) {
        Cursor head = heads.peek();
        Digest pack =
            head == null || (before != null && before.compareTo(head.pack()) <= 0)
                ? before
                : head.pack();
        if (pack == null) {
          throw new IllegalStateException("nothing is left, and something");
        }
        runs.clear();
        long bytes = 0;
        if (entries != null && pack.equals(before)) {
          bytes = entries.bytes();
          int[] rows = entries.runs();
          for (int i = 0; i < rows.length; i += 2) {
            runs.add(number[rows[i]], number[rows[i + 1]]);
          }
          before = entries.next();
        }
        while (head != null && head.pack().equals(pack)) {
          Cursor _ = heads.poll();
          bytes = head.bytes();
          runs.add(head.row, head.row + 1);
          if (++head.at < head.packs.length) {
            heads.add(head);
          }
          head = heads.peek();
        }
        if (runs.size > 0) {
          out.write(pack.toBytes());
          out.writeLong(bytes);
          runs.write(out);
          count++;
        }
      }
    } finally {
      if (entries != null) {
        entries.close();
      }
    }
    return count;
  }

  /** Runs of rows, ascending, apart. */
  private static final class Runs {
    private int[] bounds = new int[16];
    private int size;

    void clear() {
      size = 0;
    }

    void add(int from, int to) {
      if (from >= to) {
        return; // All of its rows are gone.
      }
      if (size > 0 && bounds[size - 1] >= from) {
        bounds[size - 1] = Math.max(bounds[size - 1], to);
        return;
      }
      if (size == bounds.length) {
        bounds = Arrays.copyOf(bounds, 2 * size);
      }
      bounds[size++] = from;
      bounds[size++] = to;
    }

    void write(DataOutputStream out) throws IOException {
      varint(out, size / 2);
      int at = 0;
      for (int i = 0; i < size; i += 2) {
        varint(out, bounds[i] - at);
        varint(out, bounds[i + 1] - bounds[i]);
        at = bounds[i + 1];
      }
    }
  }

  private static void varint(DataOutputStream out, int value) throws IOException {
    int left = value;
    while (left >= 0x80) {
      out.writeByte((left & 0x7f) | 0x80);
      left >>>= 7;
    }
    out.writeByte(left);
  }
}
