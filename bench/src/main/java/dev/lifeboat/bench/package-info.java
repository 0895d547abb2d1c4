/** Benchmarks of the primitives. */
@NullMarked
package dev.lifeboat.bench;

import org.jspecify.annotations.NullMarked;
