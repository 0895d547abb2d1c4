/**
 * What is seen of a vault, its nights and its service, as numbers for Prometheus. Nothing is
 * counted here: every number is read off what the watch, reports, runs and evidence say, so that a
 * process that starts anew tells the same. {@code docs/monitoring.md} lists them; names and units
 * stay.
 */
@NullMarked
package dev.lifeboat.schedules.metrics;

import org.jspecify.annotations.NullMarked;
