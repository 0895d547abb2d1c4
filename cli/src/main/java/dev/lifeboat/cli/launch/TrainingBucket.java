package dev.lifeboat.cli.launch;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/**
 * A bucket in memory, over TLS on the loopback interface: as much of S3 as {@link Training} asks
 * for, so that the cache for fast starts knows the client of such regions. Signatures are not
 * looked at.
 */
final class TrainingBucket implements AutoCloseable {
  private static final String PATH = "/training";
  private static final String PASSWORD = "training";
  private static final Pattern RANGE = Pattern.compile("bytes=(\\d+)-(\\d+)");
  private static final Pattern KEY = Pattern.compile("<Key>([^<]*)</Key>");
  private static final Pattern PREFIX = Pattern.compile("(?:^|&)prefix=([^&]*)");

  private final TreeMap<String, byte[]> objects = new TreeMap<>();
  private final HttpsServer server;
  private final ExecutorService threads = Executors.newCachedThreadPool();

  /**
   * Starts it.
   *
   * @param authority where the certificate is written, in PEM
   */
  TrainingBucket(Path authority)
      throws IOException, GeneralSecurityException, InterruptedException {
    Path store = authority.resolveSibling("training.p12");
    keytool(
        store,
        "-genkeypair",
        "-keyalg",
        "EC",
        "-dname",
        "CN=localhost",
        "-ext",
        "san=ip:127.0.0.1");
    keytool(store, "-exportcert", "-rfc", "-file", authority.toString());
    KeyStore keys = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(store)) {
      keys.load(in, PASSWORD.toCharArray());
    }
    KeyManagerFactory managers =
        KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    managers.init(keys, PASSWORD.toCharArray());
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(managers.getKeyManagers(), null, null);
    server = HttpsServer.create(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0), 0);
    server.setHttpsConfigurator(new HttpsConfigurator(context));
    server.setExecutor(threads);
    server.createContext("/", this::answer);
    server.start();
  }

  private static void keytool(Path store, String... words)
      throws IOException, InterruptedException {
    String tool = Path.of(System.getProperty("java.home", ""), "bin", "keytool").toString();
    ProcessBuilder builder = new ProcessBuilder(tool, "-keystore", store.toString());
    builder.command().addAll(Arrays.asList("-storepass", PASSWORD, "-alias", "training"));
    builder.command().addAll(Arrays.asList(words));
    int code =
        builder
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start()
            .waitFor();
    if (code != 0) {
      throw new IOException("keytool ended with " + code);
    }
  }

  /** What the configuration of a region calls it. */
  String endpoint() {
    return "https://127.0.0.1:" + server.getAddress().getPort();
  }

  /** Its name. */
  static String name() {
    return PATH.substring(1);
  }

  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      byte[] body = exchange.getRequestBody().readAllBytes();
      String path = exchange.getRequestURI().getPath();
      String query = String.valueOf(exchange.getRequestURI().getRawQuery());
      boolean bucket = path.equals(PATH) || path.equals(PATH + "/");
      if (bucket) {
        ofBucket(exchange, query, body);
      } else {
        ofObject(exchange, path.substring(PATH.length() + 1), body);
      }
    }
  }

  private void ofBucket(HttpExchange exchange, String query, byte[] body) throws IOException {
    if (query.contains("list-type")) {
      Matcher prefix = PREFIX.matcher(query);
      xml(
          exchange,
          200,
          list(prefix.find() ? URLDecoder.decode(prefix.group(1), StandardCharsets.UTF_8) : ""));
    } else if (query.contains("versioning")) {
      xml(exchange, 200, "<VersioningConfiguration/>");
    } else if (exchange.getRequestMethod().equals("POST") && query.contains("delete")) {
      Matcher key = KEY.matcher(new String(body, StandardCharsets.UTF_8));
      synchronized (objects) {
        while (key.find()) {
          byte[] _ = objects.remove(key.group(1));
        }
      }
      xml(exchange, 200, "<DeleteResult/>");
    } else if (query.contains("object-lock")) {
      xml(exchange, 404, "<Error><Code>ObjectLockConfigurationNotFoundError</Code></Error>");
    } else {
      send(exchange, 200, new byte[0]);
    }
  }

  private String list(String prefix) {
    StringBuilder text = new StringBuilder("<ListBucketResult><IsTruncated>false</IsTruncated>");
    synchronized (objects) {
      for (Map.Entry<String, byte[]> object : objects.tailMap(prefix).entrySet()) {
        if (!object.getKey().startsWith(prefix)) {
          break;
        }
        text.append(
            "<Contents><Key>%s</Key><Size>%d</Size>"
                .formatted(object.getKey(), object.getValue().length));
        text.append("<LastModified>2026-01-01T00:00:00.000Z</LastModified></Contents>");
      }
    }
    return text.append("</ListBucketResult>").toString();
  }

  private void ofObject(HttpExchange exchange, String key, byte[] body) throws IOException {
    Headers asked = exchange.getRequestHeaders();
    switch (exchange.getRequestMethod()) {
      case "PUT" -> {
        boolean refused;
        synchronized (objects) {
          refused = "*".equals(asked.getFirst("If-None-Match")) && objects.containsKey(key);
          if (!refused) {
            byte[] _ = objects.put(key, body);
          }
        }
        if (refused) {
          xml(exchange, 412, "<Error><Code>PreconditionFailed</Code></Error>");
        } else {
          send(exchange, 200, new byte[0]);
        }
      }
      case "DELETE" -> {
        synchronized (objects) {
          byte[] _ = objects.remove(key);
        }
        send(exchange, 204, new byte[0]);
      }
      default -> {
        byte[] object;
        synchronized (objects) {
          object = objects.get(key);
        }
        give(exchange, object, asked.getFirst("Range"));
      }
    }
  }

  private static void give(HttpExchange exchange, byte @Nullable [] object, @Nullable String part)
      throws IOException {
    if (object == null) {
      xml(exchange, 404, "<Error><Code>NoSuchKey</Code></Error>");
      return;
    }
    Matcher range = RANGE.matcher(part == null ? "" : part);
    if (range.matches()) {
      int from = Integer.parseInt(range.group(1));
      int to = Math.min(object.length - 1, Integer.parseInt(range.group(2)));
      exchange
          .getResponseHeaders()
          .set("Content-Range", "bytes %d-%d/%d".formatted(from, to, object.length));
      send(exchange, 206, Arrays.copyOfRange(object, from, to + 1));
    } else {
      send(exchange, 200, object);
    }
  }

  private static void xml(HttpExchange exchange, int code, String text) throws IOException {
    exchange.getResponseHeaders().set("Content-Type", "application/xml");
    send(exchange, code, text.getBytes(StandardCharsets.UTF_8));
  }

  private static void send(HttpExchange exchange, int code, byte[] body) throws IOException {
    exchange.getResponseHeaders().set("ETag", "\"0\"");
    exchange.getResponseHeaders().set("Last-Modified", "Thu, 01 Jan 2026 00:00:00 GMT");
    if (exchange.getRequestMethod().equals("HEAD")) {
      exchange.getResponseHeaders().set("Content-Length", Integer.toString(body.length));
      exchange.sendResponseHeaders(code, -1);
    } else {
      exchange.sendResponseHeaders(code, body.length == 0 ? -1 : body.length);
      exchange.getResponseBody().write(body);
    }
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }
}
