package dev.lifeboat.sources.directory;

import dev.lifeboat.sources.posix.Descriptor;
import dev.lifeboat.sources.posix.Errno;
import dev.lifeboat.sources.posix.PosixException;
import dev.lifeboat.vault.tree.TreePath;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The directories of a target, opened name by name below its root and never through a symbolic
 * link. Keeps those used last open. Safe for use by many threads.
 */
final class DirectoryTable implements AutoCloseable {
  private static final int MOST_OPEN = 128;

  /** Told which directories were made because something below them was wanted. */
  interface Maker {
    void made(TreePath path);
  }

  private final SharedDescriptor root;
  private final int mode;
  private final Maker maker;
  private final Map<TreePath, SharedDescriptor> open = new LinkedHashMap<>(64, 0.75f, true);

  /**
   * @param mode of directories that are made
   */
  DirectoryTable(Descriptor root, int mode, Maker maker) {
    this.root = new SharedDescriptor(root);
    this.mode = mode;
    this.maker = maker;
  }

  /**
   * Opens a directory; the caller releases it.
   *
   * @param make whether missing directories are made
   * @throws PosixException with ENOENT if it is missing, ENOTDIR or ELOOP if something else is in
   *     the way
   */
  synchronized SharedDescriptor acquire(TreePath path, boolean make) throws PosixException {
    Deque<TreePath> missing = new ArrayDeque<>();
    TreePath at = path;
    SharedDescriptor found = null;
    while (!at.isRoot()) {
      found = open.get(at);
      if (found != null) {
        break;
      }
      missing.push(at);
      at = parent(at);
    }
    SharedDescriptor current = found == null ? root : found;
    current.hold();
    for (TreePath next : missing) {
      SharedDescriptor parent = current;
      try {
        current = new SharedDescriptor(openIn(parent.get(), next, make));
      } finally {
        parent.release();
      }
      current.hold();
      open.put(next, current);
      trim();
    }
    return current;
  }

  private Descriptor openIn(Descriptor parent, TreePath path, boolean make) throws PosixException {
    byte[] name = path.names().getLast().toBytes();
    try {
      return parent.directory(name);
    } catch (PosixException e) {
      if (!make || !e.is(Errno.ENOENT)) {
        throw e;
      }
    }
    try {
      parent.mkdir(name, mode);
      maker.made(path);
    } catch (PosixException e) {
      if (!e.is(Errno.EEXIST)) {
        throw e;
      }
    }
    return parent.directory(name);
  }

  private void trim() {
    Iterator<SharedDescriptor> oldest = open.values().iterator();
    while (open.size() > MOST_OPEN) {
      oldest.next().release();
      oldest.remove();
    }
  }

  static TreePath parent(TreePath path) {
    return new TreePath(path.names().subList(0, path.names().size() - 1));
  }

  @Override
  public synchronized void close() {
    open.values().forEach(SharedDescriptor::release);
    open.clear();
    root.release();
  }
}
