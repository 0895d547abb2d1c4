package dev.lifeboat.schedules.alert;

import dev.lifeboat.schedules.watch.Concern;
import dev.lifeboat.schedules.watch.Concern.Severity;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Who is told what, and when.
 *
 * @param channels all there are, by name, in the order of the configuration
 * @param routes the first that takes an alert counts; what none takes goes to all channels
 * @param repeat of routes that do not say
 * @param undeliverableAfter how long a message waits for a channel until another gets it too
 * @param keepFor how long it is tried; and how long what is over is remembered
 */
public record AlertRules(
    List<String> channels,
    List<Route> routes,
    Duration repeat,
    Optional<QuietHours> quiet,
    Duration undeliverableAfter,
    Duration keepFor) {
  /** Of a job that failed. */
  public static final String JOB_FAILED = "job-failed";

  /** Of a job that did not get everything. */
  public static final String JOB_PARTIAL = "job-partial";

  /** Of an outside service that does not hear of a job. */
  public static final String HEARTBEAT_SILENT = "heartbeat-silent";

  /** All kinds of alerts: those of the watch, and what it does not see. */
  public static final List<String> KINDS =
      Stream.concat(
              Arrays.stream(Concern.Kind.values()).map(Concern.Kind::text),
              Stream.of(JOB_FAILED, JOB_PARTIAL, HEARTBEAT_SILENT))
          .toList();

  private static final Duration NEVER = Duration.ofDays(36_500);

  public AlertRules {
    channels = List.copyOf(channels);
    routes = List.copyOf(routes);
    if (channels.isEmpty()) {
      throw new IllegalArgumentException("channels: there is none, so nobody would be told");
    }
    if (!repeat.isPositive() || !undeliverableAfter.isPositive() || !keepFor.isPositive()) {
      throw new IllegalArgumentException(
          "repeat, undeliverable-after and keep-for are longer than no time");
    }
    if (undeliverableAfter.compareTo(keepFor) >= 0) {
      throw new IllegalArgumentException(
          "undeliverable-after: is not shorter than keep-for, so no other channel would be told");
    }
  }

  /** The way of an alert. */
  Route route(Alert alert) {
    return routes.stream()
        .filter(route -> route.takes(alert))
        .findFirst()
        .orElseGet(() ->
            new Route(
                Set.of(),
                Set.of(),
                List.of(),
                List.of(),
                channels,
                List.of(),
                NEVER,
                Optional.empty(),
                true));
  }

  Duration repeat(Route route) {
    return route.repeat().orElse(repeat);
  }

  /** When a message of such severity may be sent: warnings wait for the end of the quiet hours. */
  Instant notBefore(Severity severity, Instant now) {
    return switch (severity) {
      case CRITICAL -> now;
      case WARNING -> quiet.map(hours -> hours.end(now)).orElse(now);
    };
  }

  /**
   * Who is told what another channel does not take.
   *
   * @param told channels that have it already, or try to
   */
  Optional<String> next(Route route, Set<String> told) {
    return Stream.of(route.escalate(), route.channels(), channels)
        .flatMap(List::stream)
        .filter(channels::contains)
        .filter(channel -> !told.contains(channel))
        .findFirst();
  }
}
