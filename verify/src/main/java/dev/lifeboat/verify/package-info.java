/** Proves that the regions hold what the manifests say, names what they do not, and mends it. */
@NullMarked
package dev.lifeboat.verify;

import org.jspecify.annotations.NullMarked;
