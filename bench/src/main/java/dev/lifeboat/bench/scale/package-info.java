/**
 * How a vault's metadata scale: synthetic vaults whose listings and manifests are made up as they
 * are asked for, with the real engine working on them.
 */
@NullMarked
package dev.lifeboat.bench.scale;

import org.jspecify.annotations.NullMarked;
