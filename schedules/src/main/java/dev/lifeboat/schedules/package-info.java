/**
 * When things happen: the night by a cron expression with its time zone, in this process, never two
 * at once.
 */
@NullMarked
package dev.lifeboat.schedules;

import org.jspecify.annotations.NullMarked;
