package dev.lifeboat.schedules.heartbeat;

import dev.lifeboat.schedules.alert.Delivery;
import dev.lifeboat.schedules.alert.Wording;
import dev.lifeboat.schedules.alert.channel.Address;
import dev.lifeboat.schedules.alert.channel.HttpSender;
import dev.lifeboat.sources.Secret;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The pings of one run of a job, as Healthchecks takes them: {@code …/start}, then the address
 * itself for a success, or {@code …/N} with the exit code; all with the same {@code rid}. For one
 * run.
 *
 * <p>Nothing here throws because of the receiver, and nothing takes longer than a few times the
 * timeout of the sender.
 */
public final class Heartbeat {
  /** What goes along with a failure is at most so long; services keep more, nobody reads it. */
  private static final int MOST_LOG = 10_000;

  private static final int ATTEMPTS = 3;

  private final Supplier<Secret> address;
  private final HttpSender sender;
  private final UUID run;
  private final Duration pause;
  private @Nullable Thread starting;
  private volatile Optional<String> startProblem = Optional.empty();

  /**
   * @param address of the check; a secret
   * @param run tells the pings of one run from those of others
   * @param pause between attempts
   */
  public Heartbeat(Supplier<Secret> address, HttpSender sender, UUID run, Duration pause) {
    this.address = address;
    this.sender = sender;
    this.run = run;
    this.pause = pause;
  }

  /** Says that the job begins. Does not wait for an answer. */
  public void begin() {
    starting =
        Thread.ofVirtual()
            .name("heartbeat")
            .start(() -> {
              try {
                startProblem = ping("/start", "", 1);
              } catch (InterruptedException e) {
                startProblem = Optional.of("interrupted");
              }
            });
  }

  /**
   * Says how the job ended.
   *
   * @param exitCode 0 is a success, and nothing else is
   * @param log what is wrong, in words; sent with a failure only
   * @return why the receiver did not take it; empty if it did
   */
  public Optional<String> end(int exitCode, String log) throws InterruptedException {
    Thread first = starting;
    if (first != null) {
      // What began must not be heard of behind its end.
      first.join();
    }
    return exitCode == 0
        ? ping("", "", ATTEMPTS)
        : ping("/" + exitCode, Wording.cut(log, MOST_LOG), ATTEMPTS);
  }

  /** Why the receiver did not take the beginning; empty if it did, or may still. */
  public Optional<String> startProblem() {
    return startProblem;
  }

  private Optional<String> ping(String suffix, String body, int attempts)
      throws InterruptedException {
    String why = "";
    for (int attempt = 1; attempt <= attempts; attempt++) {
      if (attempt > 1) {
        Thread.sleep(pause);
      }
      switch (once(suffix, body)) {
        case Delivery.Taken _ -> {
          return Optional.empty();
        }
        case Delivery.Refused(String reason) -> {
          return Optional.of(reason);
        }
        case Delivery.Unreachable(String reason, _) -> why = reason;
      }
    }
    return Optional.of(why);
  }

  private Delivery once(String suffix, String body) throws InterruptedException {
    try (Secret secret = address.get()) {
      URI base = Address.of(secret.exposeSecret());
      return sender.post(
          with(base, suffix),
          Map.of("Content-Type", "text/plain; charset=utf-8"),
          body.getBytes(StandardCharsets.UTF_8),
          Address.secrets(base));
    } catch (RuntimeException e) {
      return new Delivery.Refused(
          e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage());
    }
  }

  /** The suffix goes behind the path, and the run behind what is asked already. */
  private URI with(URI base, String suffix) {
    String path = String.valueOf(base.getRawPath()).replaceAll("/+$", "") + suffix;
    String query = base.getRawQuery() == null ? "" : base.getRawQuery() + "&";
    return URI.create(
        "%s://%s%s?%srid=%s".formatted(base.getScheme(), base.getRawAuthority(), path, query, run));
  }
}
