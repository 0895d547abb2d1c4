package dev.lifeboat.vault.index;

import dev.lifeboat.vault.Digest;
import dev.lifeboat.vault.seal.TenantId;
import dev.lifeboat.vault.seal.VaultId;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import java.util.function.IntFunction;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The segments of one tenant: files in a directory of the local cache, and a list of those that
 * count, which is replaced as a whole under a lock. Any number of processes use it at once; whoever
 * has a segment open keeps it, also when it is no longer in the list. All of it can be lost: then
 * index objects are read again.
 *
 * <p>A crash leaves temporary files and segments that are in no list; whoever next replaces the
 * list removes them. What another process still writes is locked, and left alone.
 */
public final class SegmentStore {
  private static final String LIST = "current";
  private static final String LIST_HEAD = "lifeboat segments " + Segment.VERSION;
  private static final String LOCK = "lock";
  private static final String MERGE_LOCK = "merging";
  private static final String TEMPORARY = "new-";
  private static final Pattern NAME = Pattern.compile("[0-9a-f]{32}\\.segment");

  /** Below this many chunks a segment is merged with others whatever their sizes. */
  private static final int SMALL_CHUNKS = 1 << 14;

  /** Locks of files do not keep threads of one process apart. */
  private static final Map<Path, ReentrantLock> LOCKS = new ConcurrentHashMap<>();

  private final Path directory;
  private final VaultId vault;
  private final TenantId tenant;
  private final ReentrantLock threads;
  private final Map<String, Segment> opened = new LinkedHashMap<>();
  private final List<Segment> inMemory = new ArrayList<>();

  /**
   * @param directory made when something is written
   */
  public SegmentStore(Path directory, VaultId vault, TenantId tenant) {
    this.directory = directory;
    this.vault = vault;
    this.tenant = tenant;
    this.threads =
        LOCKS.computeIfAbsent(directory.toAbsolutePath().normalize(), _ -> new ReentrantLock());
  }

  /**
   * What counts now. A segment that is damaged is dropped: what it covered has to be read again.
   */
  public synchronized List<Segment> open(IntFunction<@Nullable SegmentKey> keys) {
    Map<String, Segment> current = new LinkedHashMap<>();
    Set<String> bad = new HashSet<>();
    for (int attempt = 0; attempt < 3; attempt++) {
      boolean vanished = false;
      current.clear();
      bad.clear();
      for (String name : list()) {
        Segment segment = opened.get(name);
        try {
          if (segment == null) {
            segment = Segment.open(directory.resolve(name), vault, tenant, keys);
          }
          if (segment == null) {
            bad.add(name);
          } else {
            current.put(name, segment);
          }
        } catch (Segment.KeyMissing e) {
          // Whoever has that generation's keys uses it.
        } catch (NoSuchFileException e) {
          // Somebody merged it just now, and there is a new list; or it is lost.
          vanished = true;
          bad.add(name);
        } catch (IOException e) {
          bad.add(name);
        }
      }
      if (!vanished) {
        break;
      }
    }
    opened.clear();
    opened.putAll(current);
    if (!bad.isEmpty()) {
      drop(bad);
    }
    List<Segment> segments = new ArrayList<>(current.values());
    segments.addAll(inMemory);
    // The large ones first: most of what is known is found there.
    segments.sort(Comparator.comparingInt((Segment segment) -> segment.chunks()).reversed());
    return segments;
  }

  /**
   * Makes a segment of packs, in memory where no file can be written.
   *
   * @return whether it is in a file and thus outlives this process
   */
  public boolean add(FreshPacks fresh, SegmentKey key) {
    try {
      Written written = write(key, fresh.objects(), fresh.packs());
      try {
        publish(written, Set.of());
      } finally {
        written.close();
      }
      return true;
    } catch (IOException e) {
      Segment segment = inMemory(fresh, key);
      synchronized (this) {
        inMemory.add(segment);
      }
      return false;
    }
  }

