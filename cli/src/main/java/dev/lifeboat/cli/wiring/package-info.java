/** Makes working objects of what the configuration says: regions, sources, keys, the vault. */
@NullMarked
package dev.lifeboat.cli.wiring;

import org.jspecify.annotations.NullMarked;
