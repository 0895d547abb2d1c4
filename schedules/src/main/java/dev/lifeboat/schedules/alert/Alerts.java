package dev.lifeboat.schedules.alert;

import dev.lifeboat.schedules.store.SharedStore;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * Tells somebody: what is raised here is on the disk when the method returns, and is sent by {@link
 * #deliver}, by this process or another.
 *
 * <p>Hosts that share a store have one queue. While its database does not answer, an alert is in
 * the queue of the home where it was raised, is sent from there, and is handed over when it can be.
 *
 * <p>Where no queue can be used, for example because the disk is full, an alert is sent at once and
 * once, and the reason is said: an alert that may get lost later is better than none.
 */
public final class Alerts {
  private final AlertQueue queue;
  private final AlertDelivery delivery;

  /** Where alerts are while the shared queue cannot be used. */
  private final Optional<Own> own;

  private final Map<String, Channel> channels;
  private final Clock clock;
  private final Consumer<String> warn;

  /**
   * @param directory of the home's state
   * @param channels by name; those of the rules
   * @param warn gets what somebody has to read who sees what this program prints
   */
  public Alerts(
      Path directory,
      AlertRules rules,
      Map<String, Channel> channels,
      Clock clock,
      Consumer<String> warn) {
    this(new AlertQueue(directory, rules), Optional.empty(), channels, clock, warn);
  }

  /**
   * Those of several hosts.
   *
   * @param shared opens the store that they share, for one use
   * @param directory of the home's state
   */
  public Alerts(
      Supplier<SharedStore> shared,
      Path directory,
      AlertRules rules,
      Map<String, Channel> channels,
      Clock clock,
      Consumer<String> warn) {
    this(
        new AlertQueue(shared, rules),
        Optional.of(new AlertQueue(directory, rules)),
        channels,
        clock,
        warn);
  }

  private Alerts(
      AlertQueue queue,
      Optional<AlertQueue> ownQueue,
      Map<String, Channel> channels,
      Clock clock,
      Consumer<String> warn) {
    this.queue = queue;
    this.channels = new LinkedHashMap<>(channels);
    this.delivery = new AlertDelivery(queue, channels, clock);
    this.own = ownQueue.map(mine -> new Own(mine, new AlertDelivery(mine, channels, clock)));
    this.clock = clock;
    this.warn = warn;
  }

  /** The queue of the home, beside the shared one. */
  private record Own(AlertQueue queue, AlertDelivery delivery) {}

  /** The queue itself. */
  public AlertQueue queue() {
    return queue;
  }

  /** Tells of a trouble. Never throws because of the queue. */
  public void raise(Alert alert, AlertQueue.Origin origin) {
    keep(List.of(alert), to -> to.raise(alert, origin, clock.instant()));
  }

  /**
   * Tells of all that an origin sees, and that the rest of what it saw before is over.
   *
   * @param unknown alerts that cannot be seen now and are neither there nor over
   */
  public void settle(Collection<Alert> alerts, AlertQueue.Origin origin, Predicate<Alert> unknown) {
    keep(alerts, to -> to.settle(alerts, origin, unknown, clock.instant()));
  }

  private void keep(Collection<Alert> alerts, Consumer<AlertQueue> how) {
    try {
      how.accept(queue);
    } catch (AlertQueueException e) {
      if (own.isEmpty()) {
        instead(alerts, e);
        return;
      }
      warn.accept(e.getMessage() + "; until it can, alerts are in the queue of this home");
      try {
        how.accept(own.get().queue());
      } catch (AlertQueueException again) {
        instead(alerts, again);
      }
    }
  }

  /** Tells that a trouble is over. */
  public void resolve(String key) {
    noting(to -> to.resolve(key, clock.instant()));
  }

  /** Notes what is known of datasets. Never throws because of the queue. */
  public void know(Collection<Standing> standings) {
    noting(to -> to.know(standings));
  }

  private void noting(Consumer<AlertQueue> how) {
    try {
      how.accept(queue);
    } catch (AlertQueueException e) {
      warn.accept(String.valueOf(e.getMessage()));
    }
    try {
      own.map(Own::queue).filter(AlertQueue::exists).ifPresent(how);
    } catch (AlertQueueException e) {
      warn.accept(String.valueOf(e.getMessage()));
    }
  }

  /** Whether there may be something new to send since this was asked last. Cheap. */
  boolean isChanged() {
    boolean here = own.map(Own::queue).filter(AlertQueue::isChanged).isPresent();
    return queue.isChanged() || here;
  }

  private void instead(Collection<Alert> alerts, AlertQueueException why) {
    warn.accept(why.getMessage() + "; alerts are sent at once and not repeated");
    Instant now = clock.instant();
    int number = 0;
    for (Alert alert : alerts) {
      Notice notice =
          new Notice(
              "%d-unqueued-%d".formatted(now.toEpochMilli(), number++),
              AlertEvent.RAISED,
              alert,
              now,
              Optional.empty(),
              Optional.empty());
      for (String name : queue.rules().route(alert).channels()) {
        Channel channel = channels.get(name);
        try {
          if (channel != null) {
            say(name, AlertDelivery.attempt(channel, notice, now));
          }
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
          warn.accept("interrupted before %s was told of %s".formatted(name, alert.key()));
          return;
        }
      }
    }
  }

  private void say(String channel, Delivery result) {
    switch (result) {
      case Delivery.Taken _ -> {}
      case Delivery.Unreachable(String why, _) -> warn.accept(untold(channel, why));
      case Delivery.Refused(String why) -> warn.accept(untold(channel, why));
    }
  }

  private static String untold(String channel, String why) {
    return "alert channel %s: %s".formatted(channel, why);
  }

  /**
   * What {@link #deliver} did.
   *
   * @param sent messages
   * @param failed by channel, why it did not take what it should
   * @param next when there is something to do again, if nothing else happens
   * @param busy whether another process was sending all the time
   */
  public record Delivered(
      int sent, SortedMap<String, String> failed, Optional<Instant> next, boolean busy) {}

  /**
   * Sends what waits.
   *
   * @param bound how long it may take; what is not sent by then waits on
   * @param urgent whether to try at once what waits for its next attempt after one that failed
   */
  public Delivered deliver(Duration bound, boolean urgent) throws InterruptedException {
    if (own.isPresent() && own.get().queue().exists()) {
      Own here = own.get();
      try {
        here.queue().handOver(queue, clock.instant());
      } catch (AlertQueueException e) {
        // Sent from here.
        Delivered sent = delivered(here.delivery().run(bound, urgent));
        throw sent.sent() == 0 && sent.failed().isEmpty()
            ? e
            : new AlertQueueException(
                "%s; of the queue of this home %d messages were sent, %s did not take theirs"
                    .formatted(e.getMessage(), sent.sent(), sent.failed()),
                e);
      }
      // What began and ended while the other could not be used.
      Delivered sent = delivered(here.delivery().run(bound, urgent));
      Delivered all = delivered(delivery.run(bound, urgent));
      SortedMap<String, String> failed = new TreeMap<>(sent.failed());
      failed.putAll(all.failed());
      return new Delivered(
          sent.sent() + all.sent(),
          failed,
          Stream.of(sent.next(), all.next())
              .flatMap(Optional::stream)
              .min(Comparator.naturalOrder()),
          all.busy());
    }
    return delivered(delivery.run(bound, urgent));
  }

  private static Delivered delivered(AlertDelivery.Pass pass) {
    return new Delivered(pass.sent(), pass.failed(), pass.next(), pass.busy());
  }

  /**
   * The same at the end of a command: what failed is said, and nothing is thrown but for an
   * interrupt.
   */
  public void deliverAndSay(Duration bound) throws InterruptedException {
    try {
      Delivered done = deliver(bound, false);
      done.failed()
          .forEach((channel, why) -> warn.accept(untold(channel, why) + "; it is tried again"));
    } catch (AlertQueueException e) {
      warn.accept(String.valueOf(e.getMessage()));
    }
  }

  /**
   * Sends a message to each of these channels to see whether it arrives, past queue and rules. A
   * channel where troubles stay open gets the end of it at once.
   *
   * @return what became of it, by channel
   */
  public SortedMap<String, Delivery> test(Collection<String> names, Alert alert)
      throws InterruptedException {
    SortedMap<String, Delivery> results = new TreeMap<>();
    for (String name : names) {
      Channel channel = channels.get(name);
      if (channel == null) {
        throw new IllegalArgumentException("there is no channel " + name);
      }
      Instant now = clock.instant();
      String id = "%d-test".formatted(now.toEpochMilli());
      Delivery result =
          AlertDelivery.attempt(
              channel,
              new Notice(id, AlertEvent.RAISED, alert, now, Optional.empty(), Optional.empty()),
              now);
      if (result instanceof Delivery.Taken && channel.keepsState()) {
        result =
            AlertDelivery.attempt(
                channel,
                new Notice(
                    id + "-over",
                    AlertEvent.RESOLVED,
                    alert,
                    now,
                    Optional.of(now),
                    Optional.empty()),
                now);
      }
      results.put(name, result);
    }
    return results;
  }
}
