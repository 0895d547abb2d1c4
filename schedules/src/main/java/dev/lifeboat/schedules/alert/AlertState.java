package dev.lifeboat.schedules.alert;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * An alert and what became of it.
 *
 * @param raised when it was raised
 * @param seen when it was last found to be there still
 * @param acknowledged when, and by whom
 * @param messages about it, the oldest first
 */
public record AlertState(
    Alert alert,
    Instant raised,
    Instant seen,
    Optional<Acknowledgement> acknowledged,
    Optional<Instant> resolved,
    List<Told> messages) {
  public AlertState {
    messages = List.copyOf(messages);
  }

  /** Somebody sees to it. */
  public record Acknowledgement(Instant at, String by) {}

  /**
   * A message.
   *
   * @param done when it was sent or given up; empty as long as it waits
   * @param outcome {@code waiting}, {@code sent}, {@code given-up}, or {@code no-channel} if its
   *     channel is not configured any more
   * @param problem why the last attempt failed
   */
  public record Told(
      String id,
      String channel,
      AlertEvent event,
      Instant created,
      Instant due,
      int attempts,
      Optional<Instant> done,
      String outcome,
      Optional<String> problem) {}
}
