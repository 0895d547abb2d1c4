package dev.lifeboat.cli.wiring;

import dev.lifeboat.cli.Environment;
import dev.lifeboat.cli.ExitCode;
import dev.lifeboat.cli.Invocation;
import dev.lifeboat.cli.Main;
import dev.lifeboat.cli.Version;
import dev.lifeboat.cli.config.HttpSection;
import dev.lifeboat.cli.config.SecretSource;
import dev.lifeboat.schedules.http.Certificates;
import dev.lifeboat.schedules.http.Gate;
import dev.lifeboat.schedules.http.HttpSurface;
import dev.lifeboat.schedules.metrics.MetricsText;
import dev.lifeboat.schedules.metrics.Sight;
import dev.lifeboat.schedules.run.Run;
import dev.lifeboat.schedules.run.RunListener;
import dev.lifeboat.sources.Secret;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import javax.net.ssl.SSLContext;

/**
 * What the service shows over HTTP, made anew at an interval and after each run, by one thread of
 * its own: a request costs nothing but its answer, and however many there are, the vault is not
 * looked at more often.
 */
public final class Surface implements RunListener, AutoCloseable {
  /** After so many intervals without success the service is not ready. */
  private static final int STALE = 3;

  private final Invocation invocation;
  private final HttpSection section;
  private final Semaphore wanted = new Semaphore(1);
  private final HttpSurface server;
  private final Thread collector;
  private volatile Optional<Sight> sight = Optional.empty();
  private volatile Optional<String> metrics = Optional.empty();
  private volatile Optional<String> status = Optional.empty();
  private volatile Instant succeeded = Instant.EPOCH;
  private volatile BooleanSupplier well = () -> false;

  private Surface(Invocation invocation, HttpSection section, Gate gate, Optional<SSLContext> tls)
      throws IOException {
    this.invocation = invocation;
    this.section = section;
    this.server =
        new HttpSurface(
            new InetSocketAddress(section.where(), section.port()),
            tls,
            gate,
            new HttpSurface.Pages() {
              @Override
              public boolean isReady() {
                return Surface.this.isReady();
              }

              @Override
              public Optional<String> metrics() {
                return metrics;
              }

              @Override
              public Optional<String> status() {
                return status;
              }
            });
    this.collector = Thread.ofPlatform().name("lifeboat-metrics").daemon().unstarted(this::collect);
  }

  /**
   * Starts what the configuration asks for.
   *
   * @throws dev.lifeboat.cli.CliException if the secret cannot be had
   * @throws IOException if the certificate cannot be read or the address is taken
   */
  public static Optional<Surface> open(Invocation invocation) throws IOException {
    Optional<HttpSection> section = invocation.configuration().http();
    if (section.isEmpty()) {
      return Optional.empty();
    }
    Optional<SSLContext> tls = Optional.empty();
    if (section.get().tls().isPresent()) {
      HttpSection.Tls files = section.get().tls().get();
      Certificates certificates = Certificates.read(files.certificate(), files.key());
      if (certificates.until().isBefore(invocation.environment().clock().instant())) {
        invocation
            .environment()
            .warn(
                "the certificate %s has expired; clients will refuse it"
                    .formatted(files.certificate()));
      }
      tls = Optional.of(certificates.context());
    }
    Surface surface = new Surface(invocation, section.get(), gate(invocation, section.get()), tls);
    invocation.say("listening on " + surface.server.uri());
    surface.collector.start();
    return Optional.of(surface);
  }

  private static Gate gate(Invocation invocation, HttpSection section) {
    SecretSource source =
        section
            .token()
            .or(() -> section.basic().map(HttpSection.Basic::password))
            .orElseThrow(() -> new IllegalStateException("the configuration demands one"));
    try (Secret secret =
        new Secrets(invocation.environment().variables(), 60)
            .fetch(source, "http: " + (section.token().isPresent() ? "token" : "password"))) {
      char[] text = secret.exposeSecret().toCharArray();
      try {
        return section
            .basic()
            .map(basic -> Gate.ofPassword(basic.user(), text))
            .orElseGet(() -> Gate.ofToken(text));
      } finally {
        Arrays.fill(text, '\0');
      }
    }
  }

  /** The service has begun its work, which goes well as long as that says so. */
  public void ready(BooleanSupplier isWell) {
    well = isWell;
  }

  private boolean isReady() {
    if (!well.getAsBoolean()) {
      return false;
    }
    Duration age = Duration.between(succeeded, invocation.environment().clock().instant());
    return age.compareTo(section.refresh().multipliedBy(STALE)) < 0;
  }

  private void collect() {
    try {
      while (!Thread.currentThread().isInterrupted()) {
        wanted.drainPermits();
        once();
        var _ = wanted.tryAcquire(section.refresh().toMillis(), TimeUnit.MILLISECONDS);
      }
    } catch (InterruptedException e) {
      // The service ends.
    }
  }

  private void once() throws InterruptedException {
    boolean collected = false;
    try (Workspace workspace = Workspace.open(invocation.anew())) {
      sight = Optional.of(new Sights(workspace).look());
      collected = true;
    } catch (IOException | RuntimeException e) {
      invocation.say("metrics are not collected: " + e.getMessage());
    }
    metrics = Optional.of(MetricsText.of(Version.current(), sight, collected));
    Optional<String> json = statusOf();
    if (json.isPresent()) {
      status = json;
    }
    if (collected) {
      succeeded = invocation.environment().clock().instant();
    }
  }

  /** As {@code lifeboat status --json} prints it; empty if it prints nothing. */
  private Optional<String> statusOf() {
    List<String> words = new ArrayList<>(invocation.wordsForAnother());
    words.addAll(List.of("--json", "status"));
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    Environment environment =
        invocation
            .environment()
            .unattended()
            .withOut(new PrintStream(out, false, StandardCharsets.UTF_8));
    ExitCode code = Main.run(environment, words.toArray(String[]::new));
    return code == ExitCode.INTERRUPTED || out.size() == 0
        ? Optional.empty()
        : Optional.of(out.toString(StandardCharsets.UTF_8));
  }

  @Override
  public void begins(Run run) {
    wanted.release();
  }

  @Override
  public void ends(Run run) {
    wanted.release();
  }

  @Override
  public void close() {
    server.close();
    collector.interrupt();
    try {
      collector.join(TimeUnit.SECONDS.toMillis(10));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
