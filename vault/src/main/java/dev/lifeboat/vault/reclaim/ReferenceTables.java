package dev.lifeboat.vault.reclaim;

import dev.lifeboat.vault.Digest;
import dev.lifeboat.vault.VaultException;
import dev.lifeboat.vault.pack.PackId;
import dev.lifeboat.vault.region.ObjectInfo;
import dev.lifeboat.vault.region.ObjectKey;
import dev.lifeboat.vault.region.RegionName;
import dev.lifeboat.vault.snapshot.ManifestReferences;
import dev.lifeboat.vault.snapshot.PackReference;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What manifests refer to, kept from run to run: manifests that were read and understood are not
 * read again as long as a region lists them as it did. Which there are is always asked of the
 * regions; a table only says what one that is there needs. What a manifest refers to stays in its
 * table as long as any region lists its name.
 *
 * <p>Memory: the rows of one dataset at a time, and one manifest or some hundred thousand
 * references.
 */
final class ReferenceTables {
  /** References of new rows that are held before they are merged into the table. */
  private static final long HELD = 300_000;

  /** Tables read side by side; each is an open file. */
  private static final int FAN_IN = 64;

  private final Path directory;
  private final Digest binding;
  private final ManifestReferences references;

  /** Where the manifests of each table lie. */
  private final Map<Path, String> files = new LinkedHashMap<>();

  ReferenceTables(Path directory, Digest binding, ManifestReferences references) {
    this.directory = directory;
    this.binding = binding;
    this.references = references;
  }

  /** Reads a manifest's bytes in a region; {@code null} if it cannot be had, which it notes. */
  interface Reader {
    byte @Nullable [] read(RegionName region, ObjectKey key);
  }

  /**
   * Brings the table of a dataset up to date.
   *
   * @param dataset where its manifests lie, ending with a slash
   * @param listed what regions list there now
   * @param whole whether every region was listed: only then nothing else is there
   */
  void update(
      String dataset,
      SortedMap<ObjectKey, SortedMap<RegionName, ObjectInfo>> listed,
      boolean whole,
      Reader reader,
      Refusals refused) {
    Path file = directory.resolve(dataset.substring(0, dataset.length() - 1) + ".refs");
    // A stray object deeper down splits a dataset's listing: rows of its first part must stay.
    boolean again = files.put(file, dataset) != null;
    try {
      new Update(file, whole && !again, reader, refused).run(listed);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot keep " + file, e);
    }
  }

  /** Told of a manifest that cannot be understood in a region. */
  interface Refusals {
    void refused(RegionName region, ObjectKey key, VaultException why);
  }

  /** One table being brought up to date. */
  private final class Update {
    private final Path file;
    private final boolean whole;
    private final Reader reader;
    private final Refusals refused;
    private final ReferenceTableWriter writer;
    private final Map<String, List<ReferenceTable.Row>> byName = new HashMap<>();
    private Optional<ReferenceTable> table;
    private boolean changed;

    private Update(Path file, boolean whole, Reader reader, Refusals refused) {
      this.file = file;
      this.whole = whole;
      this.reader = reader;
      this.refused = refused;
      this.writer = new ReferenceTableWriter(file, binding);
      this.table = ReferenceTable.load(file, binding);
      table
          .map(ReferenceTable::rows)
          .ifPresent(rows ->
              rows.forEach(
                  row -> byName.computeIfAbsent(row.name(), _ -> new ArrayList<>()).add(row)));
    }

    private void run(SortedMap<ObjectKey, SortedMap<RegionName, ObjectInfo>> listed)
        throws IOException {
      boolean absent = table.isEmpty();
      for (Map.Entry<ObjectKey, SortedMap<RegionName, ObjectInfo>> entry : listed.entrySet()) {
        for (Map.Entry<RegionName, ObjectInfo> holder : entry.getValue().entrySet()) {
          look(entry.getKey(), holder.getKey(), holder.getValue());
        }
        if (writer.references() > HELD) {
          flush(listed);
        }
      }
      if (changed || absent || (whole && table.isPresent() && anyGone(listed))) {
        flush(listed);
      }
    }

    private boolean anyGone(SortedMap<ObjectKey, SortedMap<RegionName, ObjectInfo>> listed) {
      return table
          .map(ReferenceTable::rows)
          .map(rows -> rows.stream().anyMatch(row -> !isListed(row, listed)))
          .orElse(false);
    }

    private boolean isListed(
        ReferenceTable.Row row, SortedMap<ObjectKey, SortedMap<RegionName, ObjectInfo>> listed) {
      ObjectKey any = listed.firstKey();
      String prefix = any.value().substring(0, any.value().lastIndexOf('/') + 1);
      return listed.containsKey(new ObjectKey(prefix + row.name()));
    }

    private void look(ObjectKey key, RegionName region, ObjectInfo info) {
      List<ReferenceTable.Row> rows =
          byName.computeIfAbsent(key.lastSegment(), _ -> new ArrayList<>());
      ReferenceTable.Place place = new ReferenceTable.Place(info.bytes(), info.modified());
      if (rows.stream().anyMatch(row -> place.equals(row.places().get(region)))) {
        return;
      }
      byte[] bytes = reader.read(region, key);
      if (bytes == null) {
        return;
      }
      Digest digest = Digest.of(bytes);
      for (ReferenceTable.Row row : rows) {
        if (row.digest().equals(digest)) {
          note(row, region, place, bytes.length);
          return;
        }
      }
      try {
        Collection<PackReference> packs = references.of(key, bytes);
        ReferenceTable.Row row = new ReferenceTable.Row(key.lastSegment(), digest, new HashMap<>());
        rows.add(row);
        writer.add(row, packs);
        note(row, region, place, bytes.length);
      } catch (VaultException e) {
        refused.refused(region, key, e);
      }
    }

