/**
 * Evidence: what drills showed, in a form that convinces somebody who was not there. Each piece is
 * one file that people read and programs parse, signed by the host that made it and linked to the
 * piece before it; the vault keeps all of them, and a public key is enough to verify one.
 *
 * <p>It proves who said it, that nobody changed it since, and, with the others at hand, that none
 * was left out. It does not prove that the host told the truth.
 */
@NullMarked
package dev.lifeboat.verify.evidence;

import org.jspecify.annotations.NullMarked;
