/**
 * Drills: a snapshot restored for real into a fenced place, tried out, compared with what was
 * sealed at backup time, timed, and taken down again.
 *
 * <p>A <em>scenario</em> says what is supposed to be lost, and with it which copy is drilled. A
 * <em>fence</em> is the place: a scratch directory, a server of the drill's own. A <em>check</em>
 * is one comparison; a drill without any is NOT RUN. A <em>self-test</em> seeds faults into copies
 * and demands that the drill fails over each.
 *
 * <p>A drill promises nothing about what it did not look at: its report lists that.
 */
@NullMarked
package dev.lifeboat.verify.drill;

import org.jspecify.annotations.NullMarked;
