/**
 * The database that several hosts share, where the configuration names one: its schema, and which
 * processes are there.
 *
 * <p>A <em>member</em> is a process that works with it and is alive as far as the others can tell.
 * What a member holds, a lock or a turn, it loses with its membership, and no other way but giving
 * it back.
 */
@NullMarked
package dev.lifeboat.schedules.store;

import org.jspecify.annotations.NullMarked;
