package dev.lifeboat.schedules.alert;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * Delivers in the background until it is closed: what any process of this home raised, within
 * seconds; what has to be tried or told again, when it is time. While there is nothing to do it
 * looks at one file's date.
 */
public final class AlertCourier implements AutoCloseable {
  private static final Logger LOG = Logger.getLogger(AlertCourier.class.getName());
  private static final Duration LOOK = Duration.ofSeconds(2);

  /** Repetitions and escalations are that late at most. */
  private static final Duration ANYWAY = Duration.ofMinutes(1);

  private static final Duration PASS = Duration.ofMinutes(2);

  private final Alerts alerts;
  private final Clock clock;
  private final Thread thread;
  private String problem = "";

  private AlertCourier(Alerts alerts, Clock clock) {
    this.alerts = alerts;
    this.clock = clock;
    this.thread = Thread.ofVirtual().name("alerts courier").unstarted(this::run);
  }

  /** Begins. */
  public static AlertCourier start(Alerts alerts, Clock clock) {
    AlertCourier courier = new AlertCourier(alerts, clock);
    courier.thread.start();
    return courier;
  }

  private void run() {
    Instant next = Instant.MIN;
    try {
      while (true) {
        Instant now = clock.instant();
        if (!now.isBefore(next) || alerts.isChanged()) {
          next = pass(now);
        }
        Thread.sleep(LOOK);
      }
    } catch (InterruptedException e) {
      // Closed.
    }
  }

  private Instant pass(Instant now) throws InterruptedException {
    Instant latest = now.plus(ANYWAY);
    try {
      Alerts.Delivered done = alerts.deliver(PASS, false);
      tell(done.failed().isEmpty() ? "" : "alert channels that take no message: " + done.failed());
      return done.next().filter(time -> time.isBefore(latest)).orElse(latest);
    } catch (RuntimeException e) {
      tell(String.valueOf(e.getMessage()));
      return latest;
    }
  }

  /** Once, until it is another. */
  private void tell(String now) {
    if (!now.equals(problem) && !now.isEmpty()) {
      LOG.log(Level.WARNING, now);
    }
    problem = now;
  }

  /** Stops what is being sent; it is sent again by whoever delivers next. */
  @Override
  public void close() {
    thread.interrupt();
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
