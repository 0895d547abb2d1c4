package dev.lifeboat.vault.reclaim;

import java.util.List;

/** What reclamation came to in one region. */
public sealed interface Reclamation {
  /**
   * It did, or in a dry run would do, its work.
   *
   * @param sweptPacks removed for good
   * @param sweptBytes of these packs
   * @param sweptIndexes index objects removed with them
   * @param markedPacks marked now, to be removed after the grace
   * @param markedBytes of these packs
   * @param pendingPacks in marks that may not be swept yet
   * @param pendingBytes of these to which still nothing refers
   * @param spared packs in swept marks that a snapshot refers to again
   * @param foreignPacks unreferenced as far as this host knows, but of tenants whose keys it lacks
   * @param waiting why marks are not swept yet, in words
   */
  record Done(
      long sweptPacks,
      long sweptBytes,
      long sweptIndexes,
      long markedPacks,
      long markedBytes,
      long pendingPacks,
      long pendingBytes,
      long spared,
      long foreignPacks,
      List<String> waiting)
      implements Reclamation {
    public Done {
      waiting = List.copyOf(waiting);
    }
  }

  /**
   * Nothing was removed, because the region is not as it should be.
   *
   * @param reason what is wrong and how to mend it
   */
  record Refused(String reason) implements Reclamation {}

  /**
   * The region failed on the way. What was removed until then was rightly removed; the next run
   * goes on.
   */
  record Failed(String reason) implements Reclamation {}
}
