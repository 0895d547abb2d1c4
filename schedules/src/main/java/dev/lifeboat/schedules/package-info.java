/**
 * When things happen: jobs by cron expressions with their time zones, one at a time, and none
 * forgotten while nothing ran.
 */
@NullMarked
package dev.lifeboat.schedules;

import org.jspecify.annotations.NullMarked;
