/**
 * What should have happened by now and has not: derived from the configuration and the vault alone,
 * so that a scheduler that died is noticed from elsewhere.
 */
@NullMarked
package dev.lifeboat.schedules.watch;

import org.jspecify.annotations.NullMarked;
