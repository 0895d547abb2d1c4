package dev.lifeboat.cli.systemd;

import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Tells systemd that the service is ready, that it lives as long as it does, and that it stops.
 * Where nobody asked, nothing is told. Failing to tell hurts no run: the watchdog decides.
 */
public final class Heart implements AutoCloseable {
  private static final Logger LOG = Logger.getLogger(Heart.class.getName());

  private final Optional<Notifier> notifier;
  private @Nullable Thread beat;
  private final Map<String, String> variables;
  private final long pid;

  /**
   * @param variables the environment of the process
   */
  public Heart(Map<String, String> variables, long pid) {
    this.variables = variables;
    this.pid = pid;
    this.notifier = Notifier.of(variables);
  }

  /**
   * The service is ready.
   *
   * @param well whether it is as it should be: while it is not, it does not beat, and systemd
   *     starts the service again
   */
  public void ready(BooleanSupplier well) {
    tell("READY=1\nSTATUS=waits for what is due");
    if (notifier.isPresent()) {
      Notifier.watchdog(variables, pid).ifPresent(every -> beat(every, well));
    }
  }

  private void beat(Duration every, BooleanSupplier well) {
    beat =
        Thread.ofVirtual()
            .name("watchdog")
            .start(() -> {
              try {
                while (true) {
                  if (well.getAsBoolean()) {
                    tell("WATCHDOG=1");
                  }
                  // A third: two may get lost, or come late.
                  TimeUnit.NANOSECONDS.sleep(every.toNanos() / 3);
                }
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            });
  }

  /** The service stops. While it does, it beats on. */
  public void stopping() {
    tell("STOPPING=1\nSTATUS=stops what runs");
  }

  private void tell(String message) {
    notifier.ifPresent(to -> {
      try {
        to.send(message);
      } catch (IOException e) {
        LOG.log(Level.WARNING, "systemd was not told " + message, e);
      }
    });
  }

  @Override
  public void close() {
    Thread thread = beat;
    if (thread != null) {
      thread.interrupt();
    }
  }
}
