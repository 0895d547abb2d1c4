/**
 * What can be backed up: one package per kind of data, each with how it is captured, how it comes
 * back and how it is checked.
 *
 * <p>A kind of data is a {@link dev.lifeboat.sources.Source} and a {@link
 * dev.lifeboat.sources.Restorer} with the same name of kind. Both speak to the vault only through a
 * sink and a view.
 */
@NullMarked
package dev.lifeboat.sources;

import org.jspecify.annotations.NullMarked;
