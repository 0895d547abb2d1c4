package dev.lifeboat.cli.output;

import dev.lifeboat.cli.Environment;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;

/**
 * How far something is, on standard error: one line that changes where a person looks at a
 * terminal, a line now and then elsewhere, nothing when quiet was asked for. Safe for use by many
 * threads.
 */
public final class Meter implements AutoCloseable {
  private static final long TERMINAL_NANOS = Duration.ofMillis(200).toNanos();
  private static final long LOG_NANOS = Duration.ofSeconds(30).toNanos();
  private static final int WIDTH = 100;

  private final Environment environment;
  private final boolean quiet;
  private final long intervalNanos;
  private final AtomicLong next;
  private boolean shown;

  public Meter(Environment environment, boolean quiet) {
    this.environment = environment;
    this.quiet = quiet;
    this.intervalNanos = environment.errIsTerminal() ? TERMINAL_NANOS : LOG_NANOS;
    this.next = new AtomicLong(System.nanoTime() + intervalNanos);
  }

  /** Shows the line if it is time; only then is it made. */
  public void show(Supplier<String> line) {
    if (quiet) {
      return;
    }
    long due = next.get();
    long now = System.nanoTime();
    if (now - due >= 0 && next.compareAndSet(due, now + intervalNanos)) {
      write(line.get());
    }
  }

  private synchronized void write(String line) {
    if (environment.errIsTerminal()) {
      String cut = line.length() > WIDTH ? line.substring(0, WIDTH - 1) + "…" : line;
      environment.err().print("\r\u001b[K" + cut);
      shown = true;
    } else {
      environment.err().println(line);
    }
    environment.err().flush();
  }

  /** Takes the line away. */
  @Override
  public synchronized void close() {
    if (shown) {
      environment.err().print("\r\u001b[K");
      environment.err().flush();
      shown = false;
    }
  }
}
