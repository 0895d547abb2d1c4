package dev.lifeboat.verify;

import java.util.List;
import java.util.NavigableSet;
import java.util.TreeSet;

/**
 * The snapshots that some damage hurts, each as {@code dataset/id}.
 *
 * @param everything whether all snapshots of the vault, or of a tenant, are meant
 */
public record Hurt(boolean everything, List<String> snapshots) {
  /** Nothing that can be restored is hurt. */
  public static final Hurt NONE = new Hurt(false, List.of());

  /** The vault or a tenant as a whole is hurt. */
  public static final Hurt EVERYTHING = new Hurt(true, List.of());

  public Hurt {
    snapshots = List.copyOf(snapshots);
  }

  static Hurt of(Iterable<String> snapshots) {
    NavigableSet<String> sorted = new TreeSet<>();
    snapshots.forEach(sorted::add);
    return new Hurt(false, List.copyOf(sorted));
  }
}
