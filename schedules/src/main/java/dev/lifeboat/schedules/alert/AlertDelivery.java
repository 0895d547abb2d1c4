package dev.lifeboat.schedules.alert;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Sends what waits. One process at a time does; each channel on a thread of its own, so that one
 * that hangs holds up no other.
 *
 * <p>What a channel does not take is tried again after pauses that grow from 15 seconds to 15
 * minutes, or when the receiver wants it. Messages about one key reach a channel in their order.
 */
final class AlertDelivery {
  private static final Duration FIRST_PAUSE = Duration.ofSeconds(15);
  private static final Duration LONGEST_PAUSE = Duration.ofMinutes(15);

  /** More in one message nobody reads, and services refuse. */
  private static final int TOGETHER = 20;

  private final AlertQueue queue;
  private final Map<String, Channel> channels;
  private final Clock clock;

  AlertDelivery(AlertQueue queue, Map<String, Channel> channels, Clock clock) {
    this.queue = queue;
    this.channels = Map.copyOf(channels);
    this.clock = clock;
  }

  /**
   * What a pass did.
   *
   * @param sent messages
   * @param failed by channel, why it did not take what it should
   * @param next when there is something to do again, if nothing else happens
   * @param busy whether another process was sending all the time
   */
  record Pass(int sent, SortedMap<String, String> failed, Optional<Instant> next, boolean busy) {}

  /**
   * Sends what is due.
   *
   * @param bound when it is over, threads that still send are interrupted; what they sent may be
   *     sent again
   * @param urgent whether to try at once what waits for its next attempt
   */
  Pass run(Duration bound, boolean urgent) throws InterruptedException {
    if (!queue.exists()) {
      return new Pass(0, new TreeMap<>(), Optional.empty(), false);
    }
    long end = System.nanoTime() + bound.toNanos();
    try (AlertStore.Sending held = queue.send(bound).orElse(null)) {
      if (held == null) {
        return new Pass(0, new TreeMap<>(), Optional.empty(), true);
      }
      AlertQueue.Due due = queue.due(clock.instant(), urgent);
      Map<String, List<AlertQueue.Message>> byChannel = new LinkedHashMap<>();
      for (AlertQueue.Message message : due.messages()) {
        byChannel.computeIfAbsent(message.channel(), _ -> new ArrayList<>()).add(message);
      }
      Outcome outcome = new Outcome();
      due.next().ifPresent(outcome::again);
      List<Thread> threads = new ArrayList<>();
      byChannel.forEach((name, messages) -> {
        Channel channel = channels.get(name);
        if (channel != null) {
          threads.add(
              Thread.ofVirtual()
                  .name("alerts " + name)
                  .start(() ->
                      send(
                          name, channel, messages, due.attempts().getOrDefault(name, 0), outcome)));
        }
      });
      try {
        await(threads, end);
      } finally {
        threads.forEach(Thread::interrupt);
      }
      for (Thread thread : threads) {
        // A channel that does not end when it is interrupted is left behind.
        boolean _ = thread.join(Duration.ofSeconds(2));
      }
      return new Pass(outcome.sent(), new TreeMap<>(outcome.failed), outcome.next(), false);
    }
  }

  private static void await(List<Thread> threads, long end) throws InterruptedException {
    for (Thread thread : threads) {
      long left = end - System.nanoTime();
      if (left > 0) {
        boolean _ = thread.join(Duration.ofNanos(left));
      }
    }
  }

  /** Collected from all channels. */
  private static final class Outcome {
    private final Map<String, String> failed = new ConcurrentHashMap<>();
    private int sent;
    private Optional<Instant> next = Optional.empty();

    private synchronized void again(Instant time) {
      next = Optional.of(next.filter(time::isAfter).orElse(time));
    }

    private synchronized Optional<Instant> next() {
      return next;
    }

    private synchronized void sent(int messages) {
      sent += messages;
    }

    private synchronized int sent() {
      return sent;
    }
  }

  private void send(
      String name,
      Channel channel,
      List<AlertQueue.Message> messages,
      int attempts,
      Outcome outcome) {
    try {
      List<AlertQueue.Message> left = new ArrayList<>(messages);
      int together = channel.groups() ? TOGETHER : 1;
      Set<String> stopped = new HashSet<>();
      while (!left.isEmpty()) {
        List<AlertQueue.Message> batch =
            new ArrayList<>(left.subList(0, Math.min(together, left.size())));
        left.subList(0, batch.size()).clear();
        // Behind one that was refused, the next about the same key would come too early.
        List<AlertQueue.Message> behind =
            batch.stream().filter(message -> stopped.contains(message.alert().key())).toList();
        if (!behind.isEmpty()) {
          Instant next = clock.instant().plus(FIRST_PAUSE);
          queue.postpone(behind, next);
          outcome.again(next);
          batch.removeAll(behind);
          if (batch.isEmpty()) {
            continue;
          }
        }
        Delivery result = attempt(channel, batch.stream().map(AlertQueue.Message::notice).toList());
        switch (result) {
          case Delivery.Taken _ -> {
            queue.sent(batch, clock.instant());
            outcome.sent(batch.size());
          }
          case Delivery.Unreachable(String why, Optional<Duration> again) -> {
            outcome.failed.put(name, why);
            Instant next = clock.instant().plus(again.orElseGet(() -> pause(attempts)));
            queue.failed(batch, why, false, next);
            queue.postpone(left, next);
            outcome.again(next);
            return;
          }
          case Delivery.Refused(String why) -> {
            if (batch.size() > 1) {
              // It may be one of them that the others must not wait for.
              together = 1;
              left.addAll(0, batch);
            } else {
              outcome.failed.put(name, why);
              Instant next = clock.instant().plus(pause(attempts));
              queue.failed(batch, why, true, next);
              outcome.again(next);
              stopped.add(batch.getFirst().alert().key());
            }
          }
        }
      }
    } catch (InterruptedException e) {
      // Not noted, so it is sent again.
      outcome.failed.put(name, "it took too long");
    } catch (AlertQueueException e) {
      outcome.failed.put(name, String.valueOf(e.getMessage()));
    }
  }

  /** An error of a channel is a message that was not taken; the next one is tried all the same. */
  static Delivery attempt(Channel channel, Notice notice, Instant now) throws InterruptedException {
    return attempt(channel, List.of(notice), now);
  }

  private Delivery attempt(Channel channel, List<Notice> notices) throws InterruptedException {
    return attempt(channel, notices, clock.instant());
  }

  private static Delivery attempt(Channel channel, List<Notice> notices, Instant now)
      throws InterruptedException {
    try {
      return channel.send(notices, now);
    } catch (RuntimeException e) {
      if (Thread.interrupted()) {
        throw new InterruptedException(e.getMessage());
      }
      return new Delivery.Refused(
          e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage());
    }
  }

  /** Of a channel on which the oldest message was tried so often. */
  private static Duration pause(int attempts) {
    Duration pause = FIRST_PAUSE.multipliedBy(1L << Math.min(attempts, 10));
    return pause.compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : pause;
  }
}
