package dev.lifeboat.vault.snapshot;

import dev.lifeboat.vault.VaultException;
import dev.lifeboat.vault.tree.Attributes;
import dev.lifeboat.vault.tree.Content;
import dev.lifeboat.vault.tree.Node;
import dev.lifeboat.vault.tree.TreePath;
import java.io.InputStream;
import java.util.List;
import java.util.Optional;

/**
 * A committed snapshot, opened with the tenant's private key. Safe for use by many threads.
 *
 * <p>Every byte it gives was authenticated and compared with its chunk id; what cannot be had from
 * any region is {@link VaultException.Damaged}, never zeros and never less.
 */
public interface SnapshotView extends AutoCloseable {
  SnapshotHeader header();

  Attributes rootAttributes();

  /** Content of the root directory. */
  Content root();

  Expectations expectations();

  /** What was wrong at capture; empty for a complete snapshot. */
  List<Problem> problems();

  /** The nodes of a directory's content, in order of their names. */
  List<Node> list(Content directory);

  /** The node at a path; nothing for the root, which has no name, and for what is not there. */
  Optional<Node> find(TreePath path);

  /** The bytes of some content. Its {@code read} throws {@link VaultException} on damage. */
  InputStream open(Content content);

  /** Chunks by id, for those who plan their reads. */
  ChunkReader chunks();

  @Override
  void close();
}