  /** A segment that no file and nobody else knows of. */
  public static Segment inMemory(FreshPacks fresh, SegmentKey key) {
    SegmentOutput.InMemory out = new SegmentOutput.InMemory();
    try {
      SegmentWriter.write(out, key, fresh.objects(), fresh.packs(), null);
    } catch (IOException e) {
      throw new IllegalStateException("memory cannot fail", e);
    }
    return Segment.inMemory(out.written(), key);
  }

  /** Forgets a segment that turned out damaged. Whoever has it open keeps it. */
  public void discard(Segment segment) {
    synchronized (this) {
      opened.remove(segment.name());
      inMemory.remove(segment);
    }
    if (segment.file() != null) {
      drop(Set.of(segment.name()));
    }
  }

  /**
   * Merges segments of similar size, and rewrites one that tells mostly of index objects that are
   * gone, until nothing is left to do. Each chunk is copied a dozen times at most before it is one
   * of a hundred million. Does nothing where another process is at it.
   *
   * @param segments as {@link #open} gave them
   * @param kept the index objects of a segment that are still there
   */
  public void merge(List<Segment> segments, Function<Segment, BitSet> kept, SegmentKey key) {
    List<SegmentMerge.Source> sources = new ArrayList<>();
    for (Segment segment : segments) {
      if (segment.file() != null) {
        sources.add(new SegmentMerge.Source(segment, kept.apply(segment)));
      }
    }
    List<SegmentMerge.Source> group = MergePlan.next(sources, SMALL_CHUNKS);
    if (group.isEmpty()) {
      return;
    }
    try {
      Files.createDirectories(directory);
      try (FileChannel channel = lockFile(MERGE_LOCK);
          FileLock lock = tryLock(channel)) {
        if (lock != null) {
          while (!group.isEmpty() && !Thread.currentThread().isInterrupted()) {
            Segment merged = merge(group, key);
            sources.removeAll(group);
            if (merged == null) {
              return;
            }
            sources.add(SegmentMerge.Source.whole(merged));
            group = MergePlan.next(sources, SMALL_CHUNKS);
          }
        }
      }
    } catch (SegmentMerge.Damaged e) {
      discard(e.segment());
    } catch (IOException e) {
      // The segments stay as they are, and the next session tries again.
    }
  }

  /** The merged segment; {@code null} if one of them was no longer current. */
  private @Nullable Segment merge(List<SegmentMerge.Source> group, SegmentKey key)
      throws IOException {
    SegmentMerge merge = new SegmentMerge(group);
    Set<String> sources = new HashSet<>();
    group.forEach(source -> sources.add(source.segment().name()));
    try (Written written = write(key, merge.objects(), merge.packs())) {
      if (!publish(written, sources)) {
        return null;
      }
      return Segment.open(
          directory.resolve(written.name),
          vault,
          tenant,
          generation -> generation == key.generation() ? key : null);
    }
  }

  /** A segment that was written under a temporary name and is locked until it has its own. */
  private static final class Written implements AutoCloseable {
    private final Path file;
    private final FileChannel channel;
    private String name = "";

    private Written(Path file, FileChannel channel) {
      this.file = file;
      this.channel = channel;
    }

    @Override
    public void close() throws IOException {
      channel.close();
      Files.deleteIfExists(file);
    }
  }

  private Written write(SegmentKey key, List<Digest> objects, SegmentWriter.Packs packs)
      throws IOException {
    boolean whole = false;
    Written written = temporary();
    try (Written scratch = temporary()) {
      written.name =
          SegmentWriter.write(
              new SegmentOutput.InFile(written.channel), key, objects, packs, scratch.channel);
      // Before it is mapped: a page that did not find room on the disk is an error here.
      written.channel.force(true);
      whole = true;
      return written;
    } finally {
      if (!whole) {
        written.close();
      }
    }
  }

