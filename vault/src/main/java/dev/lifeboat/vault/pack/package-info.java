/**
 * <em>Packs</em>: immutable objects of many <em>frames</em>, each frame one or many chunks
 * compressed and encrypted together, and a footer that says what lies where.
 */
@NullMarked
package dev.lifeboat.vault.pack;

import org.jspecify.annotations.NullMarked;
