package dev.lifeboat.schedules.alert.channel;

import dev.lifeboat.schedules.alert.Channel;
import dev.lifeboat.schedules.alert.Delivery;
import dev.lifeboat.schedules.alert.Notice;
import dev.lifeboat.schedules.alert.Wording;
import dev.lifeboat.schedules.watch.Concern.Severity;
import dev.lifeboat.sources.Secret;
import java.net.URI;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/**
 * Posts to an incoming webhook of Slack, or of what understands the same, such as Mattermost: one
 * attachment for each alert. The address is the secret.
 */
public final class SlackChannel implements Channel {
  private static final int MOST_TEXT = 3000;

  private final ChannelSettings settings;
  private final HttpSender sender;
  private final Supplier<Secret> address;

  public SlackChannel(ChannelSettings settings, HttpSender sender, Supplier<Secret> address) {
    this.settings = settings;
    this.sender = sender;
    this.address = address;
  }

  @Override
  public boolean groups() {
    return true;
  }

  @Override
  public boolean keepsState() {
    return false;
  }

  @Override
  public Delivery send(List<Notice> notices, Instant now) throws InterruptedException {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put(
        "text", escape("Lifeboat (%s) %s".formatted(settings.from(), Wording.title(notices))));
    fields.put("attachments", notices.stream().map(notice -> attachment(notice, now)).toList());
    try (Secret secret = address.get()) {
      URI to = Address.of(secret.exposeSecret());
      return sender.post(to, Payload.JSON_TYPE, Payload.json(fields), Address.secrets(to));
    }
  }

  private Map<String, Object> attachment(Notice notice, Instant now) {
    String title = "[%s] %s".formatted(Wording.mark(notice), Wording.headline(notice));
    Map<String, Object> attachment = new LinkedHashMap<>();
    attachment.put("color", color(notice));
    attachment.put("fallback", escape(title));
    attachment.put("title", escape(title));
    attachment.put(
        "text",
        Wording.cut(escape(Wording.text(notice, now, settings.details(), "\n")), MOST_TEXT));
    attachment.put("ts", notice.raised().getEpochSecond());
    return attachment;
  }

  private static String color(Notice notice) {
    return !notice.event().isFiring()
        ? "good"
        : notice.alert().severity() == Severity.CRITICAL ? "danger" : "warning";
  }

  /** What would be markup, or call everybody in the room. */
  private static String escape(String text) {
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
  }
}
