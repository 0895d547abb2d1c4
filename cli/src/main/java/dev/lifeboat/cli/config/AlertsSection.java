package dev.lifeboat.cli.config;

import dev.lifeboat.schedules.alert.AlertRules;
import dev.lifeboat.schedules.alert.QuietHours;
import dev.lifeboat.schedules.alert.Route;
import dev.lifeboat.schedules.watch.Concern.Severity;
import java.time.Duration;
import java.time.LocalTime;
import java.time.ZoneId;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Who is told when something is wrong. */
public record AlertsSection(
    Place at,
    @Doc(
            value = "How this installation calls itself in alerts; what tells two of them apart.",
            fallback = "lifeboat")
        String name,
    @Doc(value = "The ways to people.", notEmpty = true) List<ChannelSection> channels,
    @Doc(
            "Which alerts go where: the first route that takes an alert counts; one that no route takes goes to all channels.")
        List<RouteSection> routes,
    @Doc(
            value = "After what time an alert that nobody has acknowledged is told again.",
            fallback = "24h")
        Duration repeat,
    @Doc("Hours in which warnings wait; what is critical never does.") Optional<Quiet> quiet,
    @Doc(
            value = "How long a channel may take no message until another channel is told instead.",
            fallback = "30m")
        Duration undeliverableAfter,
    @Doc(
            value =
                "How long a message is tried, and how long alerts that are over are remembered.",
            fallback = "30d")
        Duration keepFor,
    @Doc(
            value =
                "How long a command may take at its end to send what it raised; what is not sent by then waits for the next command or the service.",
            fallback = "30s")
        Duration sendWithin) {
  public AlertsSection {
    channels = List.copyOf(channels);
    routes = List.copyOf(routes);
    if (name.isBlank() || name.length() > 100) {
      throw new IllegalArgumentException("name: has 1 to 100 characters");
    }
    if (sendWithin.isNegative()) {
      throw new IllegalArgumentException("send-within: is not negative");
    }
  }

  /** Where alerts of some sort go. */
  public record RouteSection(
      Place at,
      @Doc("Severities that it takes; all when absent.") List<Severity> severities,
      @Doc(
              "Kinds that it takes, as lifeboat watch prints them, job-failed, job-partial and heartbeat-silent; all when absent.")
          List<String> kinds,
      @Doc(
              "Jobs that it takes, for example \"drill quarterly\", with * for any characters; when absent all, and what is about no job.")
          List<String> jobs,
      @Doc(
              "Datasets that it takes, as tenant/name with * for any characters; when absent all, and what is about no dataset.")
          List<String> datasets,
      @Doc(value = "Channels that are told at once.", notEmpty = true) List<String> channels,
      @Doc("Channels that are told, one after another, as long as nobody acknowledges.")
          List<String> escalate,
      @Doc(value = "How long nobody may acknowledge until the next is told.", fallback = "30m")
          Duration escalateAfter,
      @Doc("Instead of alerts.repeat.") Optional<Duration> repeat,
      @Doc(value = "Whether it is told when it is mended.", fallback = "true") boolean resolved) {
    public RouteSection {
      severities = List.copyOf(severities);
      kinds = List.copyOf(kinds);
      jobs = List.copyOf(jobs);
      datasets = List.copyOf(datasets);
      channels = List.copyOf(channels);
      escalate = List.copyOf(escalate);
      for (String kind : kinds) {
        if (!AlertRules.KINDS.contains(kind)) {
          throw new IllegalArgumentException(
              "kinds: '%s' is none; there are %s"
                  .formatted(kind, String.join(", ", AlertRules.KINDS)));
        }
      }
    }

    Route route() {
      return new Route(
          Set.copyOf(severities),
          Set.copyOf(kinds),
          jobs,
          datasets,
          channels,
          escalate,
          escalateAfter,
          repeat,
          resolved);
    }
  }

  /** Hours of the night, or of the day. */
  public record Quiet(
      Place at,
      @Doc("When they begin, for example \"22:00\".") LocalTime from,
      @Doc("When they are over.") LocalTime to,
      @Doc(value = "Time zone of both.", fallback = "UTC") ZoneId zone) {
    public Quiet {
      QuietHours _ = new QuietHours(from, to, zone);
    }
  }

  /**
   * The same, for who follows it.
   *
   * @throws IllegalArgumentException if the times do not go together
   */
  public AlertRules rules() {
    return new AlertRules(
        channels.stream().map(ChannelSection::name).toList(),
        routes.stream().map(RouteSection::route).toList(),
        repeat,
        quiet.map(hours -> new QuietHours(hours.from(), hours.to(), hours.zone())),
        undeliverableAfter,
        keepFor);
  }
}
