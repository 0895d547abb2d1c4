/**
 * The commands, one class each.
 *
 * <p>A command has a constructor with an {@link dev.lifeboat.cli.Invocation}, extends {@link
 * dev.lifeboat.cli.command.Command}, and returns its exit code; what it cannot do it throws. It is
 * listed in {@link dev.lifeboat.cli.LifeboatCommand}. It parses and prints; the work is done
 * elsewhere.
 */
@NullMarked
package dev.lifeboat.cli.command;

import org.jspecify.annotations.NullMarked;
