package dev.lifeboat.sources.git;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * Git's own {@code http-backend} behind a small HTTP server with basic authentication, and beside
 * it the batch API of Git LFS.
 */
final class GitHttpServer implements AutoCloseable {
  private static final JsonMapper JSON = JsonMapper.builder().build();

  private final HttpServer server;
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final Path root;
  private final Optional<String> login;

  /** LFS objects by id; what is not in here is answered with an error. */
  final Map<String, byte[]> lfs = new ConcurrentHashMap<>();

  /** Paths that were asked for, with whether a password came along. */
  final List<String> requests = new CopyOnWriteArrayList<>();

  /** Path to where it redirects. */
  final Map<String, String> redirects = new ConcurrentHashMap<>();

  /** Bytes of a pack after which the connection stalls; none if 0. */
  volatile long stallAfter;

  GitHttpServer(Path root, Optional<String> login) throws IOException {
    this.root = root;
    this.login = login;
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/", this::handle);
    server.setExecutor(threads);
    server.start();
  }

  String url(String repository) {
    return "http://127.0.0.1:%d/%s".formatted(server.getAddress().getPort(), repository);
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }

  private void handle(HttpExchange exchange) throws IOException {
    try (exchange) {
      String path = exchange.getRequestURI().getPath();
      String given = exchange.getRequestHeaders().getFirst("Authorization");
      requests.add(path + (given == null ? "" : " with password"));
      String redirect = redirects.get(path);
      if (redirect != null) {
        exchange.getResponseHeaders().set("Location", redirect);
        exchange.sendResponseHeaders(302, -1);
        return;
      }
      if (path.startsWith("/lfs-store/")) {
        byte[] object = lfs.get(path.substring("/lfs-store/".length()));
        answer(exchange, object == null ? 404 : 200, object == null ? new byte[0] : object);
        return;
      }
      if (login.isPresent()
          && !("Basic "
                  + Base64.getEncoder()
                      .encodeToString(login.get().getBytes(StandardCharsets.UTF_8)))
              .equals(given)) {
        exchange.getResponseHeaders().set("WWW-Authenticate", "Basic realm=\"git\"");
        exchange.sendResponseHeaders(401, -1);
        return;
      }
      if (path.endsWith("/info/lfs/objects/batch")) {
        batch(exchange);
        return;
      }
      backend(exchange, path);
    }
  }

  private void batch(HttpExchange exchange) throws IOException {
    JsonNode question = JSON.readTree(exchange.getRequestBody());
    ObjectNode answer = JSON.createObjectNode();
    answer.put("transfer", "basic");
    var objects = answer.putArray("objects");
    for (JsonNode wanted : question.path("objects")) {
      String oid = wanted.path("oid").asString();
      ObjectNode object = objects.addObject().put("oid", oid);
      if (lfs.containsKey(oid)) {
        object.put("size", wanted.path("size").asLong());
        object
            .putObject("actions")
            .putObject("download")
            .put("href", url("lfs-store/" + oid))
            .putObject("header")
            .put("X-Token", "t");
      } else {
        object.putObject("error").put("code", 404).put("message", "Object does not exist");
      }
    }
    exchange.getResponseHeaders().set("Content-Type", "application/vnd.git-lfs+json");
    answer(exchange, 200, JSON.writeValueAsBytes(answer));
  }

  private static void answer(HttpExchange exchange, int status, byte[] body) throws IOException {
    exchange.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
    if (body.length > 0) {
      exchange.getResponseBody().write(body);
    }
  }

  private void backend(HttpExchange exchange, String path) throws IOException {
    ProcessBuilder builder = new ProcessBuilder("git", "http-backend");
    Map<String, String> environment = builder.environment();
    environment.put("GIT_PROJECT_ROOT", root.toString());
    environment.put("GIT_HTTP_EXPORT_ALL", "1");
    environment.put("PATH_INFO", path);
    environment.put("REQUEST_METHOD", exchange.getRequestMethod());
    environment.put(
        "QUERY_STRING", Optional.ofNullable(exchange.getRequestURI().getQuery()).orElse(""));
    header(exchange, "Content-Type").ifPresent(type -> environment.put("CONTENT_TYPE", type));
    header(exchange, "Content-Encoding")
        .ifPresent(coding -> environment.put("HTTP_CONTENT_ENCODING", coding));
    header(exchange, "Git-Protocol").ifPresent(value -> environment.put("GIT_PROTOCOL", value));
    environment.put("GIT_CONFIG_COUNT", "1");
    environment.put("GIT_CONFIG_KEY_0", "safe.directory");
    environment.put("GIT_CONFIG_VALUE_0", "*");
    byte[] body = exchange.getRequestBody().readAllBytes();
    environment.put("CONTENT_LENGTH", Integer.toString(body.length));
    Process process = builder.redirectError(ProcessBuilder.Redirect.DISCARD).start();
    threads.execute(() -> {
      try (var out = process.getOutputStream()) {
        out.write(body);
      } catch (IOException e) {
        process.destroy();
      }
    });
    InputStream out = process.getInputStream();
    int status = 200;
    for (String line = line(out); !line.isEmpty(); line = line(out)) {
      int colon = line.indexOf(':');
      String value = line.substring(colon + 1).strip();
      if (line.regionMatches(true, 0, "Status", 0, colon)) {
        status = Integer.parseInt(value.substring(0, 3));
      } else {
        exchange.getResponseHeaders().add(line.substring(0, colon), value);
      }
    }
    exchange.sendResponseHeaders(status, 0);
    long sent = 0;
    byte[] buffer = new byte[1024];
    for (int got = out.read(buffer); got >= 0; got = out.read(buffer)) {
      exchange.getResponseBody().write(buffer, 0, got);
      sent += got;
      if (stallAfter > 0 && sent > stallAfter) {
        exchange.getResponseBody().flush();
        requests.add("stalled");
        await();
      }
    }
  }

  /** Until the server is closed. */
  private static void await() throws IOException {
    try {
      Thread.sleep(Long.MAX_VALUE);
    } catch (InterruptedException e) {
      throw new java.io.InterruptedIOException();
    }
  }

  private static Optional<String> header(HttpExchange exchange, String name) {
    return Optional.ofNullable(exchange.getRequestHeaders().getFirst(name));
  }

  private static String line(InputStream in) throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    for (int b = in.read(); b >= 0 && b != '\n'; b = in.read()) {
      if (b != '\r') {
        line.write(b);
      }
    }
    return line.toString(StandardCharsets.UTF_8);
  }

  /** Whether the program is there; tests fail loudly without it. */
  static void requireGit() {
    if (!Files.exists(Path.of("/usr/bin/git"))) {
      throw new IllegalStateException("git is not installed: apt-get install git");
    }
  }
}
