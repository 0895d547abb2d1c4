/** Directory trees: every file, name and attribute exactly as it was. */
@NullMarked
package dev.lifeboat.sources.directory;

import org.jspecify.annotations.NullMarked;
