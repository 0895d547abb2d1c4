/**
 * The vault as a whole: {@code Vault} begins, lists and opens snapshots, {@code SnapshotWriter}
 * takes what sources capture and commits it.
 *
 * <p>What is written where and in which order is {@code docs/crash-windows.md}.
 */
@NullMarked
package dev.lifeboat.vault.engine;

import org.jspecify.annotations.NullMarked;
