/** H2 databases, consistent while they are in use. */
@NullMarked
package dev.lifeboat.sources.h2;

import org.jspecify.annotations.NullMarked;
