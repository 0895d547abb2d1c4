package dev.lifeboat.sources.directory;

import dev.lifeboat.vault.snapshot.SnapshotSink;
import dev.lifeboat.vault.tree.Bytes;
import dev.lifeboat.vault.tree.Node;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Stores directories of which all entries are there, and remembers them for the next capture. Used
 * by many threads.
 */
final class DirectoryStore {
  private final SnapshotSink sink;
  private final @Nullable FileCacheWriter newCache;
  private final boolean accountsKnown;

  /** Once the new cache could not be written, no more is: what is missing in it is read again. */
  private volatile boolean cacheBroken;

  /**
   * @param accountsKnown whether all accounts have the names that they had when the old cache was
   *     written
   */
  DirectoryStore(SnapshotSink sink, @Nullable FileCacheWriter newCache, boolean accountsKnown) {
    this.sink = sink;
    this.newCache = newCache;
    this.accountsKnown = accountsKnown;
  }

  /**
   * @param unchanged whether it is, with all below it, as the old cache has it
   */
  record Stored(DirectoryRecord record, boolean unchanged) {}

  /**
   * Stores a directory.
   *
   * @param present its entries, in the order of their names
   */
  Stored store(Frame frame, List<TreeHash.Entry> present) {
    DirectoryRecord record = unchanged(frame, present);
    if (record != null) {
      remember(frame, record, true);
      return new Stored(record, true);
    }
    List<Node> nodes = new ArrayList<>(present.size());
    present.forEach(entry -> nodes.add(entry.node()));
    record =
        new DirectoryRecord(
            own(frame),
            count(present, Node.File.class),
            count(present, Node.Directory.class),
            TreeHash.others(present),
            sink.storeDirectory(nodes),
            TreeHash.directory(present));
    remember(frame, record, false);
    return new Stored(record, false);
  }

  /**
   * What the cache has of a directory, if nothing in it or below it has changed and the vault still
   * has it. Its files were compared one by one when they were taken over; each of its
   * subdirectories was found unchanged under the same path, or is not counted; so equal numbers
   * mean the same entries.
   */
  private @Nullable DirectoryRecord unchanged(Frame frame, List<TreeHash.Entry> present) {
    FileCache.Cursor cached = frame.cached;
    DirectoryRecord record = cached == null ? null : cached.record();
    return record != null
            && accountsKnown
            && frame.takenOver == record.files()
            && frame.unchanged.get() == record.subdirectories()
            && count(present, Node.File.class) == record.files()
            && count(present, Node.Directory.class) == record.subdirectories()
            && TreeHash.others(present).equals(record.others())
            && own(frame).equals(record.own())
            && sink.reuse(record.content())
        ? record
        : null;
  }

  private static Bytes own(Frame frame) {
    return TreeHash.own(frame.attributes, frame.status.device());
  }

  private static int count(List<TreeHash.Entry> present, Class<? extends Node> kind) {
    int count = 0;
    for (TreeHash.Entry entry : present) {
      count += kind.isInstance(entry.node()) ? 1 : 0;
    }
    return count;
  }

  private void remember(Frame frame, DirectoryRecord record, boolean unchanged) {
    FileCacheWriter into = newCache;
    if (into == null || cacheBroken) {
      return;
    }
    try {
      FileCache.Cursor cached = frame.cached;
      if (unchanged && cached != null) {
        into.copy(frame.key, cached, record.files());
        return;
      }
      List<CacheEntry> entries = new ArrayList<>(frame.entries.length);
      for (CacheEntry entry : frame.entries) {
        if (entry != null) {
          entries.add(entry);
        }
      }
      into.add(frame.key, record, entries);
    } catch (IOException e) {
      cacheBroken = true;
    }
  }
}
