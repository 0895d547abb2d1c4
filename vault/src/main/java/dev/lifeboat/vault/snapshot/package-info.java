/**
 * <em>Snapshots</em>: one dataset at one instant, committed by a signed <em>manifest</em>.
 *
 * <p>A snapshot exists in a region when its manifest does, and is durable when as many regions as
 * the quorum asks have it. {@code docs/crash-windows.md} says what every crash leaves.
 */
@NullMarked
package dev.lifeboat.vault.snapshot;

import org.jspecify.annotations.NullMarked;
