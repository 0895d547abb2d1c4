package dev.lifeboat.sources.git;

import dev.lifeboat.sources.Progress;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Downloads by the batch API of Git LFS (docs/api/batch.md of git-lfs), with the basic transfer.
 *
 * <p>The endpoint is the one that the URL implies, {@code <url>.git/info/lfs}. The password goes to
 * the origin's own scheme, host and port only; download links get the headers that came with them.
 */
final class LfsClient implements AutoCloseable {
  private static final String MEDIA_TYPE = "application/vnd.git-lfs+json";
  private static final int BATCH = 100;
  private static final int MOST_REDIRECTS = 5;
  private static final JsonMapper JSON = JsonMapper.builder().build();

  /** Headers that the client sets itself and refuses to be given. */
  private static final Set<String> RESTRICTED =
      Set.of("connection", "content-length", "expect", "host", "upgrade", "transfer-encoding");

  private final Connections connections;
  private final GitUrl origin;
  private final Progress progress;
  private final HttpClient http;

  LfsClient(Connections connections, GitUrl origin, Progress progress) {
    this.connections = connections;
    this.origin = origin;
    this.progress = progress;
    this.http =
        HttpClient.newBuilder()
            .connectTimeout(min(connections.timeout(), Duration.ofMinutes(1)))
            // Followed here, so that a password never goes along to another host.
            .followRedirects(HttpClient.Redirect.NEVER)
            .version(HttpClient.Version.HTTP_1_1)
            .build();
  }

  private static Duration min(Duration a, Duration b) {
    return a.compareTo(b) < 0 ? a : b;
  }

  @Override
  public void close() {
    http.shutdownNow();
    http.close();
  }

  /**
   * Downloads what can be had.
   *
   * @return object id to the reason, for those that could not
   */
  SortedMap<String, String> download(SortedMap<String, Long> objects, LfsStore store)
      throws InterruptedException {
    SortedMap<String, String> failures = new TreeMap<>();
    for (List<Map.Entry<String, Long>> piece :
        LfsFetch.pieces(List.copyOf(objects.entrySet()), BATCH)) {
      SortedMap<String, Long> batch = new TreeMap<>();
      piece.forEach(entry -> batch.put(entry.getKey(), entry.getValue()));
      try {
        batch(batch, store, failures);
      } catch (IOException | JacksonException e) {
        failures.putAll(LfsFetch.all(batch, "batch request failed: " + message(e)));
      }
    }
    return failures;
  }

  private String message(Exception e) {
    return connections.harmless(String.valueOf(e.getMessage() == null ? e : e.getMessage()));
  }

  private URI endpoint() {
    String url = origin.text().replaceFirst("/+$", "");
    return URI.create((url.endsWith(".git") ? url : url + ".git") + "/info/lfs/objects/batch");
  }

  private void batch(
      SortedMap<String, Long> batch, LfsStore store, SortedMap<String, String> failures)
      throws IOException, InterruptedException {
    ObjectNode question = JSON.createObjectNode();
    question.put("operation", "download");
    question.putArray("transfers").add("basic");
    question.put("hash_algo", "sha256");
    ArrayNode wanted = question.putArray("objects");
    batch.forEach((oid, bytes) -> wanted.addObject().put("oid", oid).put("size", bytes));
    HttpResponse<InputStream> response =
        send(
            endpoint(),
            Map.of("Accept", MEDIA_TYPE, "Content-Type", MEDIA_TYPE),
            JSON.writeValueAsBytes(question));
    JsonNode answer;
    try (InputStream body = response.body()) {
      if (response.statusCode() != 200) {
        throw new IOException("%s answers %d".formatted(endpoint(), response.statusCode()));
      }
      answer = JSON.readTree(body);
    }
    SortedMap<String, Long> unanswered = new TreeMap<>(batch);
    for (JsonNode object : answer.path("objects")) {
      String oid = object.path("oid").asString("");
      Long bytes = unanswered.remove(oid);
      if (bytes == null) {
        continue;
      }
      JsonNode download = object.path("actions").path("download");
      if (download.isMissingNode()) {
        failures.put(oid, refusal(object.path("error")));
        continue;
      }
      try {
        fetch(oid, bytes, download, store);
      } catch (IOException | IllegalArgumentException e) {
        failures.put(oid, message(e));
      }
    }
    failures.putAll(LfsFetch.all(unanswered, "the server does not mention it"));
  }

