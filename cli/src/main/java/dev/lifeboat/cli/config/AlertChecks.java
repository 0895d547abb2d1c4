package dev.lifeboat.cli.config;

import dev.lifeboat.cli.config.ConfigException.Problem;
import dev.lifeboat.schedules.alert.AlertRules;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/** What no section of alerts and heartbeats can see alone. */
final class AlertChecks {
  /** What is told of whoever runs it. */
  private static final Set<String> JOBS =
      Set.of("nightly", "backup", "replicate", "verify", "retention", "reclaim", "watch", "drill");

  private AlertChecks() {}

  /** Names what cannot be. */
  static void check(Configuration configuration, List<Problem> problems) {
    checkHeartbeats(configuration, problems);
    configuration.alerts().ifPresent(alerts -> checkAlerts(alerts, problems));
  }

  private static void checkHeartbeats(Configuration configuration, List<Problem> problems) {
    Set<String> jobs = new TreeSet<>(JOBS);
    jobs.addAll(configuration.schedules().keySet());
    configuration.drills().forEach(drill -> jobs.add("drill " + drill.name()));
    configuration
        .heartbeats()
        .forEach((job, heartbeat) -> {
          if (!jobs.contains(job)) {
            problems.add(
                new Problem(
                    heartbeat.at(),
                    "heartbeats." + job,
                    "is no job; there are " + String.join(", ", jobs)));
          }
        });
  }

  private static void checkAlerts(AlertsSection alerts, List<Problem> problems) {
    Set<String> names = new TreeSet<>();
    for (ChannelSection channel : alerts.channels()) {
      if (!names.add(channel.name())) {
        problems.add(
            new Problem(
                channel.at(),
                "alerts.channels",
                "'%s' is here twice; rename one".formatted(channel.name())));
      }
    }
    for (AlertsSection.RouteSection route : alerts.routes()) {
      Stream.concat(route.channels().stream(), route.escalate().stream())
          .filter(name -> !names.contains(name))
          .forEach(name ->
              problems.add(
                  new Problem(
                      route.at(),
                      "alerts.routes",
                      "'%s' is no channel; there are %s".formatted(name, names))));
    }
    try {
      AlertRules _ = alerts.rules();
    } catch (IllegalArgumentException e) {
      problems.add(new Problem(alerts.at(), "alerts", String.valueOf(e.getMessage())));
    }
  }
}
