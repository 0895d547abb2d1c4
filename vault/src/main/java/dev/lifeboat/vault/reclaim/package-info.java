/**
 * Gives space back without ever endangering a snapshot: which snapshots to keep
 * (<em>retention</em>), removing the others on the record (<em>forgetting</em>), and removing what
 * no snapshot refers to (<em>mark</em> and, much later, <em>sweep</em>).
 *
 * <p>There is no exclusive lock. Writers hold <em>leases</em>, judged by the clock of the region
 * they lie in; {@code docs/crash-windows.md} says why no order of events removes a pack that
 * somebody needs.
 */
@NullMarked
package dev.lifeboat.vault.reclaim;

import org.jspecify.annotations.NullMarked;
