package dev.lifeboat.sources.git;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.eclipse.jgit.lib.Constants;
import org.eclipse.jgit.lib.ObjectId;
import org.eclipse.jgit.lib.ObjectReader;
import org.eclipse.jgit.lib.Repository;
import org.eclipse.jgit.revwalk.ObjectWalk;
import org.eclipse.jgit.revwalk.RevObject;

/**
 * The LFS objects that a mirror's commits point to, gathered while new commits are checked for
 * completeness: both need every new object once.
 *
 * <p>A pointer is known by its form (version 1 of the LFS specification) whatever {@code
 * .gitattributes} says, because attributes come and go with history.
 */
final class LfsPointers {
  /** The specification's limit for a pointer file. */
  private static final int LONGEST = 1024;

  private static final int SHORTEST = 100;
  private static final Pattern POINTER =
      Pattern.compile(
          "version https://git-lfs\\.github\\.com/spec/v1\\n(?:ext-[^\\n]*\\n)*oid sha256:([0-9a-f]{64})\\nsize ([0-9]{1,18})\\n",
          Pattern.DOTALL);

  private final Path file;

  LfsPointers(Mirror mirror) {
    this.file = mirror.directory().resolve(Mirror.LFS_POINTERS);
  }

  /** Whether this mirror was ever scanned. */
  boolean exist() {
    return Files.exists(file);
  }

  /** Object id to length. */
  SortedMap<String, Long> all() throws IOException {
    SortedMap<String, Long> pointers = new TreeMap<>();
    if (Files.exists(file)) {
      for (String line : Files.readAllLines(file, StandardCharsets.UTF_8)) {
        int space = line.indexOf(' ');
        pointers.put(line.substring(0, space), Long.parseLong(line.substring(space + 1)));
      }
    }
    return pointers;
  }

  /**
   * Walks everything that is reachable from the tips and not from what is known to be complete.
   *
   * @param note whether to look for pointers; they are on disk when this returns
   * @throws org.eclipse.jgit.errors.MissingObjectException naming an object that is not there
   */
  void scan(
      Repository repository, Collection<ObjectId> tips, Collection<ObjectId> known, boolean note)
      throws IOException {
    SortedMap<String, Long> pointers = all();
    int before = pointers.size();
    try (ObjectWalk walk = new ObjectWalk(repository);
        ObjectReader reader = repository.newObjectReader()) {
      for (ObjectId tip : tips) {
        walk.markStart(walk.parseAny(tip));
      }
      for (ObjectId complete : known) {
        walk.markUninteresting(walk.parseAny(complete));
      }
      while (walk.next() != null) {
        if (Thread.currentThread().isInterrupted()) {
          throw new java.io.InterruptedIOException("scan of " + file);
        }
      }
      for (RevObject object = walk.nextObject(); object != null; object = walk.nextObject()) {
        if (object.getType() != Constants.OBJ_BLOB) {
          continue;
        }
        // Also the proof that the blob is there.
        long bytes = reader.getObjectSize(object, Constants.OBJ_BLOB);
        if (note && bytes >= SHORTEST && bytes < LONGEST) {
          parse(reader.open(object, Constants.OBJ_BLOB).getBytes())
              .ifPresent(pointer -> pointers.put(pointer.oid(), pointer.bytes()));
        }
      }
    }
    if (note && (pointers.size() != before || !exist())) {
      StringBuilder lines = new StringBuilder();
      pointers.forEach((oid, bytes) -> lines.append(oid).append(' ').append(bytes).append('\n'));
      DurableFiles.write(file, lines.toString().getBytes(StandardCharsets.UTF_8));
    }
  }

  /** What a pointer says. */
  record Pointer(String oid, long bytes) {}

  static Optional<Pointer> parse(byte[] blob) {
    Matcher matcher = POINTER.matcher(new String(blob, StandardCharsets.ISO_8859_1));
    return matcher.matches()
        ? Optional.of(new Pointer(matcher.group(1), Long.parseLong(matcher.group(2))))
        : Optional.empty();
  }
}
