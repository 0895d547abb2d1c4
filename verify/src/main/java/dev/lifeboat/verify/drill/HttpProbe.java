package dev.lifeboat.verify.drill;

import dev.lifeboat.sources.fence.Children;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.LongSupplier;

/**
 * Starts an application on what was brought back, asks it until it answers as it should or the time
 * is up, and ends it with all that it started. What is found again by its mark in the environment
 * is ended after a crash as well, by the next drill.
 */
final class HttpProbe {
  private static final Duration PAUSE = Duration.ofMillis(100);
  private static final int CONNECT_MILLIS = 2_000;
  private static final int BODY_BYTES = 1 << 20;

  private final Children children;
  private final Path directory;
  private final String mark;
  private final LongSupplier nanos;

  /**
   * A probe.
   *
   * @param children with the network of this host
   * @param directory to start in, where also what the application says is kept
   * @param mark unique for this probe
   */
  HttpProbe(Children children, Path directory, String mark, LongSupplier nanos) {
    this.children = children.with(Leftovers.PROBE, mark);
    this.directory = directory;
    this.mark = mark;
    this.nanos = nanos;
  }

  DrillReport.Check run(CustomCheck.Http check) throws IOException, InterruptedException {
    if (isTaken(check)) {
      return result(
          check,
          "something answers there before the application was started; give it a port of its own",
          false);
    }
    Path log = directory.resolve(mark + ".log");
    Process process =
        children
            .builder(List.of("/bin/sh", "-c", check.start()))
            .directory(directory.toFile())
            .redirectErrorStream(true)
            .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
            .redirectOutput(log.toFile())
            .start();
    List<ProcessHandle> started = List.of();
    try (HttpClient client =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .followRedirects(HttpClient.Redirect.NEVER)
            .proxy(HttpClient.Builder.NO_PROXY)
            .build()) {
      try {
        return ask(client, check, process, log);
      } finally {
        started = process.descendants().toList();
        client.shutdownNow();
      }
    } finally {
      Leftovers.endProbe(mark, process, started);
    }
  }

  private static boolean isTaken(CustomCheck.Http check) {
    try (Socket socket = new Socket()) {
      socket.connect(
          new InetSocketAddress(check.address().getHost(), check.address().getPort()),
          CONNECT_MILLIS);
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  private DrillReport.Check ask(
      HttpClient client, CustomCheck.Http check, Process process, Path log)
      throws InterruptedException {
    long start = nanos.getAsLong();
    long until = start + check.within().toNanos();
    String last = "nothing answered";
    boolean refused = false;
    while (true) {
      long left = until - nanos.getAsLong();
      if (left <= 0) {
        return result(
            check, "%s within %s%s".formatted(last, words(check.within()), said(log)), false);
      }
      // One that puts itself into the background has ended well; the application goes on.
      if (!process.isAlive() && process.exitValue() != 0) {
        return result(
            check,
            "the application ended with %d%s".formatted(process.exitValue(), said(log)),
            false);
      }
      CompletableFuture<HttpResponse<byte[]>> answer =
          client.sendAsync(
              HttpRequest.newBuilder(check.address()).GET().build(),
              HttpResponse.BodyHandlers.limiting(
                  HttpResponse.BodyHandlers.ofByteArray(), BODY_BYTES));
      try {
        HttpResponse<byte[]> response = answer.get(left, TimeUnit.NANOSECONDS);
        String body = new String(response.body(), StandardCharsets.UTF_8);
        boolean said = check.contains().map(body::contains).orElse(true);
        if (response.statusCode() == check.status() && said) {
          Duration took = Duration.ofNanos(nanos.getAsLong() - start);
          return result(check, "%s after %s".formatted(check.expected(), words(took)), true);
        }
        last =
            "%d from it%s"
                .formatted(
                    response.statusCode(),
                    said ? "" : ", without '%s'".formatted(check.contains().orElse("")));
      } catch (TimeoutException e) {
        answer.cancel(true);
        // The last try may have no time left, whatever is there.
        last = refused ? last : "it did not answer";
      } catch (ExecutionException e) {
        if (e.getCause() instanceof ConnectException) {
          refused = true;
        } else {
          last = "it gave no answer of HTTP (%s)".formatted(e.getCause());
        }
      }
      Thread.sleep(PAUSE);
    }
  }

  private static DrillReport.Check result(CustomCheck.Http check, String actual, boolean passed) {
    return new DrillReport.Check(check.name(), check.expected(), actual, 1, passed);
  }

  private static String words(Duration time) {
    return String.format(Locale.ROOT, "%.1f s", time.toMillis() / 1000.0);
  }

  /** The last line of what the application said. */
  private static String said(Path log) {
    try {
      String text = new String(Files.readAllBytes(log), StandardCharsets.UTF_8).strip();
      return text.isEmpty() ? "" : "; it said: " + text.substring(text.lastIndexOf('\n') + 1);
    } catch (IOException e) {
      return "; what it said cannot be read";
    }
  }
}
