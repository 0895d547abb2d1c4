package dev.lifeboat.sources.directory;

import dev.lifeboat.sources.posix.FileStatus;
import dev.lifeboat.vault.tree.Attributes;
import dev.lifeboat.vault.tree.Bytes;
import dev.lifeboat.vault.tree.Name;
import dev.lifeboat.vault.tree.Node;
import dev.lifeboat.vault.tree.TreePath;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * One directory on its way into the snapshot. The walker fills in what it can tell at once, workers
 * the files, finished subdirectories themselves; whoever completes the last piece stores it.
 */
final class Frame {
  final @Nullable Frame parent;
  final int slot;
  final byte[] name;
  final byte[] key;
  final FileStatus status;

  /** What is still missing, and one for the walker until it leaves. */
  final AtomicInteger pending = new AtomicInteger(1);

  /** The walker's hold; {@code null} while it has let go because it is far below. */
  @Nullable SharedDescriptor held;

  Attributes attributes;
  List<byte[]> names = List.of();
  @Nullable Node[] nodes = new Node[0];
  @Nullable Bytes[] sparse = new Bytes[0];
  TreeHash.@Nullable Pair[] hashes = new TreeHash.Pair[0];
  @Nullable CacheEntry[] entries = new CacheEntry[0];
  int[] subdirectories = new int[0];

  /** What the cache knows of this directory. */
  FileCache.@Nullable Cursor cached;

  /** Files taken from the cache, counted by the walker. */
  int takenOver;

  /** Subdirectories that are, with all below them, as the cache has them. */
  final AtomicInteger unchanged = new AtomicInteger();

  int nextSubdirectory;

  Frame(
      @Nullable Frame parent,
      int slot,
      byte[] name,
      FileStatus status,
      Attributes attributes,
      @Nullable SharedDescriptor held) {
    this.parent = parent;
    this.slot = slot;
    this.name = name;
    this.key = parent == null ? FileCacheFormat.rootKey() : FileCacheFormat.key(parent.key, name);
    this.status = status;
    this.attributes = attributes;
    this.held = held;
  }

  /** Makes room for what these names become. */
  void expect(List<byte[]> sorted) {
    names = sorted;
    nodes = new Node[sorted.size()];
    sparse = new Bytes[sorted.size()];
    hashes = new TreeHash.Pair[sorted.size()];
    entries = new CacheEntry[sorted.size()];
  }

  /** The names from the root to this directory. */
  List<byte[]> components() {
    List<byte[]> up = new ArrayList<>();
    for (Frame at = this; at.parent != null; at = at.parent) {
      up.add(at.name);
    }
    Collections.reverse(up);
    return up;
  }

  TreePath path() {
    return new TreePath(components().stream().map(Name::of).toList());
  }

  /** The path of an entry as bytes, with slashes between the names. */
  byte[] pathBytes(byte[] entry) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (byte[] component : components()) {
      out.writeBytes(component);
      out.write('/');
    }
    out.writeBytes(entry);
    return out.toByteArray();
  }

  /** The entries that made it into the snapshot, in the order of their names. */
  List<TreeHash.Entry> present() {
    List<TreeHash.Entry> present = new ArrayList<>(nodes.length);
    for (int i = 0; i < nodes.length; i++) {
      Node node = nodes[i];
      if (node != null) {
        present.add(new TreeHash.Entry(node, hashes[i], sparse[i]));
      }
    }
    return present;
  }
}
