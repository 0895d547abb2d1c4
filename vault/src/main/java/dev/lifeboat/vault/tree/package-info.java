/**
 * What a snapshot contains, as data: directories of nodes, with names as bytes and every attribute
 * that must come back.
 *
 * <p>A directory is itself content, the CBOR sequence of its nodes in order of their names, stored
 * in chunks like a file; an unchanged directory therefore costs nothing.
 */
@NullMarked
package dev.lifeboat.vault.tree;

import org.jspecify.annotations.NullMarked;
