/** The {@code lifeboat} command: arguments, wiring, exit codes. */
@NullMarked
package dev.lifeboat.cli;

import org.jspecify.annotations.NullMarked;
