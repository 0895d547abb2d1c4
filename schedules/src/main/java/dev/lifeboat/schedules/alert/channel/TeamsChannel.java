package dev.lifeboat.schedules.alert.channel;

import dev.lifeboat.schedules.alert.Channel;
import dev.lifeboat.schedules.alert.Delivery;
import dev.lifeboat.schedules.alert.Notice;
import dev.lifeboat.schedules.alert.Wording;
import dev.lifeboat.schedules.watch.Concern.Severity;
import dev.lifeboat.sources.Secret;
import java.net.URI;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Posts an adaptive card to a workflow ("when a Teams webhook request is received") or an incoming
 * webhook of Microsoft Teams. The address is the secret.
 */
public final class TeamsChannel implements Channel {
  /** Of a whole message Teams takes 28 KB. */
  private static final int MOST_TEXT = 300;

  private final ChannelSettings settings;
  private final HttpSender sender;
  private final Supplier<Secret> address;

  public TeamsChannel(ChannelSettings settings, HttpSender sender, Supplier<Secret> address) {
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
    byte[] body = card(notices, now, settings.details());
    try (Secret secret = address.get()) {
      URI to = Address.of(secret.exposeSecret());
      List<String> secrets = Address.secrets(to);
      return switch (sender.ask(to, Payload.JSON_TYPE, body, secrets)) {
        case HttpSender.Answer.None(String why) -> new Delivery.Unreachable(why, Optional.empty());
        // An incoming webhook answers 200 also when it was not delivered, and says so.
        case HttpSender.Answer.Got got when got.status() == 200 && got.text().contains("failed") ->
            new Delivery.Unreachable(
                "%s: %s".formatted(to.getHost(), got.text()), Optional.empty());
        case HttpSender.Answer.Got got -> HttpSender.delivery(to, got);
      };
    }
  }

  private byte[] card(List<Notice> notices, Instant now, boolean details) {
    List<Object> body = new ArrayList<>();
    body.add(
        block("Lifeboat (%s): %s".formatted(settings.from(), Wording.title(notices)), "default"));
    for (Notice notice : notices) {
      body.add(
          block(
              "[%s] %s".formatted(Wording.mark(notice), Wording.headline(notice)), color(notice)));
      Map<String, Object> facts = new LinkedHashMap<>();
      facts.put("type", "FactSet");
      facts.put(
          "facts",
          Wording.facts(notice, now, details).stream()
              .limit(20)
              .map(fact -> {
                Map<String, Object> pair = new LinkedHashMap<>();
                pair.put("title", fact.name());
                pair.put("value", plain(fact.value()));
                return pair;
              })
              .toList());
      body.add(facts);
    }
    Map<String, Object> card = new LinkedHashMap<>();
    card.put("$schema", "http://adaptivecards.io/schemas/adaptive-card.json");
    card.put("type", "AdaptiveCard");
    card.put("version", "1.4");
    card.put("body", body);
    Map<String, Object> attachment = new LinkedHashMap<>();
    attachment.put("contentType", "application/vnd.microsoft.card.adaptive");
    attachment.put("contentUrl", null);
    attachment.put("content", card);
    Map<String, Object> message = new LinkedHashMap<>();
    message.put("type", "message");
    message.put("attachments", List.of(attachment));
    return Payload.json(message);
  }

  private static Map<String, Object> block(String text, String color) {
    Map<String, Object> block = new LinkedHashMap<>();
    block.put("type", "TextBlock");
    block.put("text", plain(text));
    block.put("weight", "Bolder");
    block.put("color", color);
    block.put("wrap", true);
    return block;
  }

  /** Cards read a part of Markdown: a link in a name must not become one. */
  private static String plain(String text) {
    return Wording.cut(text, MOST_TEXT).replaceAll("([\\\\`*_\\[\\]])", "\\\\$1");
  }

  private static String color(Notice notice) {
    return !notice.event().isFiring()
        ? "good"
        : notice.alert().severity() == Severity.CRITICAL ? "attention" : "warning";
  }
}
