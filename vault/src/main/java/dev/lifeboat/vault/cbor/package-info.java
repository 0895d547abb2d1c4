/**
 * CBOR (RFC 8949) as the format uses it: definite lengths, shortest integers, map keys as text in
 * the order of their encodings. Own code because reading must be strict, naming the object and the
 * byte, and because a tree of a million nodes passes through it every night.
 */
@NullMarked
package dev.lifeboat.vault.cbor;

import org.jspecify.annotations.NullMarked;
