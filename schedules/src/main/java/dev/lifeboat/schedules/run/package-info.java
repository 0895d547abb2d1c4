/**
 * Runs of jobs: what is kept of each, where, and who is told.
 *
 * <p>A <em>job</em> is what the configuration schedules, a <em>run</em> is one time that it was due
 * or somebody started it. A run that was interrupted and goes on is one run in several
 * <em>attempts</em>.
 */
@NullMarked
package dev.lifeboat.schedules.run;

import org.jspecify.annotations.NullMarked;
