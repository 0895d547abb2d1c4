/**
 * Cuts byte streams into content-defined <em>chunks</em> and names each by a keyed hash.
 *
 * <p>The cut points depend on the tenant's chunk-id key, so that the sizes of chunks are no
 * fingerprint of known files across tenants.
 */
@NullMarked
package dev.lifeboat.vault.chunk;

import org.jspecify.annotations.NullMarked;
