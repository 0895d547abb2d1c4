/**
 * Tells a service outside that a job begins, went well or failed, so that it notices when nothing
 * comes any more: what runs here cannot tell of its own absence.
 */
@NullMarked
package dev.lifeboat.schedules.heartbeat;

import org.jspecify.annotations.NullMarked;
