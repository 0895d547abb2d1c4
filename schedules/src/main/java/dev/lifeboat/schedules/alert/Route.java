package dev.lifeboat.schedules.alert;

import dev.lifeboat.schedules.watch.Concern.Severity;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Where alerts of some sort go.
 *
 * @param severities that take it; none for all
 * @param kinds that take it; none for all
 * @param jobs that take it, as {@code drill quarterly} with {@code *} for any characters; none for
 *     all, also for what is about no job
 * @param datasets that take it, as {@code tenant/name} with {@code *} for any characters; none for
 *     all, also for what is about no dataset
 * @param channels that are told at once
 * @param escalate channels that are told, one after another, as long as nobody acknowledges
 * @param escalateAfter how long each may take
 * @param repeat after what time an alert that nobody acknowledged is told again
 * @param tellResolved whether its end is told too
 */
public record Route(
    Set<Severity> severities,
    Set<String> kinds,
    List<String> jobs,
    List<String> datasets,
    List<String> channels,
    List<String> escalate,
    Duration escalateAfter,
    Optional<Duration> repeat,
    boolean tellResolved) {
  public Route {
    severities = Set.copyOf(severities);
    kinds = Set.copyOf(kinds);
    jobs = List.copyOf(jobs);
    datasets = List.copyOf(datasets);
    channels = List.copyOf(channels);
    escalate = List.copyOf(escalate);
    if (channels.isEmpty()) {
      throw new IllegalArgumentException("channels: a route that leads nowhere tells nobody");
    }
    if (!escalateAfter.isPositive() || repeat.filter(time -> !time.isPositive()).isPresent()) {
      throw new IllegalArgumentException("repeat and escalate-after are longer than no time");
    }
  }

  /** Whether an alert goes this way. */
  boolean takes(Alert alert) {
    return (severities.isEmpty() || severities.contains(alert.severity()))
        && (kinds.isEmpty() || kinds.contains(alert.kind()))
        && (jobs.isEmpty() || alert.job().filter(job -> isNamed(jobs, job)).isPresent())
        && (datasets.isEmpty()
            || alert.standings().stream()
                .anyMatch(standing -> isNamed(datasets, standing.dataset())));
  }

  private static boolean isNamed(List<String> globs, String name) {
    return globs.stream().anyMatch(glob -> pattern(glob).matcher(name).matches());
  }

  private static Pattern pattern(String glob) {
    return Pattern.compile(
        Stream.of(glob.split("\\*", -1)).map(Pattern::quote).collect(Collectors.joining(".*")));
  }
}
