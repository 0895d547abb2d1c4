package dev.lifeboat.schedules.alert.channel;

import dev.lifeboat.schedules.alert.AlertFields;
import dev.lifeboat.schedules.alert.Channel;
import dev.lifeboat.schedules.alert.Delivery;
import dev.lifeboat.schedules.alert.Notice;
import dev.lifeboat.sources.Secret;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.time.Instant;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Posts {@linkplain AlertFields the alerts as JSON} to an address of yours. With a secret it is
 * signed: {@code X-Lifeboat-Signature} is {@code v1=} and the hexadecimal HMAC-SHA-256, with the
 * secret as the key, over the value of {@code X-Lifeboat-Timestamp} (seconds since 1970), a full
 * stop, and the bytes of the body.
 */
public final class WebhookChannel implements Channel {
  private final ChannelSettings settings;
  private final HttpSender sender;
  private final URI address;
  private final Optional<Supplier<Secret>> secret;

  public WebhookChannel(
      ChannelSettings settings, HttpSender sender, URI address, Optional<Supplier<Secret>> secret) {
    this.settings = settings;
    this.sender = sender;
    this.address = address;
    this.secret = secret;
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
    byte[] body =
        Payload.json(AlertFields.message(settings.from(), notices, now, settings.details()));
    Map<String, String> headers = new LinkedHashMap<>(Payload.JSON_TYPE);
    String timestamp = Long.toString(now.getEpochSecond());
    headers.put("X-Lifeboat-Timestamp", timestamp);
    if (secret.isPresent()) {
      try (Secret key = secret.get().get()) {
        headers.put("X-Lifeboat-Signature", "v1=" + signature(key.exposeSecret(), timestamp, body));
      }
    }
    return sender.post(address, headers, body, List.of());
  }

  private static String signature(String key, String timestamp, byte[] body) {
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(key.getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
      mac.update((timestamp + ".").getBytes(StandardCharsets.US_ASCII));
      return HexFormat.of().formatHex(mac.doFinal(body));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }
}
