package dev.lifeboat.sources.directory;

import dev.lifeboat.sources.Progress;
import dev.lifeboat.sources.posix.Accounts;
import dev.lifeboat.sources.posix.Descriptor;
import dev.lifeboat.sources.posix.FileStatus;
import dev.lifeboat.sources.posix.PosixException;
import dev.lifeboat.sources.posix.Xattrs;
import dev.lifeboat.vault.snapshot.Problem;
import dev.lifeboat.vault.snapshot.SnapshotSink;
import dev.lifeboat.vault.tree.Attributes;
import dev.lifeboat.vault.tree.Bytes;
import dev.lifeboat.vault.tree.Content;
import dev.lifeboat.vault.tree.Name;
import dev.lifeboat.vault.tree.Node;
import dev.lifeboat.vault.tree.Node.LinkGroup;
import dev.lifeboat.vault.tree.TreePath;
import dev.lifeboat.vault.tree.Xattr;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Goes through a tree, depth first and in the order of names, and stores it.
 *
 * <p>One thread walks: it lists, asks for the status of every entry, and takes over what has not
 * changed. A {@link Crew} reads the files. No directory is opened by its path, and at most {@link
 * #OPEN_LEVELS} of those that lead to the current one are open: a deeper walk lets go of the upper
 * ones and finds back through {@code ..}, making sure that it arrives where it came from.
 */
final class Walk {
  private static final int OPEN_LEVELS = 64;
  private static final int BATCH_FILES = 32;
  private static final long BATCH_BYTES = 1 << 20;
  private static final int REPORT_EVERY = 64;
  private static final byte[] CACHE_TAG = Name.of("CACHEDIR.TAG").toBytes();
  private static final byte[] CACHE_SIGNATURE =
      "Signature: 8a477f597d28d172789f06886806bc55"
          .getBytes(java.nio.charset.StandardCharsets.US_ASCII);

  private final DirectorySettings settings;
  private final Excludes excludes;
  private final SnapshotSink sink;
  private final Progress progress;
  private final @Nullable FileCache cache;
  private final @Nullable Set<TreePath> expectedSparse;
  private final Crew crew;
  private final Accounts accounts = new Accounts();
  private final DirectoryStore directories;
  private final FileReader reader;
  private final Links links = new Links();
  private final Tally tally = new Tally();
  private final List<byte[]> path = new ArrayList<>();
  private final AtomicReference<@Nullable Content> rootContent = new AtomicReference<>();
  private TreeHash.@Nullable Pair rootHashes;
  private long walked;

  /**
   * @param expectedSparse the files that are to be hashed without regard to where the file system
   *     has holes; {@code null} to find out which have some
   */
  Walk(
      DirectorySettings settings,
      Excludes excludes,
      SnapshotSink sink,
      Progress progress,
      @Nullable FileCache cache,
      @Nullable FileCacheWriter newCache,
      @Nullable Set<TreePath> expectedSparse,
      Crew crew) {
    this.settings = settings;
    this.excludes = excludes;
    this.sink = sink;
    this.progress = progress;
    this.cache = cache;
    this.expectedSparse = expectedSparse;
    this.crew = crew;
    this.directories = new DirectoryStore(sink, newCache, cache != null && cache.knows(accounts));
    this.reader =
        new FileReader(
            sink, progress, accounts, settings.accessTimes() == DirectorySettings.AccessTimes.KEEP);
  }

  /** A tree, stored. */
  record Result(
      Attributes rootAttributes,
      Content root,
      TreeHash.Pair hashes,
      Bytes links,
      long linkGroups,
      long rootEntries,
      Tally tally,
      Accounts accounts) {}

  /**
   * Stores the tree below a directory, which it closes.
   *
   * @throws PosixException if the root itself cannot be read
   */
  Result run(Descriptor directory) throws PosixException, InterruptedException {
    Frame root;
    try {
      FileStatus status = directory.status();
      root =
          new Frame(
              null,
              0,
              new byte[0],
              status,
              FileReader.attributes(status, Xattrs.of(directory), accounts),
              new SharedDescriptor(directory));
      enter(root, directory.names(), directory);
    } catch (PosixException e) {
      directory.close();
      throw e;
    }
    long rootEntries = root.names.size();
    try {
      descend(root);
      crew.await();
    } finally {
      letGo(root);
    }
    Content content = rootContent.get();
    TreeHash.Pair hashes = rootHashes;
    if (content == null || hashes == null) {
      throw new IllegalStateException("the walk ended before its root was stored");
    }
    Bytes hash = Bytes.of(links.hash());
    return new Result(
        root.attributes, content, hashes, hash, links.count(), rootEntries, tally, accounts);
  }

  private void descend(Frame root) throws InterruptedException {
    Frame at = root;
    List<Frame> open = new ArrayList<>();
    open.add(root);
    try {
      while (true) {
        crew.check();
        if (at.nextSubdirectory < at.subdirectories.length) {
          int slot = at.subdirectories[at.nextSubdirectory++];
          Frame child = open(at, slot);
          if (child == null) {
            complete(at);
            continue;
          }
          at = child;
          open.add(child);
          if (open.size() > OPEN_LEVELS) {
            letGo(open.removeFirst());
          }
          continue;
        }
        Frame parent = at.parent;
        if (parent == null) {
          letGo(at);
          complete(at);
          return;
        }
        if (parent.held == null) {
          // The oldest that is open is this one: all above have been let go.
          comeBack(at, parent);
          open.addFirst(parent);
        }
        open.removeLast();
        letGo(at);
        path.removeLast();
        complete(at);
        at = parent;
      }
    } finally {
      open.forEach(Walk::letGo);
    }
  }

  private static void letGo(Frame frame) {
    SharedDescriptor held = frame.held;
    if (held != null) {
      frame.held = null;
      held.release();
    }
  }

  /** Opens the parent again that had been let go of. */
  private void comeBack(Frame child, Frame parent) {
    Descriptor found = null;
    try {
      SharedDescriptor from = child.held;
      if (from != null) {
        found = from.get().parent();
        if (found.status().sameFile(parent.status)) {
          parent.held = new SharedDescriptor(found);
          return;
        }
        found.close();
      }
      // The child was moved while we were in it.
      found = reopen(parent);
      parent.held = new SharedDescriptor(found);
    } catch (PosixException e) {
      if (found != null) {
        found.close();
      }
      for (int i = parent.nextSubdirectory; i < parent.subdirectories.length; i++) {
        int slot = parent.subdirectories[i];
        problem(parent, parent.names.get(slot), Problem.Kind.VANISHED, e.getMessage());
        complete(parent);
      }
      parent.nextSubdirectory = parent.subdirectories.length;
    }
  }

  /** Opens a directory from the root, name by name. */
  private Descriptor reopen(Frame frame) throws PosixException {
    Descriptor at = Descriptor.openDirectory(settings.root());
    for (byte[] name : frame.components()) {
      try (Descriptor parent = at) {
        at = parent.directory(name);
      }
    }
    if (!at.status().sameFile(frame.status)) {
      at.close();
      throw new PosixException("open", frame.path().toString(), 2);
    }
    return at;
  }

  private @Nullable Frame open(Frame parent, int slot) throws InterruptedException {
    byte[] name = parent.names.get(slot);
    SharedDescriptor held = parent.held;
    if (held == null) {
      throw new IllegalStateException("the walk lost " + parent.path());
    }
    Descriptor directory = null;
    try {
      directory = held.get().directory(name);
      FileStatus status = directory.status();
      List<Xattr> xattrs = xattrs(parent, name, directory);
      Frame frame =
          new Frame(
              parent,
              slot,
              name,
              status,
              FileReader.attributes(status, xattrs, accounts),
              new SharedDescriptor(directory));
      List<byte[]> names =
          settings.oneFileSystem() && status.device() != parent.status.device()
              ? List.of()
              : directory.names();
      path.add(name);
      enter(frame, names, directory);
      return frame;
    } catch (PosixException e) {
      if (directory != null) {
        directory.close();
      }
      unreadable(parent, slot, name, e);
      return null;
    }
  }

  private List<Xattr> xattrs(Frame parent, byte[] name, Descriptor directory) {
    try {
      return Xattrs.of(directory);
    } catch (PosixException e) {
      problem(parent, name, Problem.Kind.UNREADABLE, e.getMessage());
      return List.of();
    }
  }

  /** A directory that cannot be listed is stored empty, for its attributes and its name. */
  private void unreadable(Frame parent, int slot, byte[] name, PosixException e) {
    problem(parent, name, FileReader.kind(e), e.getMessage());
    SharedDescriptor held = parent.held;
    try {
      FileStatus status = held == null ? null : held.get().status(name);
      if (status != null && status.type() == FileStatus.Type.DIRECTORY) {
        Attributes attributes = FileReader.attributes(status, List.of(), accounts);
        Content content = sink.storeDirectory(List.of());
        parent.nodes[slot] = new Node.Directory(Name.of(name), attributes, content);
        parent.hashes[slot] = TreeHash.directory(List.of());
      }
    } catch (PosixException _) {
      // The problem is told already.
    }
  }

  /** Looks at all entries of a directory. */
  private void enter(Frame frame, List<byte[]> listed, Descriptor directory)
      throws InterruptedException {
    List<byte[]> names = sorted(frame, listed);
    byte[] marker = marker(names, directory);
    if (marker != null) {
      names = List.of(marker);
    }
    frame.expect(names);
    if (walked++ % REPORT_EVERY == 0) {
      progress.at(frame.path().toString());
    }
    FileCache.Cursor cursor = cache == null ? null : cache.directory(frame.key);
    frame.cached = cursor;
    List<Integer> subdirectories = new ArrayList<>();
    Batch batch = new Batch(frame);
    for (int i = 0; i < names.size(); i++) {
      byte[] name = names.get(i);
      FileStatus status;
      try {
        status = directory.status(name);
      } catch (PosixException e) {
        problem(frame, name, FileReader.kind(e), e.getMessage());
        continue;
      }
      boolean isDirectory = status != null && status.type() == FileStatus.Type.DIRECTORY;
      if (excluded(name, isDirectory)) {
        continue;
      }
      if (status == null) {
        problem(frame, name, Problem.Kind.VANISHED, "it was listed and is gone");
        continue;
      }
      switch (status.type()) {
        case DIRECTORY -> subdirectories.add(i);
        case FILE -> {
          if (status.size() > settings.maxFileBytes().orElse(Long.MAX_VALUE)) {
            continue;
          }
          CacheEntry known = cursor == null ? null : cursor.find(Name.of(name));
          if (known == null || !takeOver(frame, i, status, known)) {
            batch.known(known != null);
            batch.add(i, status);
            if (batch.full()) {
              submit(batch);
              batch = new Batch(frame);
            }
          }
        }
        case SYMLINK -> symlink(frame, i, status, directory);
        case FIFO, SOCKET, CHARACTER_DEVICE, BLOCK_DEVICE -> special(frame, i, status, directory);
        case UNKNOWN ->
            problem(frame, name, Problem.Kind.UNSUPPORTED, "a kind of file that Linux lacks");
      }
    }
    submit(batch);
    if (cursor != null) {
      cursor.release();
    }
    frame.subdirectories = subdirectories.stream().mapToInt(Integer::intValue).toArray();
    frame.pending.addAndGet(frame.subdirectories.length);
  }

  private List<byte[]> sorted(Frame frame, List<byte[]> listed) {
    List<byte[]> names = new ArrayList<>(listed);
    names.sort(Arrays::compareUnsigned);
    List<byte[]> distinct = new ArrayList<>(names.size());
    for (byte[] name : names) {
      // A directory that changes while it is listed may show a name twice.
      if (!distinct.isEmpty() && Arrays.equals(distinct.getLast(), name)) {
        continue;
      }
      try {
        Name.of(name);
        distinct.add(name);
      } catch (IllegalArgumentException e) {
        tally.problem(
            frame.path().toString(), Problem.Kind.UNSUPPORTED, String.valueOf(e.getMessage()));
      }
    }
    return distinct;
  }

  /** The name of the entry that says that the others are not wanted. */
  private byte @Nullable [] marker(List<byte[]> names, Descriptor directory) {
    for (byte[] name : names) {
      if (settings.excludeCaches() && Arrays.equals(name, CACHE_TAG)) {
        byte[] start = new byte[CACHE_SIGNATURE.length];
        try (Descriptor tag = directory.file(name, true)) {
          if (tag.status().type() == FileStatus.Type.FILE
              && tag.readFully(0, start, 0, start.length) == start.length
              && Arrays.equals(start, CACHE_SIGNATURE)) {
            return name;
          }
        } catch (PosixException _) {
          // A tag that cannot be read marks nothing; that it cannot is told when it is stored.
        }
      }
      for (Name present : settings.excludeIfPresent()) {
        if (Arrays.equals(present.toBytes(), name)) {
          return name;
        }
      }
    }
    return null;
  }

  private boolean excluded(byte[] name, boolean isDirectory) {
    if (excludes.isEmpty()) {
      return false;
    }
    path.add(name);
    boolean excluded = excludes.excludes(path, isDirectory);
    path.removeLast();
    return excluded;
  }

  /** Takes a file from the cache if it is as it was and the vault still has it. */
  private boolean takeOver(Frame frame, int slot, FileStatus status, CacheEntry known) {
    FileCache from = cache;
    if (from == null
        || !known.describes(status)
        || !from.trusts(status)
        || !sink.reuse(known.data().content())) {
      return false;
    }
    LinkGroup link = link(status);
    FileData data = known.data();
    Name name = Name.of(frame.names.get(slot));
    frame.nodes[slot] =
        new Node.File(
            name,
            FileReader.attributes(status, known.xattrs(), accounts),
            data.bytes(),
            data.content(),
            data.extents(),
            link);
    frame.sparse[slot] = data.sparse();
    frame.entries[slot] = known;
    // A hard link on another file system, mounted over a file: its group is named by a device that
    // the directory's record knows nothing of.
    if (link == null || status.device() == frame.status.device()) {
      frame.takenOver++;
    }
    if (link != null) {
      links.seen(link, status.links(), frame.pathBytes(frame.names.get(slot)));
    }
    tally.unchanged.increment();
    progress.items(1);
    return true;
  }

  private static @Nullable LinkGroup link(FileStatus status) {
    return status.links() > 1 ? new LinkGroup(status.device(), status.inode()) : null;
  }

  private void symlink(Frame frame, int slot, FileStatus status, Descriptor directory) {
    byte[] name = frame.names.get(slot);
    try {
      byte[] target = directory.readLink(name);
      frame.nodes[slot] =
          new Node.Symlink(
              Name.of(name),
              FileReader.attributes(status, Xattrs.of(directory, name), accounts),
              Bytes.of(target));
      progress.items(1);
    } catch (PosixException e) {
      problem(frame, name, FileReader.kind(e), e.getMessage());
    }
  }

  private void special(Frame frame, int slot, FileStatus status, Descriptor directory) {
    byte[] name = frame.names.get(slot);
    LinkGroup link = link(status);
    try {
      frame.nodes[slot] =
          new Node.Special(
              Name.of(name),
              FileReader.attributes(status, Xattrs.of(directory, name), accounts),
              kind(status.type()),
              status.major(),
              status.minor(),
              link);
      if (link != null) {
        links.seen(link, status.links(), frame.pathBytes(name));
      }
      progress.items(1);
    } catch (PosixException e) {
      problem(frame, name, FileReader.kind(e), e.getMessage());
    }
  }

  private static Node.Special.Kind kind(FileStatus.Type type) {
    return switch (type) {
      case FIFO -> Node.Special.Kind.FIFO;
      case SOCKET -> Node.Special.Kind.SOCKET;
      case CHARACTER_DEVICE -> Node.Special.Kind.CHARACTER_DEVICE;
      case BLOCK_DEVICE -> Node.Special.Kind.BLOCK_DEVICE;
      case FILE, DIRECTORY, SYMLINK, UNKNOWN ->
          throw new IllegalArgumentException("not special: " + type);
    };
  }

  /** Some files of one directory, read one after the other by one worker. */
  private static final class Batch {
    final Frame frame;
    final List<Integer> slots = new ArrayList<>();
    final List<FileStatus> status = new ArrayList<>();
    final List<Boolean> known = new ArrayList<>();
    private long bytes;

    Batch(Frame frame) {
      this.frame = frame;
    }

    void known(boolean inCache) {
      known.add(inCache);
    }

    void add(int slot, FileStatus of) {
      slots.add(slot);
      status.add(of);
      bytes += of.size();
    }

    boolean full() {
      return slots.size() >= BATCH_FILES || bytes >= BATCH_BYTES;
    }
  }

  private void submit(Batch batch) throws InterruptedException {
    if (batch.slots.isEmpty()) {
      return;
    }
    SharedDescriptor held = batch.frame.held;
    if (held == null) {
      throw new IllegalStateException("the walk lost " + batch.frame.path());
    }
    batch.frame.pending.addAndGet(batch.slots.size());
    held.hold();
    crew.submit(() -> {
      long start = System.nanoTime();
      long storing = reader.nanosStoring();
      try {
        for (int i = 0; i < batch.slots.size(); i++) {
          file(
              batch.frame, batch.slots.get(i), batch.status.get(i), batch.known.get(i), held.get());
        }
      } finally {
        held.release();
        long nanos = System.nanoTime() - start;
        crew.took(nanos, nanos - (reader.nanosStoring() - storing));
      }
    });
  }

  private void file(Frame frame, int slot, FileStatus status, boolean known, Descriptor directory) {
    LinkGroup link = link(status);
    if (link == null) {
      FileReader.Result result =
          reader.read(directory, frame.names.get(slot), sparseness(frame, slot));
      tally.bytesRead.add(result.bytesRead());
      store(frame, slot, null, known, result);
      return;
    }
    boolean ours =
        links.claim(link, status.links(), read -> linked(frame, slot, link, known, read));
    if (!ours) {
      return;
    }
    FileReader.Result result =
        reader.read(directory, frame.names.get(slot), sparseness(frame, slot));
    tally.bytesRead.add(result.bytesRead());
    FileStatus after = result.status();
    boolean same = after == null || after.sameFile(status);
    store(frame, slot, same ? link : null, known, result);
    // A name that failed says nothing of the others: they are read for themselves.
    links.done(link, same && result.data() != null ? result : null);
  }

  /** Another name of a file that somebody has read. */
  private void linked(
      Frame frame, int slot, LinkGroup link, boolean known, FileReader.@Nullable Result read) {
    if (read != null) {
      store(frame, slot, link, known, read);
      return;
    }
    FileReader.Result result;
    try (Descriptor directory = reopen(frame)) {
      result = reader.read(directory, frame.names.get(slot), sparseness(frame, slot));
      tally.bytesRead.add(result.bytesRead());
    } catch (PosixException e) {
      result = FileReader.Result.failed(FileReader.kind(e), e.getMessage());
    }
    FileStatus after = result.status();
    boolean same = after != null && link.equals(link(after));
    store(frame, slot, same ? link : null, known, result);
  }

  private FileReader.Sparseness sparseness(Frame frame, int slot) {
    Set<TreePath> expected = expectedSparse;
    if (expected == null) {
      return FileReader.Sparseness.DETECT;
    }
    return !expected.isEmpty()
            && expected.contains(frame.path().child(Name.of(frame.names.get(slot))))
        ? FileReader.Sparseness.EXPECTED
        : FileReader.Sparseness.IGNORE;
  }

  private void store(
      Frame frame, int slot, @Nullable LinkGroup link, boolean known, FileReader.Result result) {
    byte[] name = frame.names.get(slot);
    FileData data = result.data();
    FileStatus status = result.status();
    Attributes attributes = result.attributes();
    if (result.problem() != null) {
      problem(frame, name, result.problem(), result.detail());
    }
    if (data != null && status != null && attributes != null) {
      frame.nodes[slot] =
          new Node.File(
              Name.of(name), attributes, data.bytes(), data.content(), data.extents(), link);
      frame.sparse[slot] = data.sparse();
      if (result.problem() == null) {
        frame.entries[slot] = CacheEntry.of(Name.of(name), status, attributes.xattrs(), data);
      }
      if (link != null) {
        links.seen(link, status.links(), frame.pathBytes(name));
      }
      (known ? tally.changed : tally.fresh).increment();
      progress.items(1);
    }
    complete(frame);
  }

  /** One piece of a directory is there; stores the directories that this completes. */
  private void complete(Frame first) {
    Frame frame = first;
    while (frame.pending.decrementAndGet() == 0) {
      List<TreeHash.Entry> present = frame.present();
      for (TreeHash.Entry entry : present) {
        tally.node(entry.node());
        Bytes sparse = entry.sparse();
        if (sparse != null) {
          tally.sparse(frame.path().child(entry.node().name()), sparse);
        }
      }
      DirectoryStore.Stored stored = directories.store(frame, present);
      DirectoryRecord record = stored.record();
      Frame parent = frame.parent;
      if (parent == null) {
        rootHashes = record.hashes();
        rootContent.set(record.content());
        return;
      }
      parent.nodes[frame.slot] =
          new Node.Directory(Name.of(frame.name), frame.attributes, record.content());
      parent.hashes[frame.slot] = record.hashes();
      if (stored.unchanged()) {
        parent.unchanged.incrementAndGet();
      }
      frame = parent;
    }
  }

  private void problem(Frame frame, byte[] name, Problem.Kind kind, @Nullable String detail) {
    tally.problem(frame.path().child(Name.of(name)).toString(), kind, detail == null ? "" : detail);
  }
}
