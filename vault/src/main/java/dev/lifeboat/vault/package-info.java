/**
 * The engine: it cuts, seals, packs, indexes and commits what sources capture, keeps it in several
 * regions, and gives it back.
 *
 * <p>A <em>vault</em> is all regions plus keys. {@code docs/format.md} specifies every byte that
 * this module writes; the two change in the same commit.
 *
 * <p>Nothing here knows Spring, a scheduler or a database: a restore must work when those are the
 * disaster.
 */
@NullMarked
package dev.lifeboat.vault;

import org.jspecify.annotations.NullMarked;
