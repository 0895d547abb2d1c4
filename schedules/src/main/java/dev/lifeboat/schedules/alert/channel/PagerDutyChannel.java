package dev.lifeboat.schedules.alert.channel;

import dev.lifeboat.schedules.alert.AlertFields;
import dev.lifeboat.schedules.alert.Channel;
import dev.lifeboat.schedules.alert.Delivery;
import dev.lifeboat.schedules.alert.Notice;
import dev.lifeboat.schedules.alert.Wording;
import dev.lifeboat.sources.Secret;
import java.net.URI;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/** Opens, acknowledges and resolves incidents by PagerDuty's Events API v2. */
public final class PagerDutyChannel implements Channel {
  /** Where PagerDuty takes events. */
  public static final URI USUAL = URI.create("https://events.pagerduty.com/v2/enqueue");

  private static final int MOST_SUMMARY = 1024;
  private static final int MOST_KEY = 255;

  private final ChannelSettings settings;
  private final HttpSender sender;
  private final URI address;
  private final Supplier<Secret> routingKey;

  public PagerDutyChannel(
      ChannelSettings settings, HttpSender sender, URI address, Supplier<Secret> routingKey) {
    this.settings = settings;
    this.sender = sender;
    this.address = address;
    this.routingKey = routingKey;
  }

  @Override
  public boolean groups() {
    return false;
  }

  @Override
  public boolean keepsState() {
    return true;
  }

  @Override
  public Delivery send(List<Notice> notices, Instant now) throws InterruptedException {
    Notice notice = notices.getFirst();
    try (Secret secret = routingKey.get()) {
      Map<String, Object> event = new LinkedHashMap<>();
      event.put("routing_key", secret.exposeSecret());
      event.put(
          "event_action",
          switch (notice.event()) {
            case RAISED, REPEATED, ESCALATED, HANDED_ON -> "trigger";
            case ACKNOWLEDGED -> "acknowledge";
            case RESOLVED -> "resolve";
          });
      event.put("dedup_key", Keys.fit(notice.alert().key(), MOST_KEY));
      if (notice.event().isFiring()) {
        event.put("client", "Lifeboat");
        event.put("payload", payload(notice, now));
      }
      return sender.post(
          address, Payload.JSON_TYPE, Payload.json(event), List.of(secret.exposeSecret()));
    }
  }

  private Map<String, Object> payload(Notice notice, Instant now) {
    Map<String, Object> payload = new LinkedHashMap<>();
    payload.put("summary", Wording.cut(Wording.headline(notice), MOST_SUMMARY));
    payload.put("source", settings.from());
    payload.put("severity", notice.alert().severity().text());
    payload.put("timestamp", notice.raised().toString());
    payload.put("component", notice.alert().subject());
    payload.put("class", notice.alert().kind());
    Map<String, Object> details = new LinkedHashMap<>();
    details.put("event", notice.event().text());
    details.putAll(AlertFields.alert(notice.alert(), now, settings.details()));
    payload.put("custom_details", details);
    return payload;
  }
}