  private static String refusal(JsonNode error) {
    return "the server says %s %s"
        .formatted(error.path("code").asString("nothing"), error.path("message").asString(""))
        .strip();
  }

  private void fetch(String oid, long bytes, JsonNode download, LfsStore store)
      throws IOException, InterruptedException {
    Map<String, String> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    for (var header : download.path("header").properties()) {
      headers.put(header.getKey(), header.getValue().asString(""));
    }
    URI link = endpoint().resolve(download.path("href").asString(""));
    HttpResponse<InputStream> response = send(link, headers, null);
    try (InputStream body = response.body()) {
      if (response.statusCode() != 200) {
        // Links may be signed: their query is as good as a password.
        throw new IOException(
            "download from %s answers %d".formatted(link.getHost(), response.statusCode()));
      }
      store.put(oid, bytes, body);
    }
    progress.bytes(bytes);
  }

  private HttpResponse<InputStream> send(
      URI uri, Map<String, String> headers, byte @org.jspecify.annotations.Nullable [] body)
      throws IOException, InterruptedException {
    URI at = uri;
    Map<String, String> sent = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    sent.putAll(headers);
    for (int redirects = 0; ; redirects++) {
      requireSafe(at);
      HttpRequest.Builder request = HttpRequest.newBuilder(at).timeout(connections.timeout());
      boolean own = sameServer(at);
      if (own && !sent.containsKey("Authorization")) {
        connections
            .basicAuthorization()
            .ifPresent(value -> request.setHeader("Authorization", value));
      }
      sent.forEach((name, value) -> {
        if (!RESTRICTED.contains(name.toLowerCase(Locale.ROOT))) {
          request.setHeader(name, value);
        }
      });
      if (body != null) {
        request.POST(HttpRequest.BodyPublishers.ofByteArray(body));
      }
      HttpResponse<InputStream> response =
          http.send(request.build(), HttpResponse.BodyHandlers.ofInputStream());
      String location = response.headers().firstValue("Location").orElse("");
      if (!Set.of(301, 302, 303, 307, 308).contains(response.statusCode()) || location.isEmpty()) {
        return response;
      }
      response.body().close();
      if (redirects == MOST_REDIRECTS) {
        throw new IOException("too many redirects");
      }
      URI next = at.resolve(location);
      if (!String.valueOf(next.getHost()).equalsIgnoreCase(at.getHost())) {
        sent.remove("Authorization");
      }
      at = next;
    }
  }

  /** https, or http to where http was configured: this machine itself. */
  private static void requireSafe(URI uri) throws IOException {
    if (uri.getHost() == null || uri.getScheme() == null) {
      throw new IOException("the server's link is no URL");
    }
    try {
      GitUrl.parse(uri.getScheme() + "://" + uri.getAuthority() + "/link");
    } catch (IllegalArgumentException e) {
      throw new IOException("the server's link is not safe: " + e.getMessage(), e);
    }
    if (!List.of("https", "http").contains(uri.getScheme().toLowerCase(Locale.ROOT))) {
      throw new IOException("the server's link is not https");
    }
  }

  private boolean sameServer(URI uri) {
    URI own = endpoint();
    return own.getScheme().equalsIgnoreCase(uri.getScheme())
        && own.getHost().equalsIgnoreCase(uri.getHost())
        && own.getPort() == uri.getPort();
  }
}
