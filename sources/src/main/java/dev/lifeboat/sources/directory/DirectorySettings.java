package dev.lifeboat.sources.directory;

import dev.lifeboat.sources.posix.RawPath;
import dev.lifeboat.vault.tree.Name;
import java.util.List;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * Which directory is captured, what of it, and how.
 *
 * @param root the directory; a symbolic link is followed here, and nowhere below
 * @param exclude patterns as in {@code .gitignore}, relative to the root: see {@link Excludes}
 * @param excludeFrom files of such patterns, one a line, read before the walk begins
 * @param excludeIfPresent a directory that holds an entry with one of these names is stored with
 *     that entry alone
 * @param excludeCaches whether directories with a valid {@code CACHEDIR.TAG} are stored with that
 *     tag alone
 * @param oneFileSystem whether directories on other file systems than the root are stored empty
 * @param maxFileBytes files longer than this are left out
 * @param accessTimes whether reading may change the access times of what is read
 * @param workers how many threads read files, at least 1; if empty, as many as there are
 *     processors, and more while they mostly wait for the file system
 */
public record DirectorySettings(
    RawPath root,
    List<String> exclude,
    List<RawPath> excludeFrom,
    List<Name> excludeIfPresent,
    boolean excludeCaches,
    boolean oneFileSystem,
    OptionalLong maxFileBytes,
    AccessTimes accessTimes,
    OptionalInt workers) {
  /** What happens to the access time of a file that is read. */
  public enum AccessTimes {
    /** Left as it is where the kernel permits, which is on own files and for root. */
    KEEP,
    /** Whatever the mount options say. */
    UPDATE
  }

  public DirectorySettings {
    exclude = List.copyOf(exclude);
    excludeFrom = List.copyOf(excludeFrom);
    excludeIfPresent = List.copyOf(excludeIfPresent);
    if (workers.isPresent() && workers.getAsInt() < 1) {
      throw new IllegalArgumentException(
          "a capture needs at least one worker, not " + workers.getAsInt());
    }
    if (maxFileBytes.isPresent() && maxFileBytes.getAsLong() < 0) {
      throw new IllegalArgumentException("no file is shorter than " + maxFileBytes.getAsLong());
    }
    // Refuses a pattern that cannot be read now, not at night.
    Excludes.compile(exclude);
  }

  /** All of a directory. */
  public static DirectorySettings of(RawPath root) {
    return new DirectorySettings(
        root,
        List.of(),
        List.of(),
        List.of(),
        false,
        false,
        OptionalLong.empty(),
        AccessTimes.KEEP,
        OptionalInt.empty());
  }

  /** The same with these patterns instead. */
  public DirectorySettings withExclude(List<String> patterns) {
    return new DirectorySettings(
        root,
        patterns,
        excludeFrom,
        excludeIfPresent,
        excludeCaches,
        oneFileSystem,
        maxFileBytes,
        accessTimes,
        workers);
  }
}
