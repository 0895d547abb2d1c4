/**
 * Places in which a snapshot is tried out: made for the purpose, fenced off from everything else,
 * and gone without a trace afterwards.
 *
 * <p>Programs that are started inside know nothing of the environment of whoever started them, and
 * where the system lets us, have no network at all. They are not kept from reading files that their
 * user may read.
 */
@NullMarked
package dev.lifeboat.sources.fence;

import org.jspecify.annotations.NullMarked;
