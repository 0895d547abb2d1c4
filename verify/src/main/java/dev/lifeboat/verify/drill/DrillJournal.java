package dev.lifeboat.verify.drill;

import dev.lifeboat.vault.Directories;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The directory of one drill, {@code drills/<id>}, and what it made elsewhere. The journal in it is
 * locked as long as the drill runs, and the lock ends with the process however that ends: a journal
 * that can be locked is of a drill that is no more, and what it names can be removed. Made and
 * removed under the lock {@code drills/lock}, so that nobody takes a drill that begins for one that
 * died.
 */
final class DrillJournal implements AutoCloseable {
  static final String FILE = "journal";
  static final String BEGUN = "begun.json";
  private static final String LOCK = "lock";
  private static final String DIRECTORY = "directory ";

  /** How the directory of a drill is named that lies in somebody else's. */
  private static final String OUTSIDE = "lifeboat-drill-";

  private final Path drills;
  private final Path directory;
  private final FileChannel journal;
  private final List<Path> outside = new ArrayList<>();
  private Path places;

  private DrillJournal(Path drills, Path directory, FileChannel journal) {
    this.drills = drills;
    this.directory = directory;
    this.places = directory;
    this.journal = journal;
  }

  /**
   * Begins a drill of this id; what it says of itself until it has ended better is kept with it.
   */
  static DrillJournal begin(Path drills, String id, DrillReport begun) throws IOException {
    Directories.make(drills);
    try (Exclusive _ = exclusive(drills)) {
      Path directory = drills.resolve(id);
      Files.createDirectory(directory);
      Files.writeString(directory.resolve(BEGUN), DrillReportJson.write(begun));
      FileChannel journal =
          FileChannel.open(
              directory.resolve(FILE), StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
      if (journal.tryLock() == null) {
        throw new IOException("%s is locked".formatted(directory.resolve(FILE)));
      }
      return new DrillJournal(drills, directory, journal);
    }
  }

  /** Nobody begins, ends or sweeps meanwhile. */
  static Exclusive exclusive(Path drills) throws IOException {
    FileChannel channel =
        FileChannel.open(drills.resolve(LOCK), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    while (true) {
      try {
        return new Exclusive(channel, channel.lock());
      } catch (OverlappingFileLockException e) {
        // Another thread of this process, which is soon done.
        try {
          Thread.sleep(10);
        } catch (InterruptedException interrupted) {
          Thread.currentThread().interrupt();
          channel.close();
          throw new IOException("interrupted while waiting for " + drills.resolve(LOCK));
        }
      }
    }
  }

  /** A lock that is held. */
  record Exclusive(FileChannel channel, FileLock lock) implements AutoCloseable {
    @Override
    public void close() throws IOException {
      channel.close();
    }
  }

  /** The directory of the drill. */
  Path directory() {
    return directory;
  }

  /** A new directory for what is brought back, in that of the drill unless put elsewhere. */
  Path place(String name) throws IOException {
    return Directories.make(places.resolve(name));
  }

  /** Has what is brought back put into a directory of this drill in another one. */
  void putInto(Path scratch) throws IOException {
    Path own = scratch.toAbsolutePath().resolve(OUTSIDE + directory.getFileName());
    note(own);
    places = Directories.make(own);
  }

  /** A new directory in that of the drill. */
  Path make(String name) throws IOException {
    return Directories.make(directory.resolve(name));
  }

  /** Notes a directory that is about to be made elsewhere. */
  synchronized void note(Path path) throws IOException {
    ByteBuffer line = StandardCharsets.UTF_8.encode(DIRECTORY + path + "\n");
    while (line.hasRemaining()) {
      journal.write(line);
    }
    journal.force(true);
    outside.add(path);
  }

  /**
   * The directories that the journal of a drill names, as far as that drill makes such: whatever
   * else it says, by damage or by somebody's hand, is nothing to remove.
   */
  static List<Path> named(Path journal, String drill) throws IOException {
    if (!Files.exists(journal)) {
      return List.of();
    }
    // A line without its end was never acted upon.
    String text = Files.readString(journal);
    return text.substring(0, text.lastIndexOf('\n') + 1)
        .lines()
        .filter(line -> line.startsWith(DIRECTORY))
        .map(line -> Path.of(line.substring(DIRECTORY.length())))
        .filter(path -> path.isAbsolute() && isOf(path, OUTSIDE + drill))
        .toList();
  }

  /** A drill and its parts name what they make after it. */
  private static boolean isOf(Path path, String name) {
    Path last = path.getFileName();
    return last != null && (last + "-").startsWith(name + "-");
  }

  /** Takes over the journal of a drill that is no more; nothing if it still runs. */
  static Optional<FileChannel> takeOver(Path directory) throws IOException {
    FileChannel journal =
        FileChannel.open(
            directory.resolve(FILE), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    @Nullable FileLock lock;
    try {
      lock = journal.tryLock();
    } catch (OverlappingFileLockException e) {
      lock = null;
    }
    if (lock == null) {
      journal.close();
      return Optional.empty();
    }
    return Optional.of(journal);
  }

  /**
   * Removes everything.
   *
   * @throws IOException naming what is still there
   */
  @Override
  public void close() throws IOException {
    try (Exclusive _ = exclusive(drills)) {
      for (Path path : outside) {
        Directories.delete(path);
      }
      Directories.delete(directory);
      journal.close();
    }
    for (Path path : outside) {
      if (Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
        throw new IOException(path + " is still there");
      }
    }
  }
}
