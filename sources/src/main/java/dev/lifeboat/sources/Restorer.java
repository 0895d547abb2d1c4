package dev.lifeboat.sources;

import dev.lifeboat.vault.snapshot.Expectations;
import dev.lifeboat.vault.snapshot.SnapshotSink;
import dev.lifeboat.vault.snapshot.SnapshotView;
import dev.lifeboat.vault.tree.TreePath;
import java.net.URI;
import java.util.List;

/**
 * The way back of a {@link Source}: into a server or a file, and the proof that it is all there.
 */
public interface Restorer {
  /** Name of the kind of source. */
  String kind();

  /**
   * Whether {@link #bringBack} understands this target. Directories ({@code file:}) are not its
   * business: any snapshot can be written there as files.
   */
  boolean accepts(URI target);

  /**
   * Brings a snapshot, or a part of it, back into a running target.
   *
   * <p>Everything that can be refused is refused before the target is changed.
   *
   * @param selection what to bring back, empty for all; what a path means is the kind's to say (a
   *     table, a repository)
   * @param target for example {@code postgres://admin@127.0.0.1:5433/}
   * @throws SourceException if the target refuses, with what was done until then in the message
   */
  void bringBack(
      SnapshotView snapshot, List<TreePath> selection, URI target, BringBackContext context)
      throws SourceException, InterruptedException;

  /**
   * Gathers from a target the facts that {@code expected} holds, to be compared with it.
   *
   * @param target where it was brought back to; {@code file:} for a directory
   * @param measure names content like the snapshot's own sink did, and stores nothing
   * @return the facts as found; one that could not be gathered is absent
   */
  Expectations gather(
      URI target, Expectations expected, SnapshotSink measure, BringBackContext context)
      throws SourceException, InterruptedException;
}
