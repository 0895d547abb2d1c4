/**
 * Measurements of single primitives and stages, one core each: benchmarks that {@code bench/jmh}
 * runs, and the stages that {@code bench/limits} adds up. Nothing of the product depends on it.
 */
@NullMarked
package dev.lifeboat.bench;

import org.jspecify.annotations.NullMarked;