    private void note(
        ReferenceTable.Row row, RegionName region, ReferenceTable.Place place, int bytes) {
      // What does not have the length that was listed is not what was listed: read again next time.
      if (place.bytes() == bytes) {
        row.places().put(region, place);
      }
      changed = true;
    }

    private void flush(SortedMap<ObjectKey, SortedMap<RegionName, ObjectInfo>> listed)
        throws IOException {
      List<ReferenceTable.Row> rows = table.map(ReferenceTable::rows).orElse(List.of());
      boolean[] keep = new boolean[rows.size()];
      for (int i = 0; i < keep.length; i++) {
        keep[i] = !whole || isListed(rows.get(i), listed);
      }
      writer.write(table, keep);
      changed = false;
      table = ReferenceTable.load(file, binding);
      if (table.isEmpty()) {
        throw new IOException("what was written to %s cannot be read".formatted(file));
      }
      // The rows were read anew: what is learnt from now on is noted in them.
      byName.clear();
      table
          .get()
          .rows()
          .forEach(row -> byName.computeIfAbsent(row.name(), _ -> new ArrayList<>()).add(row));
    }
  }

  /** Every pack that a manifest of the datasets brought up to date refers to. */
  PackSet union() {
    List<PackSet> parts = new ArrayList<>();
    try {
      Files.createDirectories(directory);
      List<Path> tables = List.copyOf(files.keySet());
      for (int from = 0; from < tables.size(); from += FAN_IN) {
        parts.add(union(tables.subList(from, Math.min(tables.size(), from + FAN_IN))));
      }
      try (PackSet.Builder builder = new PackSet.Builder(directory)) {
        SortedIds.union(parts.stream().map(SortedIds::of).toList(), builder);
        return builder.finish();
      }
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + directory, e);
    } finally {
      parts.forEach(PackSet::close);
    }
  }

  /**
   * Every pack that a manifest of the datasets brought up to date refers to, in ascending order of
   * ids, with its length.
   */
  SortedNeeds needs() {
    try {
      Files.createDirectories(directory);
      List<Path> tables = List.copyOf(files.keySet());
      List<SortedNeeds> parts = new ArrayList<>();
      for (int from = 0; from < tables.size(); from += FAN_IN) {
        List<SortedNeeds> some = new ArrayList<>();
        for (Path file : tables.subList(from, Math.min(tables.size(), from + FAN_IN))) {
          some.add(open(file).entries());
        }
        parts.add(NeedFile.union(directory, some));
      }
      while (parts.size() > 1) {
        List<SortedNeeds> some = parts.subList(0, Math.min(parts.size(), FAN_IN));
        SortedNeeds merged = NeedFile.union(directory, List.copyOf(some));
        some.clear();
        parts.add(merged);
      }
      return parts.isEmpty() ? NeedFile.union(directory, List.of()) : parts.getFirst();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + directory, e);
    }
  }

  /** The manifests that refer to a pack, of the datasets brought up to date: reads their tables. */
  SortedSet<ObjectKey> needing(PackId pack) {
    SortedSet<ObjectKey> needing = new TreeSet<>();
    try {
      for (Map.Entry<Path, String> file : files.entrySet()) {
        ReferenceTable table = open(file.getKey());
        try (ReferenceTable.Entries entries = table.entries()) {
          Digest at = entries.next();
          while (at != null && at.compareTo(pack.value()) < 0) {
            at = entries.next();
          }
          if (pack.value().equals(at)) {
            int[] runs = entries.runs();
            for (int i = 0; i < runs.length; i += 2) {
              for (ReferenceTable.Row row : table.rows().subList(runs[i], runs[i + 1])) {
                needing.add(new ObjectKey(file.getValue() + row.name()));
              }
            }
          }
        }
      }
      return needing;
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + directory, e);
    }
  }

  private ReferenceTable open(Path file) throws IOException {
    return ReferenceTable.load(file, binding)
        .orElseThrow(() -> new IOException(file + " was changed by somebody else"));
  }

  /** Is told of a pack that manifests of one dataset need, and of the newest of them. */
  interface Need {
    void need(Digest pack, Instant newest);
  }

  /** Every pack of every dataset brought up to date; one that several datasets need comes again. */
  void newest(Need each) {
    for (Path file : files.keySet()) {
      try {
        ReferenceTable table = open(file);
        List<Instant> times =
            table.rows().stream().map(row -> RecordNames.time(row.name())).toList();
        try (ReferenceTable.Entries entries = table.entries()) {
          for (Digest pack = entries.next(); pack != null; pack = entries.next()) {
            Instant newest = Instant.MIN;
            int[] runs = entries.runs();
            for (int i = 0; i < runs.length; i += 2) {
              for (int row = runs[i]; row < runs[i + 1]; row++) {
                newest = times.get(row).isAfter(newest) ? times.get(row) : newest;
              }
            }
            each.need(pack, newest);
          }
        }
      } catch (IOException e) {
        throw new UncheckedIOException("cannot read " + file, e);
      }
    }
  }

  private PackSet union(List<Path> some) throws IOException {
    List<ReferenceTable.Entries> entries = new ArrayList<>();
    try (PackSet.Builder builder = new PackSet.Builder(directory)) {
      for (Path file : some) {
        entries.add(open(file).entries());
      }
      SortedIds.union(entries, builder);
      return builder.finish();
    } finally {
      for (ReferenceTable.Entries each : entries) {
        each.close();
      }
    }
  }
}
