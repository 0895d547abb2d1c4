/**
 * The <em>index</em>: which pack, which frame, which offset holds a chunk. All of it can be rebuilt
 * from the footers of the packs.
 */
@NullMarked
package dev.lifeboat.vault.index;

import org.jspecify.annotations.NullMarked;
