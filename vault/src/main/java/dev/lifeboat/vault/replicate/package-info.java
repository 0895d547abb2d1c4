/**
 * Brings every region to a complete copy of the vault, in the order in which a writer commits, so
 * that at no moment a region shows a snapshot that it does not hold.
 */
@NullMarked
package dev.lifeboat.vault.replicate;

import org.jspecify.annotations.NullMarked;
