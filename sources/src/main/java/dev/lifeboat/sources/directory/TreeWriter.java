package dev.lifeboat.sources.directory;

import dev.lifeboat.sources.posix.Accounts;
import dev.lifeboat.sources.posix.Descriptor;
import dev.lifeboat.sources.posix.Errno;
import dev.lifeboat.sources.posix.FileStatus;
import dev.lifeboat.sources.posix.PosixException;
import dev.lifeboat.sources.posix.RawPath;
import dev.lifeboat.vault.tree.Attributes;
import dev.lifeboat.vault.tree.Node;
import dev.lifeboat.vault.tree.TreePath;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Writes nodes below one directory, in any order and from many threads.
 *
 * <p>Nothing is ever written outside the root: every component of every path is opened relative to
 * its parent without following symbolic links, also those that somebody plants while the restore
 * runs. Everything but a directory appears under its own name only when it is whole; until then it
 * has a temporary name in the same directory. Directories are writable for this user alone until
 * {@link #finish} gives them their attributes.
 *
 * <p>Missing parents are made. An {@link IOException} concerns the one node that was asked for: the
 * others can go on.
 */
public final class TreeWriter implements AutoCloseable {
  /**
   * Mode of a directory that still waits for its attributes. The sticky bit, of no use to a private
   * directory, is how a later run knows one that a crashed restore has made.
   */
  private static final int UNFINISHED_MODE = 01700;

  /** For directories that nobody gave attributes: parents of a part that was restored alone. */
  private static final int PLAIN_MODE = 0755;

  private static final long ALLOCATE_FROM_BYTES = 64 * 1024;

  private final TreeWriterSettings settings;
  private final Descriptor root;
  private final DirectoryTable directories;
  private final Leftovers leftovers;
  private final Warnings warnings = new Warnings();
  private final AttributeWriter attributeWriter = new AttributeWriter(warnings);

  /** What directories get in the end; nothing for those made on the way. */
  private final Map<TreePath, Optional<Attributes>> waiting = new ConcurrentHashMap<>();

  /** Directories that existed, in which this restore may have left something in an earlier run. */
  private final Set<TreePath> found = ConcurrentHashMap.newKeySet();

  /** Directories that this run has made: nothing but its own was in them. */
  private final Set<TreePath> made = ConcurrentHashMap.newKeySet();

  private boolean empty;

  private TreeWriter(Descriptor root, TreeWriterSettings settings) {
    this.root = root;
    this.settings = settings;
    this.leftovers = new Leftovers(settings.restoreId());
    this.directories =
        new DirectoryTable(
            root,
            UNFINISHED_MODE,
            path -> {
              made.add(path);
              waiting.putIfAbsent(path, Optional.empty());
            });
  }

  /**
   * Opens a root, making it and its parents if they are missing. A symbolic link is followed here,
   * and nowhere below.
   */
  public static TreeWriter open(RawPath root, TreeWriterSettings settings) throws IOException {
    TreeWriter writer = new TreeWriter(Descriptor.makeDirectories(root, UNFINISHED_MODE), settings);
    try {
      writer.take(TreePath.ROOT, writer.root);
      writer.empty = writer.root.names().isEmpty();
      return writer;
    } catch (PosixException e) {
      writer.close();
      throw e;
    }
  }

  /**
   * Opens a root that exists, to look at what is there: makes nothing.
   *
   * @return empty if there is no directory of that name
   */
  public static Optional<TreeWriter> openExisting(RawPath root, TreeWriterSettings settings)
      throws IOException {
    try {
      return Optional.of(new TreeWriter(Descriptor.openDirectory(root), settings));
    } catch (PosixException e) {
      if (e.is(Errno.ENOENT, Errno.ENOTDIR)) {
        return Optional.empty();
      }
      throw e;
    }
  }

  /** Whether there was nothing in the root when it was opened: no file has to be looked for. */
  public boolean wasEmpty() {
    return empty;
  }

  /** Bytes that this user may still write to the root's file system. */
  public long freeBytes() throws IOException {
    return root.freeBytes();
  }

  /**
   * Makes a directory, or takes the one that exists, whose attributes are then replaced as the
   * policy says. The root takes attributes like any other.
   */
  public Outcome directory(TreePath path, Attributes attributes) throws IOException {
    if (!path.isRoot()) {
      SharedDescriptor parent = directories.acquire(DirectoryTable.parent(path), true);
      try {
        byte[] name = path.names().getLast().toBytes();
        FileStatus existing = parent.get().status(name);
        if (existing != null && existing.type() != FileStatus.Type.DIRECTORY) {
          if (settings.overwrite() != Overwrite.ALWAYS) {
            return new Outcome.Skipped(path, Outcome.Reason.OTHER_KIND);
          }
          parent.get().unlink(name);
          existing = null;
        }
        if (existing == null) {
          waiting.put(path, Optional.of(attributes));
          directories.acquire(path, true).release();
          return new Outcome.Written(path);
        }
      } finally {
        parent.release();
      }
    }
    SharedDescriptor directory = directories.acquire(path, true);
    try {
      FileStatus status = directory.get().status();
      // An empty root was made for this: it is nobody's work that loses its attributes.
      boolean ours = waiting.containsKey(path) || unfinished(status) || (path.isRoot() && empty);
      boolean replace =
          ours
              || switch (settings.overwrite()) {
                case NEVER -> false;
                case IF_NEWER -> newer(attributes, status);
                case ALWAYS -> true;
              };
      if (replace) {
        waiting.put(path, Optional.of(attributes));
      }
      take(path, directory.get());
    } finally {
      directory.release();
    }
    return new Outcome.Written(path);
  }

  /** Looks after what crashed restores have left in a directory that existed. */
  private void take(TreePath path, Descriptor directory) throws PosixException {
    if (found.add(path)) {
      leftovers.clear(directory, false);
    }
  }

  private static boolean unfinished(FileStatus status) {
    return status.permissions() == UNFINISHED_MODE && status.uid() == Accounts.effectiveUser();
  }

  private static boolean newer(Attributes attributes, FileStatus status) {
    return attributes.mtimeSeconds() != status.mtimeSeconds()
        ? attributes.mtimeSeconds() > status.mtimeSeconds()
        : attributes.mtimeNanos() > status.mtimeNanos();
  }

  /** Begins a file. Until the {@link FileWriter} finishes, what exists under the name stays. */
  public Begun begin(TreePath path, Node.File file) throws IOException {
    TreePath above = DirectoryTable.parent(path);
    SharedDescriptor parent = directories.acquire(above, true);
    Descriptor opened = null;
    boolean begun = false;
    try {
      byte[] name = path.names().getLast().toBytes();
      // What somebody else puts there meanwhile is in nobody's plan: placing does not replace it.
      boolean fresh = made.contains(above);
      FileStatus existing = fresh ? null : parent.get().status(name);
      Outcome.Reason obstacle = obstacle(existing, file.attributes());
      if (obstacle != null) {
        return new Begun.Skipped(new Outcome.Skipped(path, obstacle));
      }
      byte[] temporary = leftovers.temporary(name);
      opened = fresh ? createIfFree(parent.get(), temporary) : null;
      boolean resumed = false;
      if (opened == null) {
        opened = resume(parent.get(), temporary, file);
        resumed = opened != null;
      }
      if (opened == null) {
        opened = parent.get().create(temporary);
      }
      if (!resumed) {
        lock(opened);
        reserve(opened, file);
      }
      TemporaryFile writer =
          new TemporaryFile(
              path,
              file,
              opened,
              parent,
              resumed,
              complete -> {
                attributeWriter.apply(path, complete, file.attributes());
                if (settings.sync()) {
                  complete.sync();
                }
                return place(path, parent.get(), temporary, name, existing);
              });
      begun = true;
      return new Begun.Writing(writer);
    } finally {
      if (!begun) {
        if (opened != null) {
          opened.close();
        }
        parent.release();
      }
    }
  }

  /** Whether a file is to be written. */
  public sealed interface Begun {
    /** It is; the caller closes the writer. */
    record Writing(FileWriter writer) implements Begun {}

    /** It is not. */
    record Skipped(Outcome.Skipped outcome) implements Begun {}
  }

  /** As {@link Descriptor#create}; {@code null} if the name is taken. */
  private static @Nullable Descriptor createIfFree(Descriptor parent, byte[] name)
      throws PosixException {
    try {
      return parent.create(name);
    } catch (PosixException e) {
      if (e.is(Errno.EEXIST)) {
        return null;
      }
      throw e;
    }
  }

  /**
   * Writes a file whose content is at hand as a whole.
   *
   * @param bytes hold the content from {@code from}
   */
  public Outcome write(TreePath path, Node.File file, byte[] bytes, int from, int length)
      throws IOException {
    return switch (begin(path, file)) {
      case Begun.Skipped skipped -> skipped.outcome();
      case Begun.Writing writing -> {
        try (FileWriter writer = writing.writer()) {
          writer.write(0, bytes, from, length);
          yield writer.finish();
        }
      }
    };
  }

  /** Opens what an earlier run has left; {@code null}, with the name free, if there is no use. */
  private static @Nullable Descriptor resume(Descriptor parent, byte[] temporary, Node.File file)
      throws IOException {
    FileStatus status = parent.status(temporary);
    if (status == null) {
      return null;
    }
    if (status.type() == FileStatus.Type.FILE) {
      Descriptor left = null;
      try {
        left = parent.writable(temporary);
        if (!lock(left)) {
          throw new IOException(
              "%s: another run of this restore is writing it".formatted(file.name()));
        }
        FileStatus opened = left.status();
        // In a sparse file, bytes of the earlier run could stand where there should be a hole.
        if (opened.type() == FileStatus.Type.FILE
            && opened.uid() == Accounts.effectiveUser()
            && opened.links() == 1
            && opened.permissions() == 0600
            && file.extents() == null) {
          Descriptor useful = left;
          left = null;
          return useful;
        }
      } finally {
        if (left != null) {
          left.close();
        }
      }
    }
    parent.unlink(temporary);
    return null;
  }

  /** Locks a temporary file; true also where the file system has no locks. */
  private static boolean lock(Descriptor file) {
    try {
      return file.tryLock();
    } catch (PosixException e) {
      return true;
    }
  }

  private static void reserve(Descriptor opened, Node.File file) throws PosixException {
    if (file.extents() != null) {
      opened.truncate(file.bytes());
      return;
    }
    if (file.bytes() < ALLOCATE_FROM_BYTES) {
      return;
    }
    try {
      opened.allocate(0, file.bytes());
    } catch (PosixException e) {
      if (e.is(Errno.ENOSPC, Errno.EDQUOT, Errno.EFBIG, Errno.EIO)) {
        throw e;
      }
      // The file system cannot reserve; it will tell when it is full.
    }
  }

  /** Makes a symbolic link. One that is there with this target only gets the attributes. */
  public Outcome symlink(TreePath path, Node.Symlink symlink) throws IOException {
    byte[] target = symlink.target().toBytes();
    return make(
        path,
        symlink.attributes(),
        (parent, temporary) -> parent.symlink(target, temporary),
        (parent, name, existing) ->
            existing.type() == FileStatus.Type.SYMLINK
                && Arrays.equals(parent.readLink(name), target));
  }

  /** Makes a fifo, socket or device. One that is there already only gets the attributes. */
  public Outcome special(TreePath path, Node.Special special) throws IOException {
    FileStatus.Type type =
        switch (special.kind()) {
          case FIFO -> FileStatus.Type.FIFO;
          case SOCKET -> FileStatus.Type.SOCKET;
          case CHARACTER_DEVICE -> FileStatus.Type.CHARACTER_DEVICE;
          case BLOCK_DEVICE -> FileStatus.Type.BLOCK_DEVICE;
        };
    try {
      return make(
          path,
          special.attributes(),
          (parent, temporary) -> parent.mknod(temporary, type, special.major(), special.minor()),
          (_, _, existing) ->
              existing.type() == type
                  && existing.major() == special.major()
                  && existing.minor() == special.minor());
    } catch (PosixException e) {
      if (e.is(Errno.EPERM) && e.operation().equals("mknod")) {
        return new Outcome.Skipped(path, Outcome.Reason.NOT_PERMITTED);
      }
      throw e;
    }
  }

  /** Makes something under a temporary name. */
  private interface Making {
    void make(Descriptor parent, byte[] temporary) throws PosixException;
  }

  /** Tells whether what exists is what would be made. */
  private interface Recognising {
    boolean same(Descriptor parent, byte[] name, FileStatus existing) throws PosixException;
  }

  private Outcome make(TreePath path, Attributes attributes, Making making, Recognising recognising)
      throws IOException {
    SharedDescriptor parent = directories.acquire(DirectoryTable.parent(path), true);
    try {
      byte[] name = path.names().getLast().toBytes();
      FileStatus existing = parent.get().status(name);
      if (existing != null && recognising.same(parent.get(), name, existing)) {
        try (Descriptor node = parent.get().node(name)) {
          attributeWriter.apply(path, node, attributes);
        }
        return new Outcome.Written(path);
      }
      Outcome.Reason obstacle = obstacle(existing, attributes);
      if (obstacle != null) {
        return new Outcome.Skipped(path, obstacle);
      }
      byte[] temporary = leftovers.temporary(name);
      if (parent.get().status(temporary) != null) {
        parent.get().unlink(temporary);
      }
      making.make(parent.get(), temporary);
      try (Descriptor node = parent.get().node(temporary)) {
        attributeWriter.apply(path, node, attributes);
      }
      return place(path, parent.get(), temporary, name, existing);
    } finally {
      parent.release();
    }
  }

  private Outcome.@Nullable Reason obstacle(@Nullable FileStatus existing, Attributes attributes) {
    if (existing == null) {
      return null;
    }
    if (existing.type() == FileStatus.Type.DIRECTORY && settings.overwrite() != Overwrite.ALWAYS) {
      return Outcome.Reason.OTHER_KIND;
    }
    return switch (settings.overwrite()) {
      case NEVER -> Outcome.Reason.EXISTS;
      case IF_NEWER -> newer(attributes, existing) ? null : Outcome.Reason.NOT_NEWER;
      case ALWAYS -> null;
    };
  }

  /**
   * Renames what is complete to its own name.
   *
   * @param existing what was there when it was decided to write; something that has come since then
   *     is not replaced
   */
  private Outcome place(
      TreePath path,
      Descriptor parent,
      byte[] temporary,
      byte[] name,
      @Nullable FileStatus existing)
      throws IOException {
    if (existing != null && existing.type() == FileStatus.Type.DIRECTORY) {
      try {
        parent.rmdir(name);
      } catch (PosixException e) {
        if (e.is(Errno.ENOTEMPTY, Errno.EEXIST)) {
          parent.unlink(temporary);
          return new Outcome.Skipped(path, Outcome.Reason.OTHER_KIND);
        }
        throw e;
      }
      existing = null;
    }
    try {
      parent.rename(temporary, name, existing != null);
      return new Outcome.Written(path);
    } catch (PosixException e) {
      if (existing == null && e.is(Errno.EINVAL, Errno.ENOSYS)) {
        return placeByLink(path, parent, temporary, name);
      }
      if (e.is(Errno.EEXIST, Errno.EISDIR, Errno.ENOTEMPTY)) {
        parent.unlink(temporary);
        return new Outcome.Skipped(
            path, existing == null ? Outcome.Reason.EXISTS : Outcome.Reason.OTHER_KIND);
      }
      throw e;
    }
  }

  /** For file systems that cannot rename without replacing: link does not replace either. */
  private Outcome placeByLink(TreePath path, Descriptor parent, byte[] temporary, byte[] name)
      throws PosixException {
    try {
      parent.link(temporary, parent, name);
      parent.unlink(temporary);
      return new Outcome.Written(path);
    } catch (PosixException e) {
      if (e.is(Errno.EEXIST)) {
        parent.unlink(temporary);
        return new Outcome.Skipped(path, Outcome.Reason.EXISTS);
      }
    }
    // No links either, as on FAT: there is no atomic way, so look and then rename.
    if (parent.status(name) != null) {
      parent.unlink(temporary);
      return new Outcome.Skipped(path, Outcome.Reason.EXISTS);
    }
    parent.rename(temporary, name, true);
    return new Outcome.Written(path);
  }

  /**
   * Makes {@code path} another name of the file or special node {@code first}, which this restore
   * has written or found equal. Where the file system has no hard links this is counted as a
   * warning and throws: write the file once more then.
   */
  public Outcome link(TreePath first, TreePath path, Attributes attributes) throws IOException {
    SharedDescriptor from = directories.acquire(DirectoryTable.parent(first), false);
    try {
      SharedDescriptor to = directories.acquire(DirectoryTable.parent(path), true);
      try {
        byte[] firstName = first.names().getLast().toBytes();
        byte[] name = path.names().getLast().toBytes();
        FileStatus original = from.get().status(firstName);
        FileStatus existing = to.get().status(name);
        if (original != null && existing != null && original.sameFile(existing)) {
          return new Outcome.Written(path);
        }
        Outcome.Reason obstacle = obstacle(existing, attributes);
        if (obstacle != null) {
          return new Outcome.Skipped(path, obstacle);
        }
        byte[] temporary = leftovers.temporary(name);
        if (to.get().status(temporary) != null) {
          to.get().unlink(temporary);
        }
        from.get().link(firstName, to.get(), temporary);
        return place(path, to.get(), temporary, name, existing);
      } finally {
        to.release();
      }
    } catch (PosixException e) {
      if (e.operation().equals("link")) {
        warnings.add(WriteWarning.Kind.HARD_LINK, path, e.getMessage());
      }
      throw e;
    } finally {
      from.release();
    }
  }

  /**
   * Opens the regular file that exists under a name, to find what of {@code file} it has already.
   * Makes nothing.
   *
   * @return empty if there is none; the caller closes it
   */
  public Optional<ExistingFile> existing(TreePath path, Node.File file) throws IOException {
    SharedDescriptor parent;
    try {
      parent = directories.acquire(DirectoryTable.parent(path), false);
    } catch (PosixException e) {
      if (e.is(Errno.ENOENT, Errno.ENOTDIR, Errno.ELOOP)) {
        return Optional.empty();
      }
      throw e;
    }
    try {
      byte[] name = path.names().getLast().toBytes();
      FileStatus status = parent.get().status(name);
      if (status == null || status.type() != FileStatus.Type.FILE) {
        return Optional.empty();
      }
      Descriptor opened = parent.get().file(name, true);
      FileStatus now = opened.status();
      if (now.type() != FileStatus.Type.FILE) {
        opened.close();
        return Optional.empty();
      }
      return Optional.of(new OpenedFile(opened, now, file));
    } finally {
      parent.release();
    }
  }

  /**
   * Gives an existing file, whose content the caller found equal, the attributes of the snapshot,
   * whatever the policy. A file with other names outside this restore changes there too.
   */
  public Outcome attributes(TreePath path, Node.File file) throws IOException {
    SharedDescriptor parent = directories.acquire(DirectoryTable.parent(path), false);
    try (Descriptor node = parent.get().node(path.names().getLast().toBytes())) {
      if (node.status().type() != FileStatus.Type.FILE) {
        return new Outcome.Skipped(path, Outcome.Reason.OTHER_KIND);
      }
      attributeWriter.apply(path, node, file.attributes());
      return new Outcome.Written(path);
    } finally {
      parent.release();
    }
  }

  /**
   * Gives all directories their attributes, the deepest first, and ends the writing: what was
   * written outlives a crash of the machine from here on. To be called when every file is finished.
   *
   * @return what the target could not take, each kind once
   * @throws IOException if the attributes of some directory could not be set at all, those of the
   *     others were; or if the disk did not take all that was written
   */
  public List<WriteWarning> finish() throws IOException {
    IOException failure = null;
    List<TreePath> order = new ArrayList<>(found);
    for (TreePath path : order) {
      failure = attempt(failure, path, directory -> leftovers.clear(directory, true));
    }
    order = new ArrayList<>(waiting.keySet());
    order.sort(Comparator.reverseOrder());
    for (TreePath path : order) {
      Optional<Attributes> attributes = waiting.getOrDefault(path, Optional.empty());
      failure =
          attempt(
              failure,
              path,
              directory -> {
                if (attributes.isPresent()) {
                  attributeWriter.apply(path, directory, attributes.get());
                } else {
                  directory.chmod(PLAIN_MODE);
                }
                if (settings.sync()) {
                  directory.sync();
                }
              });
    }
    if (settings.sync()) {
      for (TreePath path : found) {
        if (!waiting.containsKey(path)) {
          failure = attempt(failure, path, Descriptor::sync);
        }
      }
    }
    if (!settings.sync()) {
      try {
        root.syncFileSystem();
      } catch (PosixException e) {
        IOException lost = new IOException("not everything reached the disk: " + e.getMessage(), e);
        if (failure == null) {
          failure = lost;
        } else {
          failure.addSuppressed(lost);
        }
      }
    }
    if (failure != null) {
      throw failure;
    }
    return warnings.all();
  }

  /** Something to be done with one directory. */
  private interface Finishing {
    void finish(Descriptor directory) throws PosixException;
  }

  private @Nullable IOException attempt(
      @Nullable IOException earlier, TreePath path, Finishing finishing) {
    try {
      SharedDescriptor directory = directories.acquire(path, false);
      try {
        finishing.finish(directory.get());
      } finally {
        directory.release();
      }
      return earlier;
    } catch (PosixException e) {
      if (earlier == null) {
        return new IOException("%s: %s".formatted(path, e.getMessage()), e);
      }
      earlier.addSuppressed(e);
      return earlier;
    }
  }

  /** Lets go of the root. Without {@link #finish}, directories stay private to this user. */
  @Override
  public void close() {
    directories.close();
  }
}
