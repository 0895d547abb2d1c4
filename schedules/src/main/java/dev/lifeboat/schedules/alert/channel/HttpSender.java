package dev.lifeboat.schedules.alert.channel;

import dev.lifeboat.schedules.alert.Delivery;
import dev.lifeboat.schedules.alert.Wording;
import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;

/**
 * Posts to a service. Redirects are not followed: what is sent is for that address alone.
 *
 * @param timeout for the connection, and for the answer
 */
public record HttpSender(Trust trust, Duration timeout) {
  private static final int MOST_TEXT = 200;
  private static final int MOST_ANSWER = 4096;
  private static final Duration LONGEST_WAIT = Duration.ofHours(1);

  /** An answer, or why there is none. */
  sealed interface Answer {
    /**
     * What came back.
     *
     * @param text of it, the beginning
     * @param again what {@code Retry-After} said
     */
    record Got(int status, String text, Optional<Duration> again) implements Answer {}

    /** Nothing came back. */
    record None(String why) implements Answer {}
  }

  /**
   * Posts and takes 2xx for taken.
   *
   * @param secrets that do not show in what is returned
   */
  public Delivery post(URI address, Map<String, String> headers, byte[] body, List<String> secrets)
      throws InterruptedException {
    return switch (ask(address, headers, body, secrets)) {
      case Answer.None(String why) -> new Delivery.Unreachable(why, Optional.empty());
      case Answer.Got got -> delivery(address, got);
    };
  }

  /** What an answer means. */
  static Delivery delivery(URI address, Answer.Got got) {
    int status = got.status();
    String why =
        "%s answered %d%s"
            .formatted(address.getHost(), status, got.text().isEmpty() ? "" : ": " + got.text());
    if (status / 100 == 2) {
      return new Delivery.Taken();
    }
    boolean later = status / 100 == 5 || status == 408 || status == 425 || status == 429;
    return later ? new Delivery.Unreachable(why, got.again()) : new Delivery.Refused(why);
  }

  /** Posts. */
  Answer ask(URI address, Map<String, String> headers, byte[] body, List<String> secrets)
      throws InterruptedException {
    SSLParameters tls = new SSLParameters();
    tls.setProtocols(Trust.PROTOCOLS);
    // Interrupted, it does not wait for what it was doing.
    try (HttpClient client =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .followRedirects(HttpClient.Redirect.NEVER)
            .connectTimeout(timeout)
            .sslContext(trust.context())
            .sslParameters(tls)
            .build()) {
      try {
        HttpRequest.Builder request =
            HttpRequest.newBuilder(address)
                .timeout(timeout)
                .header("User-Agent", "Lifeboat")
                .POST(HttpRequest.BodyPublishers.ofByteArray(body));
        headers.forEach(request::header);
        HttpResponse<InputStream> response =
            client.send(request.build(), HttpResponse.BodyHandlers.ofInputStream());
        try (InputStream in = response.body()) {
          String text = new String(in.readNBytes(MOST_ANSWER), StandardCharsets.UTF_8);
          return new Answer.Got(response.statusCode(), show(text, secrets), wait(response));
        }
      } finally {
        client.shutdownNow();
      }
    } catch (HttpTimeoutException e) {
      return new Answer.None(
          "%s did not answer within %d s".formatted(address.getHost(), timeout.toSeconds()));
    } catch (ConnectException e) {
      return new Answer.None("%s cannot be connected to".formatted(address.getHost()));
    } catch (SSLException e) {
      return new Answer.None(
          "%s: no encrypted connection: %s".formatted(address.getHost(), show(e, secrets)));
    } catch (IOException e) {
      return new Answer.None("%s: %s".formatted(address.getHost(), show(e, secrets)));
    }
  }

  private static String show(IOException e, List<String> secrets) {
    return e.getMessage() == null ? e.getClass().getSimpleName() : show(e.getMessage(), secrets);
  }

  /** What a receiver said may hold what it was sent. */
  static String show(String text, List<String> secrets) {
    String shown = text;
    for (String secret : secrets) {
      if (!secret.isBlank()) {
        shown = shown.replace(secret, "(masked)");
      }
    }
    return Wording.cut(Wording.oneLine(shown), MOST_TEXT);
  }

  private static Optional<Duration> wait(HttpResponse<?> response) {
    return response
        .headers()
        .firstValue("Retry-After")
        .filter(text -> text.matches("[0-9]{1,9}"))
        .map(text -> Duration.ofSeconds(Long.parseLong(text)))
        .map(time -> time.compareTo(LONGEST_WAIT) > 0 ? LONGEST_WAIT : time);
  }
}
