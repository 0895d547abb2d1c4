package dev.lifeboat.vault.snapshot;

import dev.lifeboat.vault.VaultException;
import dev.lifeboat.vault.tree.Content;
import dev.lifeboat.vault.tree.Node;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;

/**
 * Where a source puts what it captures. Safe for use by many threads.
 *
 * <p>What is stored may lie in no region yet when a method returns; committing the snapshot makes
 * it durable, abandoning it leaves at most unreferenced packs. Failures of the vault are {@link
 * VaultException}, never {@link IOException}: the source lets them pass.
 */
public interface SnapshotSink {
  /**
   * Stores everything the stream yields until its end. Memory used does not depend on its length.
   *
   * @param in read to the end, not closed
   * @throws IOException whatever the stream threw; what was read until then counts as not stored
   */
  Content store(InputStream in) throws IOException;

  /**
   * Takes content of an earlier snapshot into this one without reading it again.
   *
   * @return {@code false} if any chunk of it is not present in the regions any more: then it has to
   *     be stored anew, and nothing was taken
   */
  boolean reuse(Content content);

  /**
   * Stores a directory.
   *
   * @param nodes in any order
   * @throws IllegalArgumentException if two have the same name
   */
  Content storeDirectory(List<Node> nodes);
}
