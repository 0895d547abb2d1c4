/**
 * The file system as Linux has it, through the foreign-function API: names as bytes, descriptors,
 * extended attributes, holes, everything {@code java.nio.file} cannot express.
 */
@NullMarked
package dev.lifeboat.sources.posix;

import org.jspecify.annotations.NullMarked;
