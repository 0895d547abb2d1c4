/**
 * <em>Regions</em>: places that each hold a complete copy of the vault, as objects with names.
 *
 * <p>A region promises little on purpose (write once, read ranges, list, delete) so that a
 * directory, an S3 bucket and a test in memory keep the same contract. It knows nothing of what the
 * objects mean.
 */
@NullMarked
package dev.lifeboat.vault.region;

import org.jspecify.annotations.NullMarked;
