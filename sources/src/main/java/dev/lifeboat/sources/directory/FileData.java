package dev.lifeboat.sources.directory;

import dev.lifeboat.vault.tree.Bytes;
import dev.lifeboat.vault.tree.Content;
import dev.lifeboat.vault.tree.Extent;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What was read from a file.
 *
 * @param bytes its length, holes included
 * @param extents {@code null} if it has no holes
 * @param sparse the {@link SparseDigest}, for a file with holes
 */
record FileData(
    long bytes, Content content, @Nullable List<Extent> extents, @Nullable Bytes sparse) {}
