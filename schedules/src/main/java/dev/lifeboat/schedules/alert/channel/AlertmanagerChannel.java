package dev.lifeboat.schedules.alert.channel;

import dev.lifeboat.schedules.alert.AlertEvent;
import dev.lifeboat.schedules.alert.Channel;
import dev.lifeboat.schedules.alert.Delivery;
import dev.lifeboat.schedules.alert.Notice;
import dev.lifeboat.schedules.alert.Standing;
import dev.lifeboat.schedules.alert.Wording;
import dev.lifeboat.schedules.watch.Concern.Severity;
import dev.lifeboat.sources.Secret;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Posts to Prometheus' Alertmanager, by its API v2. It forgets what nobody tells again, so each
 * alert says that it lasts for 30 days unless it is resolved.
 */
public final class AlertmanagerChannel implements Channel {
  private static final Duration LASTS = Duration.ofDays(30);

  private final ChannelSettings settings;
  private final HttpSender sender;
  private final URI service;
  private final Optional<Supplier<Secret>> token;

  public AlertmanagerChannel(
      ChannelSettings settings, HttpSender sender, URI service, Optional<Supplier<Secret>> token) {
    this.settings = settings;
    this.sender = sender;
    this.service = service;
    this.token = token;
  }

  @Override
  public boolean groups() {
    return true;
  }

  @Override
  public boolean keepsState() {
    return true;
  }

  @Override
  public Delivery send(List<Notice> notices, Instant now) throws InterruptedException {
    List<Object> alerts = new ArrayList<>();
    for (Notice notice : notices) {
      boolean over = notice.event() == AlertEvent.RESOLVED;
      Severity severity = notice.alert().severity();
      alerts.add(alert(notice, severity, over, now));
      if (severity == Severity.CRITICAL && (over || notice.event() == AlertEvent.RAISED)) {
        // Its labels are its name: as a warning, which it may have been before, it is another.
        alerts.add(alert(notice, Severity.WARNING, true, now));
      }
    }
    URI address = Address.below(service, "/api/v2/alerts");
    if (token.isEmpty()) {
      return sender.post(address, Payload.JSON_TYPE, Payload.json(alerts), List.of());
    }
    try (Secret secret = token.get().get()) {
      Map<String, String> headers = new LinkedHashMap<>(Payload.JSON_TYPE);
      headers.put("Authorization", "Bearer " + secret.exposeSecret());
      return sender.post(address, headers, Payload.json(alerts), List.of(secret.exposeSecret()));
    }
  }

  private Map<String, Object> alert(Notice notice, Severity severity, boolean over, Instant now) {
    Map<String, Object> labels = new LinkedHashMap<>();
    labels.put("alertname", "Lifeboat");
    labels.put("key", notice.alert().key());
    labels.put("kind", notice.alert().kind());
    labels.put("severity", severity.text());
    labels.put("subject", notice.alert().subject());
    if (notice.alert().standings().stream()
        .map(Standing::dataset)
        .anyMatch(notice.alert().subject()::equals)) {
      labels.put("dataset", notice.alert().subject());
    }
    labels.put("instance", settings.from());
    Map<String, Object> annotations = new LinkedHashMap<>();
    annotations.put("summary", Wording.headline(notice));
    annotations.put("description", Wording.text(notice, now, settings.details(), "\n"));
    notice.alert().remedy().ifPresent(command -> annotations.put("run", command));
    Map<String, Object> alert = new LinkedHashMap<>();
    alert.put("labels", labels);
    alert.put("annotations", annotations);
    alert.put("startsAt", notice.raised().toString());
    alert.put("endsAt", (over ? notice.over().orElse(now) : now.plus(LASTS)).toString());
    return alert;
  }
}
