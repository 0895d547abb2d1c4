package dev.lifeboat.restore;

import dev.lifeboat.sources.directory.Excludes;
import dev.lifeboat.vault.Digest;
import dev.lifeboat.vault.VaultException;
import dev.lifeboat.vault.snapshot.SnapshotView;
import dev.lifeboat.vault.tree.Name;
import dev.lifeboat.vault.tree.TreePath;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.List;
import java.util.Optional;

/**
 * Which part of a snapshot is meant.
 *
 * <p>A path means itself and all below it. Patterns have the meaning of {@code .gitignore}, as in
 * the configuration of a directory dataset; one that is included means all below it too, and what
 * is excluded stays out however else it is meant.
 */
public final class Selection {
  /** The whole snapshot. */
  public static final Selection ALL =
      new Selection(List.of(), List.of(), List.of(), Optional.empty());

  private final List<TreePath> paths;
  private final Excludes included;
  private final Excludes excluded;
  private final Optional<Draw> draw;

  private Selection(
      List<TreePath> paths, List<String> include, List<String> exclude, Optional<Draw> draw) {
    this.paths = paths.stream().filter(path -> !path.isRoot()).toList();
    this.included = Excludes.compile(include);
    this.excluded = Excludes.compile(exclude);
    this.draw = draw;
  }

  /**
   * A selection of everything under the paths that the patterns let through.
   *
   * @param paths none, or the root, for the whole snapshot
   * @param include patterns; none to include everything
   * @param exclude patterns
   * @throws IllegalArgumentException if a pattern cannot be read; the message names it
   */
  public static Selection of(List<TreePath> paths, List<String> include, List<String> exclude) {
    boolean whole = paths.stream().anyMatch(TreePath::isRoot);
    return new Selection(whole ? List.of() : paths, include, exclude, Optional.empty());
  }

  /**
   * A random sample of all that is not a directory.
   *
   * @param share of it, between 0 and 1
   * @param seed the same one draws the same files of the same tree
   */
  public static Selection sample(double share, long seed) {
    if (!(share > 0 && share < 1)) {
      throw new IllegalArgumentException("a sample is more than nothing and less than all");
    }
    return new Selection(List.of(), List.of(), List.of(), Optional.of(new Draw(share, seed)));
  }

  private record Draw(double share, long seed) {
    boolean takes(TreePath path) {
      MessageDigest digest = Digest.sha256();
      digest.update(ByteBuffer.allocate(Long.BYTES).putLong(0, seed));
      for (byte[] name : bytes(path)) {
        digest.update(name);
        digest.update((byte) 0);
      }
      long drawn = ByteBuffer.wrap(digest.digest()).getLong() >>> 11;
      return drawn * 0x1.0p-53 < share;
    }
  }

  /** Whether the whole snapshot is meant. */
  public boolean isAll() {
    return paths.isEmpty() && included.isEmpty() && excluded.isEmpty() && draw.isEmpty();
  }

  /**
   * Makes sure that every path exists: a mistyped path must not restore nothing and succeed.
   *
   * @throws VaultException.NotFound naming the first that does not
   */
  void requirePathsIn(SnapshotView snapshot) {
    for (TreePath path : paths) {
      if (snapshot.find(path).isEmpty()) {
        throw new VaultException.NotFound(
            "snapshot %s has no %s; to see what it has: lifeboat ls %s"
                .formatted(snapshot.header().id(), path, snapshot.header().id()));
      }
    }
  }

  /** Whether the entry, or something below it if it is a directory, can be meant. */
  boolean mayHold(TreePath path, boolean directory) {
    if (excluded.excludes(bytes(path), directory)) {
      return false;
    }
    return paths.isEmpty()
        || paths.stream().anyMatch(wanted -> path.startsWith(wanted) || wanted.startsWith(path));
  }

  /** Whether the entry itself is meant; to be asked only of what {@link #mayHold}. */
  boolean selects(TreePath path, boolean directory) {
    if (draw.isPresent()) {
      return !directory && draw.get().takes(path);
    }
    if (!paths.isEmpty() && paths.stream().noneMatch(path::startsWith)) {
      return false;
    }
    if (included.isEmpty()) {
      return true;
    }
    List<byte[]> names = bytes(path);
    for (int depth = 1; depth < names.size(); depth++) {
      if (included.excludes(names.subList(0, depth), true)) {
        return true;
      }
    }
    return included.excludes(names, directory);
  }

  private static List<byte[]> bytes(TreePath path) {
    return path.names().stream().map(Name::toBytes).toList();
  }
}
