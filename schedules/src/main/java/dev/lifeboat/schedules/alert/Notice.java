package dev.lifeboat.schedules.alert;

import java.time.Instant;
import java.util.Optional;

/**
 * What a channel is given of one message.
 *
 * @param id of the message, the same each time it is sent
 * @param raised when the alert was raised
 * @param over when it was resolved, or acknowledged, if the event says so
 * @param by who acknowledged it
 */
public record Notice(
    String id,
    AlertEvent event,
    Alert alert,
    Instant raised,
    Optional<Instant> over,
    Optional<String> by) {}
