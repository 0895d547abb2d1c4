package dev.lifeboat.schedules.http;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsParameters;
import com.sun.net.httpserver.HttpsServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;

/**
 * The server. It is the JDK's own, because it costs an idle service no memory, has no dependency to
 * keep up with, and all that is asked of it is to hand out finished pages; what it lacks, bounds,
 * it has as properties, which are set here. Each request has a thread of its own, a virtual one:
 * who sends slowly blocks nobody, and is cut off.
 */
public final class HttpSurface implements AutoCloseable {
  private static final int CONNECTIONS = 64;
  private static final int BACKLOG = 32;

  private final HttpServer server;
  private final ExecutorService threads;
  private final boolean secure;

  /** What is shown; asked for at each request, so everything is at hand already. */
  public interface Pages {
    /** Whether the service does what it is for. */
    boolean isReady();

    /** Metrics in the text format of Prometheus; empty if there are none yet. */
    Optional<String> metrics();

    /** The status as JSON; empty if there is none yet. */
    Optional<String> status();
  }

  static {
    // Read once by the server's classes. Seconds, but for the timer's milliseconds.
    Map.of(
            "jdk.httpserver.maxConnections", "" + CONNECTIONS,
            "sun.net.httpserver.maxReqTime", "10",
            "sun.net.httpserver.maxRspTime", "30",
            "sun.net.httpserver.idleInterval", "30",
            "sun.net.httpserver.timerMillis", "1000",
            "sun.net.httpserver.maxReqHeaders", "64",
            "sun.net.httpserver.maxReqHeaderSize", "16384",
            "sun.net.httpserver.drainAmount", "0",
            "sun.net.httpserver.nodelay", "true")
        .forEach((name, value) -> {
          if (System.getProperty(name) == null) {
            System.setProperty(name, value);
          }
        });
  }

  /**
   * Starts it.
   *
   * @param tls absent only where nobody but this machine can connect
   */
  public HttpSurface(InetSocketAddress address, Optional<SSLContext> tls, Gate gate, Pages pages)
      throws IOException {
    if (tls.isEmpty() && !address.getAddress().isLoopbackAddress()) {
      throw new IllegalArgumentException(
          address + " can be reached from elsewhere, and has no TLS");
    }
    this.secure = tls.isPresent();
    try {
      this.server =
          tls.isPresent() ? secured(address, tls.get()) : HttpServer.create(address, BACKLOG);
    } catch (IOException e) {
      throw new IOException("cannot listen on %s: %s".formatted(address, e.getMessage()), e);
    }
    this.threads = Executors.newVirtualThreadPerTaskExecutor();
    server.setExecutor(threads);
    server.createContext("/", exchange -> answer(exchange, gate, pages));
    server.start();
  }

  private static HttpServer secured(InetSocketAddress address, SSLContext context)
      throws IOException {
    HttpsServer https = HttpsServer.create(address, BACKLOG);
    https.setHttpsConfigurator(
        new HttpsConfigurator(context) {
          @Override
          public void configure(HttpsParameters parameters) {
            SSLParameters ssl = getSSLContext().getDefaultSSLParameters();
            ssl.setProtocols(new String[] {"TLSv1.3"});
            parameters.setSSLParameters(ssl);
          }
        });
    return https;
  }

  /** Where it is. */
  public String uri() {
    InetSocketAddress address = server.getAddress();
    String host = address.getAddress().getHostAddress();
    return "%s://%s:%d/"
        .formatted(
            secure ? "https" : "http",
            host.contains(":") ? "[" + host + "]" : host,
            address.getPort());
  }

  private static void answer(HttpExchange exchange, Gate gate, Pages pages) throws IOException {
    try (exchange) {
      boolean head = exchange.getRequestMethod().equals("HEAD");
      if (!head && !exchange.getRequestMethod().equals("GET")) {
        exchange.getResponseHeaders().set("Allow", "GET, HEAD");
        send(exchange, 405, "text/plain", "nothing can be changed here\n", head);
        return;
      }
      String path = exchange.getRequestURI().getPath();
      switch (path == null ? "" : path) {
        case "/health/live" -> send(exchange, 200, "text/plain", "alive\n", head);
        case "/health/ready" ->
            send(
                exchange,
                pages.isReady() ? 200 : 503,
                "text/plain",
                pages.isReady() ? "ready\n" : "not ready\n",
                head);
        case "/metrics" ->
            guarded(exchange, gate, "text/plain; version=0.0.4", pages.metrics(), head);
        case "/status" -> guarded(exchange, gate, "application/json", pages.status(), head);
        default -> {
          // The same for what is not there: who has no key learns no names.
          if (isOpen(exchange, gate)) {
            send(
                exchange,
                404,
                "text/plain",
                "there are /health/live, /health/ready, /metrics and /status\n",
                head);
          } else {
            refuse(exchange, gate, head);
          }
        }
      }
    }
  }

  private static boolean isOpen(HttpExchange exchange, Gate gate) {
    return gate.opensTo(exchange.getRequestHeaders().getFirst("Authorization"));
  }

  private static void refuse(HttpExchange exchange, Gate gate, boolean head) throws IOException {
    exchange.getResponseHeaders().set("WWW-Authenticate", gate.challenge());
    send(exchange, 401, "text/plain", "not without authentication\n", head);
  }

  private static void guarded(
      HttpExchange exchange, Gate gate, String type, Optional<String> page, boolean head)
      throws IOException {
    if (!isOpen(exchange, gate)) {
      refuse(exchange, gate, head);
    } else if (page.isEmpty()) {
      exchange.getResponseHeaders().set("Retry-After", "10");
      send(exchange, 503, "text/plain", "nothing was collected yet\n", head);
    } else {
      send(exchange, 200, type, page.get(), head);
    }
  }

  private static void send(HttpExchange exchange, int code, String type, String text, boolean head)
      throws IOException {
    byte[] body = text.getBytes(StandardCharsets.UTF_8);
    exchange
        .getResponseHeaders()
        .set("Content-Type", type + (type.contains("json") ? "" : "; charset=utf-8"));
    exchange.getResponseHeaders().set("Cache-Control", "no-store");
    exchange.getResponseHeaders().set("X-Content-Type-Options", "nosniff");
    if (head) {
      exchange.getResponseHeaders().set("Content-Length", "" + body.length);
      exchange.sendResponseHeaders(code, -1);
      return;
    }
    exchange.sendResponseHeaders(code, body.length);
    exchange.getResponseBody().write(body);
  }

  /** Stops it; requests under way get no answer. */
  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }
}
