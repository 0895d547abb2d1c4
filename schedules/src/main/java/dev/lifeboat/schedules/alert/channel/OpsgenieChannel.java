package dev.lifeboat.schedules.alert.channel;

import dev.lifeboat.schedules.alert.Channel;
import dev.lifeboat.schedules.alert.Delivery;
import dev.lifeboat.schedules.alert.Notice;
import dev.lifeboat.schedules.alert.Wording;
import dev.lifeboat.schedules.watch.Concern.Severity;
import dev.lifeboat.sources.Secret;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/** Creates, acknowledges and closes alerts by the Alert API of Opsgenie. */
public final class OpsgenieChannel implements Channel {
  /** Where Opsgenie takes alerts; in Europe {@code https://api.eu.opsgenie.com}. */
  public static final URI USUAL = URI.create("https://api.opsgenie.com");

  private static final int MOST_MESSAGE = 130;
  private static final int MOST_ALIAS = 512;
  private static final int MOST_TEXT = 15_000;

  private final ChannelSettings settings;
  private final HttpSender sender;
  private final URI service;
  private final Supplier<Secret> apiKey;

  public OpsgenieChannel(
      ChannelSettings settings, HttpSender sender, URI service, Supplier<Secret> apiKey) {
    this.settings = settings;
    this.sender = sender;
    this.service = service;
    this.apiKey = apiKey;
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
    String alias = Keys.fit(notice.alert().key(), MOST_ALIAS);
    String path =
        switch (notice.event()) {
          case RAISED, REPEATED, ESCALATED, HANDED_ON -> "/v2/alerts";
          case ACKNOWLEDGED -> onAlias(alias, "acknowledge");
          case RESOLVED -> onAlias(alias, "close");
        };
    URI address = Address.below(service, path);
    Map<String, Object> fields =
        notice.event().isFiring() ? alert(notice, alias, now) : note(notice);
    try (Secret secret = apiKey.get()) {
      Map<String, String> headers = new LinkedHashMap<>(Payload.JSON_TYPE);
      headers.put("Authorization", "GenieKey " + secret.exposeSecret());
      return switch (sender.ask(
          address, headers, Payload.json(fields), List.of(secret.exposeSecret()))) {
        case HttpSender.Answer.None(String why) -> new Delivery.Unreachable(why, Optional.empty());
        // Somebody closed it and threw it away: there is nothing to acknowledge or close.
        case HttpSender.Answer.Got got when got.status() == 404 && !notice.event().isFiring() ->
            new Delivery.Taken();
        case HttpSender.Answer.Got got -> HttpSender.delivery(address, got);
      };
    }
  }

  private static String onAlias(String alias, String action) {
    return "/v2/alerts/%s/%s?identifierType=alias"
        .formatted(URLEncoder.encode(alias, StandardCharsets.UTF_8).replace("+", "%20"), action);
  }

  private Map<String, Object> note(Notice notice) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("source", settings.from());
    fields.put("note", "[%s] %s".formatted(Wording.mark(notice), Wording.headline(notice)));
    return fields;
  }

  private Map<String, Object> alert(Notice notice, String alias, Instant now) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("message", Wording.cut(Wording.headline(notice), MOST_MESSAGE));
    fields.put("alias", alias);
    fields.put(
        "description",
        Wording.cut(
            Wording.headline(notice) + "\n" + Wording.text(notice, now, settings.details(), "\n"),
            MOST_TEXT));
    fields.put("priority", notice.alert().severity() == Severity.CRITICAL ? "P1" : "P3");
    fields.put("source", Wording.cut(settings.from(), 100));
    fields.put("entity", Wording.cut(notice.alert().subject(), 512));
    fields.put("tags", List.of("lifeboat", notice.alert().kind()));
    return fields;
  }
}
