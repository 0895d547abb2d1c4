/**
 * Plans, fetches and writes what comes back. Works with no scheduler, database or Spring in sight.
 */
@NullMarked
package dev.lifeboat.restore;

import org.jspecify.annotations.NullMarked;
