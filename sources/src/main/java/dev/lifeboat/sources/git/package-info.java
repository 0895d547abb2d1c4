/** Git repositories, kept as incremental mirrors whose history no force-push can take away. */
@NullMarked
package dev.lifeboat.sources.git;

import org.jspecify.annotations.NullMarked;
