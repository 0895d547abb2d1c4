package dev.lifeboat.verify;

import dev.lifeboat.vault.region.ObjectKey;
import dev.lifeboat.vault.region.RegionName;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Where the last verification with a budget stopped in each region, and when, so that the next goes
 * on there and everything has its turn: the order of the names is the order of the least recently
 * checked.
 *
 * <p>A small file of this host; losing it means beginning again at the first object.
 */
final class Cursor {
  private final Path file;
  private final SortedMap<RegionName, Position> last = new TreeMap<>();

  /** The object that was read last, and when that was. */
  record Position(ObjectKey key, Instant time) {}

  private Cursor(Path file) {
    this.file = file;
  }

  /** Reads a cursor; a file that is missing or not one counts as a fresh start. */
  static Cursor load(Path file) {
    Cursor cursor = new Cursor(file);
    try {
      for (String line : Files.readAllLines(file)) {
        String[] parts = line.split(" ", -1);
        cursor.last.put(
            new RegionName(parts[0]),
            new Position(new ObjectKey(parts[1]), Instant.parse(parts[2])));
      }
    } catch (NoSuchFileException e) {
      return cursor;
    } catch (IOException
        | IllegalArgumentException
        | DateTimeException
        | ArrayIndexOutOfBoundsException e) {
      cursor.last.clear();
    }
    return cursor;
  }

  Optional<Position> last(RegionName region) {
    return Optional.ofNullable(last.get(region));
  }

  void advance(RegionName region, ObjectKey key, Instant now) {
    last.put(region, new Position(key, now));
  }

  /** Replaces the file. */
  void save() {
    List<String> lines =
        last.entrySet().stream()
            .map(entry ->
                "%s %s %s"
                    .formatted(entry.getKey(), entry.getValue().key(), entry.getValue().time()))
            .toList();
    try {
      Path directory = file.toAbsolutePath().getParent();
      if (directory != null) {
        Files.createDirectories(directory);
      }
      Path next = file.resolveSibling(file.getFileName() + ".next");
      Files.write(next, lines);
      Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot write " + file, e);
    }
  }
}
