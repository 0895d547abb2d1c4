package dev.lifeboat.schedules.alert.channel;

import dev.lifeboat.schedules.alert.Alert;
import dev.lifeboat.schedules.alert.AlertEvent;
import dev.lifeboat.schedules.alert.Notice;
import dev.lifeboat.schedules.alert.Standing;
import dev.lifeboat.schedules.watch.Concern.Severity;
import dev.lifeboat.sources.Secret;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/** Alerts to send. */
final class Samples {
  static final Instant NOW = Instant.parse("2026-11-22T06:30:00Z");
  static final Instant RAISED = Instant.parse("2026-11-22T04:00:00Z");
  static final String FILE = "/srv/customers/Ann Miller/contract.pdf";
  static final ChannelSettings SETTINGS = new ChannelSettings("acme production", false);
  static final ChannelSettings DETAILED = new ChannelSettings("acme production", true);
  static final String SECRET = "s3cr3t-t0k3n-of-the-channel";

  private Samples() {}

  static Alert late() {
    return new Alert(
        "snapshot-late:acme/crm",
        "snapshot-late",
        Severity.CRITICAL,
        "acme/crm",
        Optional.of(Instant.parse("2026-11-22T03:30:00Z")),
        "its newest complete snapshot is 1 d 5 h old, with an RPO of 1 d 2 h",
        "what was written since 2026-11-21T01:30:00Z",
        List.of(
            new Standing(
                "acme/crm",
                Optional.of(Instant.parse("2026-11-21T01:30:00Z")),
                Optional.of(Duration.ofHours(26)))),
        Optional.of("lifeboat backup acme/crm"),
        List.of("cannot read " + FILE));
  }

  static Alert drill() {
    return new Alert(
        "drill-late:acme/<b>&files",
        "drill-late",
        Severity.WARNING,
        "acme/<b>&files",
        Optional.empty(),
        "no drill of it ever passed",
        "nobody knows whether it comes back",
        List.of(),
        Optional.of("lifeboat drill --dataset acme/files"),
        List.of());
  }

  static Notice notice(Alert alert, AlertEvent event) {
    boolean over = !event.isFiring();
    return new Notice(
        "1795320000000-7",
        event,
        alert,
        RAISED,
        over ? Optional.of(NOW.minusSeconds(60)) : Optional.empty(),
        event == AlertEvent.ACKNOWLEDGED ? Optional.of("Ann") : Optional.empty());
  }

  static Notice raised() {
    return notice(late(), AlertEvent.RAISED);
  }

  static Supplier<Secret> secret(String text) {
    return () -> new Secret(text.toCharArray());
  }
}