  /** A new file, locked before anybody could take it for abandoned. */
  private Written temporary() throws IOException {
    return locked(() -> {
      Path file = Files.createTempFile(directory, TEMPORARY, null);
      FileChannel channel =
          FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE);
      Written written = new Written(file, channel);
      if (tryLock(channel) == null) {
        written.close();
        throw new IOException("a new file is locked: " + file);
      }
      return written;
    });
  }

  /**
   * Puts a segment into the list.
   *
   * @param instead segments that it replaces; if one of them is not in the list any more nothing is
   *     changed
   */
  private boolean publish(Written written, Set<String> instead) throws IOException {
    return locked(() -> {
      Set<String> names = new LinkedHashSet<>(list());
      if (!names.containsAll(instead)) {
        return false;
      }
      names.removeAll(instead);
      Files.move(
          written.file,
          directory.resolve(written.name),
          StandardCopyOption.ATOMIC_MOVE,
          StandardCopyOption.REPLACE_EXISTING);
      names.add(written.name);
      replaceList(names);
      return true;
    });
  }

  private void drop(Set<String> names) {
    try {
      locked(() -> {
        Set<String> left = new LinkedHashSet<>(list());
        if (left.removeAll(names)) {
          replaceList(left);
        }
        return true;
      });
    } catch (IOException e) {
      // They are found bad again.
    }
  }

  /** The list; empty if there is none. */
  private List<String> list() {
    try {
      List<String> lines = Files.readAllLines(directory.resolve(LIST), StandardCharsets.US_ASCII);
      return lines.isEmpty() || !lines.getFirst().equals(LIST_HEAD)
          ? List.of()
          : lines.stream().skip(1).filter(line -> NAME.matcher(line).matches()).distinct().toList();
    } catch (IOException e) {
      return List.of();
    }
  }

  /** Replaces the list, then removes what is in none. The lock is held. */
  private void replaceList(Collection<String> names) throws IOException {
    StringBuilder text = new StringBuilder(LIST_HEAD).append('\n');
    names.forEach(name -> text.append(name).append('\n'));
    Path temporary = Files.createTempFile(directory, TEMPORARY, null);
    try {
      try (FileChannel channel = FileChannel.open(temporary, StandardOpenOption.WRITE)) {
        ByteBuffer bytes = StandardCharsets.US_ASCII.encode(text.toString());
        new SegmentOutput.InFile(channel).write(0, bytes);
        channel.force(true);
      }
      Files.move(
          temporary,
          directory.resolve(LIST),
          StandardCopyOption.ATOMIC_MOVE,
          StandardCopyOption.REPLACE_EXISTING);
    } finally {
      Files.deleteIfExists(temporary);
    }
    try (DirectoryStream<Path> files = Files.newDirectoryStream(directory)) {
      for (Path file : files) {
        String name = file.getFileName().toString();
        if (NAME.matcher(name).matches() ? !names.contains(name) : isAbandoned(file, name)) {
          Files.deleteIfExists(file);
        }
      }
    } catch (DirectoryIteratorException e) {
      throw e.getCause();
    }
  }

  /** Whether a temporary file's writer is dead: it would hold a lock. */
  private static boolean isAbandoned(Path file, String name) throws IOException {
    if (!name.startsWith(TEMPORARY)) {
      return false;
    }
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE);
        FileLock lock = tryLock(channel)) {
      return lock != null;
    } catch (NoSuchFileException e) {
      return false;
    }
  }

  private interface Action<T> {
    T run() throws IOException;
  }

  private <T> T locked(Action<T> action) throws IOException {
    Files.createDirectories(directory);
    threads.lock();
    try (FileChannel channel = lockFile(LOCK);
        FileLock lock = channel.lock()) {
      if (!lock.isValid()) {
        throw new IOException("the lock of " + directory + " was lost");
      }
      return action.run();
    } finally {
      threads.unlock();
    }
  }

  private FileChannel lockFile(String name) throws IOException {
    return FileChannel.open(
        directory.resolve(name), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
  }

  private static @Nullable FileLock tryLock(FileChannel channel) throws IOException {
    try {
      return channel.tryLock();
    } catch (OverlappingFileLockException e) {
      return null; // Another thread of this process has it.
    }
  }
}
