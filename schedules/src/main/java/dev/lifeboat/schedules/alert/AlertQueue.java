package dev.lifeboat.schedules.alert;

import dev.lifeboat.schedules.store.SharedStore;
import dev.lifeboat.schedules.watch.Concern.Severity;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.Supplier;

/**
 * The alerts of a home, or of all that share a store, and the messages that are to be sent about
 * them. What a method did is there when it returns, whatever ends the process. Processes and
 * threads use it at once.
 *
 * <p>All methods throw {@link AlertQueueException} if the disk or the database does not let them.
 */
public final class AlertQueue {
  private final AlertStore store;
  private final AlertRules rules;

  /**
   * @param directory of the home's state; made when something is written
   */
  public AlertQueue(Path directory, AlertRules rules) {
    this.store = new FileAlertStore(directory);
    this.rules = rules;
  }

  /**
   * The queue of several hosts.
   *
   * @param shared opens the store, for one use
   */
  public AlertQueue(Supplier<SharedStore> shared, AlertRules rules) {
    this.store = new SharedAlertStore(shared);
    this.rules = rules;
  }

  /** Where alerts come from: each origin resolves its own. */
  public enum Origin {
    /** Compares what must have happened with what has; sees all of it each time. */
    WATCH,
    /** A command that came to its end. */
    JOB,
    /** Pings to an outside service. */
    HEARTBEAT
  }

  /**
   * How much waits.
   *
   * @param messages that are to be sent, those that wait for the end of quiet hours included
   * @param oldest when the oldest of them was written
   * @param givenUp messages that were tried for the whole time and not sent, of alerts that are
   *     remembered
   */
  public record Waiting(
      int critical, int warnings, int messages, Optional<Instant> oldest, int givenUp) {}

  /** A message that is to be sent. */
  record Message(
      long id,
      long alertId,
      String channel,
      AlertEvent event,
      Instant created,
      int attempts,
      Alert alert,
      Instant raised,
      Optional<AlertState.Acknowledgement> acknowledged,
      Optional<Instant> resolved) {
    Notice notice() {
      return new Notice(
          // Unique even if a queue was lost and another begins to count anew.
          created.toEpochMilli() + "-" + id,
          event,
          alert,
          raised,
          event == AlertEvent.RESOLVED
              ? resolved
              : event == AlertEvent.ACKNOWLEDGED
                  ? acknowledged.map(AlertState.Acknowledgement::at)
                  : Optional.empty(),
          acknowledged.map(AlertState.Acknowledgement::by));
    }
  }

  public AlertRules rules() {
    return rules;
  }

  /**
   * Notes that there is trouble. Somebody is told if it is new, or worse than it was; otherwise
   * what is known of it is brought up to date.
   */
  public void raise(Alert alert, Origin origin, Instant now) {
    store.transact(connection -> {
      raise(new AlertRows(connection), alert, origin, now);
      return true;
    });
  }

  private void raise(AlertRows rows, Alert alert, Origin origin, Instant now) throws SQLException {
    Optional<AlertRows.Row> open = rows.open(alert.key());
    if (open.isEmpty()) {
      long id = rows.insert(alert, origin, now);
      tell(rows, id, alert, rules.route(alert).channels(), AlertEvent.RAISED, now);
      return;
    }
    AlertRows.Row row = open.get();
    boolean worse =
        alert.severity() == Severity.CRITICAL && row.alert().severity() == Severity.WARNING;
    rows.update(row.id(), alert, now, worse);
    if (worse) {
      tell(rows, row.id(), alert, rules.route(alert).channels(), AlertEvent.RAISED, now);
    }
  }

  /**
   * Notes all that an origin sees: raises what there is, and resolves what it raised before and
   * does not see any more.
   *
   * @param unknown alerts that cannot be seen now and are neither there nor resolved
   */
  public void settle(
      Collection<Alert> alerts, Origin origin, Predicate<Alert> unknown, Instant now) {
    if (alerts.isEmpty() && !store.exists()) {
      return;
    }
    store.transact(connection -> {
      AlertRows rows = new AlertRows(connection);
      Set<String> keys = new HashSet<>();
      for (Alert alert : alerts) {
        keys.add(alert.key());
        raise(rows, alert, origin, now);
      }
      for (AlertRows.Row row : rows.open(origin)) {
        if (!keys.contains(row.alert().key()) && !unknown.test(row.alert())) {
          resolve(rows, row, now);
        }
      }
      return true;
    });
  }

  /** Notes that a trouble is over, if it was one. Who was told of it is told so. */
  public void resolve(String key, Instant now) {
    if (!store.exists()) {
      return;
    }
    store.transact(connection -> {
      AlertRows rows = new AlertRows(connection);
      Optional<AlertRows.Row> open = rows.open(key);
      if (open.isPresent()) {
        resolve(rows, open.get(), now);
      }
      return true;
    });
  }

  private void resolve(AlertRows rows, AlertRows.Row row, Instant now) throws SQLException {
    rows.resolve(row.id(), now);
    if (rules.route(row.alert()).tellResolved()) {
      tell(rows, row.id(), row.alert(), rows.told(row.id()), AlertEvent.RESOLVED, now);
    }
  }

  /**
   * Notes that somebody sees to a trouble: it is not repeated and not escalated any more. Who was
   * told of it is told so, once.
   *
   * @return whether there is such an open alert
   */
  public boolean acknowledge(String key, String by, Instant now) {
    return store.exists()
        && store.transact(connection -> {
          AlertRows rows = new AlertRows(connection);
          Optional<AlertRows.Row> open = rows.open(key);
          if (open.isEmpty()) {
            return false;
          }
          AlertRows.Row row = open.get();
          if (row.acknowledged().isEmpty()) {
            rows.acknowledge(row.id(), by, now);
            tell(rows, row.id(), row.alert(), rows.told(row.id()), AlertEvent.ACKNOWLEDGED, now);
          }
          return true;
        });
  }

  private void tell(
      AlertRows rows,
      long id,
      Alert alert,
      Collection<String> channels,
      AlertEvent event,
      Instant now)
      throws SQLException {
    Instant due = rules.notBefore(alert.severity(), now);
    for (String channel : new LinkedHashSet<>(channels)) {
      rows.message(id, channel, event, now, due);
    }
  }

  /**
   * Whether there is an open alert with this key that was raised or seen again at or after that.
   */
  public boolean isSeen(String key, Instant since) {
    return store.exists()
        && store.transact(connection ->
            new AlertRows(connection)
                .open(key)
                .filter(row -> !row.seen().isBefore(since))
                .isPresent());
  }

  /** What is known of datasets, for alerts that come when nothing can be asked. */
  public void know(Collection<Standing> standings) {
    if (!standings.isEmpty()) {
      store.transact(connection -> {
        new AlertRows(connection).know(standings);
        return true;
      });
    }
  }

  /** What was known last of datasets. */
  public List<Standing> known() {
    return store.exists()
        ? store.transact(connection -> new AlertRows(connection).known())
        : List.of();
  }

  /**
   * Notes whether a heartbeat of a job was taken.
   *
   * @return since when none was; empty if this one was
   */
  public Optional<Instant> heartbeat(String job, boolean taken, Instant now) {
    if (taken && !store.exists()) {
      return Optional.empty();
    }
    return store.transact(connection -> new AlertRows(connection).heartbeat(job, taken, now));
  }

  /** Open alerts, the worst and oldest first; with {@code all} those that are over behind them. */
  public List<AlertState> list(boolean all) {
    return store.exists()
        ? store.transact(connection -> new AlertRows(connection).states(all))
        : List.of();
  }

  /** How much there is to tell. */
  public Waiting waiting() {
    return store.exists()
        ? store.transact(connection -> new AlertRows(connection).waiting())
        : new Waiting(0, 0, 0, Optional.empty(), 0);
  }

  /** The right to send its messages; nothing if others have it for so long. */
  Optional<AlertStore.Sending> send(Duration wait) throws InterruptedException {
    return store.send(wait);
  }

  /**
   * Gives another queue all alerts that are open, with what was told about them: from then on they
   * are that one's. Good to do twice.
   */
  void handOver(AlertQueue to, Instant now) {
    if (!store.exists()) {
      return;
    }
    Map<AlertRows.Row, List<AlertState.Told>> open = new LinkedHashMap<>();
    Map<Long, Origin> origins =
        store.transact(connection -> {
          AlertRows rows = new AlertRows(connection);
          for (AlertRows.Row row : rows.openRows()) {
            open.put(row, rows.messages(row.id()));
          }
          return rows.origins();
        });
    if (open.isEmpty()) {
      return;
    }
    to.store.transact(connection -> {
      AlertRows rows = new AlertRows(connection);
      for (Map.Entry<AlertRows.Row, List<AlertState.Told>> each : open.entrySet()) {
        AlertRows.Row row = each.getKey();
        if (rows.open(row.alert().key()).isEmpty()) {
          long id =
              rows.insert(row.alert(), origins.getOrDefault(row.id(), Origin.JOB), row.raised());
          for (AlertState.Told told : each.getValue()) {
            rows.toldBefore(id, told);
          }
          if (row.acknowledged().isPresent()) {
            AlertState.Acknowledgement seen = row.acknowledged().get();
            rows.acknowledge(id, seen.by(), seen.at());
          }
        }
      }
      return true;
    });
    store.transact(connection -> {
      AlertRows rows = new AlertRows(connection);
      for (AlertRows.Row row : open.keySet()) {
        rows.resolve(row.id(), now);
        rows.doneAll(row.id(), "handed-over", now);
      }
      return true;
    });
  }

  /** Whether another process or object wrote to the queue since this was asked last. Cheap. */
  boolean isChanged() {
    return store.isChanged();
  }

  /** Whether anything was ever written to it. */
  boolean exists() {
    return store.exists();
  }

  /**
   * What is to be sent.
   *
   * @param attempts by channel, how often the message was tried that was tried most
   * @param next when something of what is not due now is
   */
  record Due(List<Message> messages, Map<String, Integer> attempts, Optional<Instant> next) {}

  /**
   * Decides what time has brought about: repetitions, escalations, other channels for what a
   * channel does not take, the end of what was tried for too long.
   *
   * @param urgent whether messages that wait for their next attempt are due at once
   * @return what is to be sent now, the oldest first
   */
  Due due(Instant now, boolean urgent) {
    if (!store.exists()) {
      return new Due(List.of(), Map.of(), Optional.empty());
    }
    return store.transact(connection -> {
      AlertRows rows = new AlertRows(connection);
      repeat(rows, now);
      escalate(rows, now);
      handOn(rows, now);
      rows.prune(now.minus(rules.keepFor()));
      List<Message> messages = rows.due(now, urgent);
      return new Due(messages, rows.attempts(), rows.nextDue(now));
    });
  }

  private void repeat(AlertRows rows, Instant now) throws SQLException {
    for (AlertRows.Row row : rows.unacknowledged()) {
      Duration every = rules.repeat(rules.route(row.alert()));
      for (AlertRows.Last last : rows.last(row.id())) {
        if (rules.channels().contains(last.channel())
            && !last.waits()
            && !last.created().plus(every).isAfter(now)) {
          tell(rows, row.id(), row.alert(), List.of(last.channel()), AlertEvent.REPEATED, now);
        }
      }
    }
  }

  private void escalate(AlertRows rows, Instant now) throws SQLException {
    for (AlertRows.Row row : rows.unacknowledged()) {
      Route route = rules.route(row.alert());
      // What became worse begins anew.
      Instant since = rows.lastRaised(row.id()).orElse(row.raised());
      Set<String> already = rows.told(row.id(), AlertEvent.ESCALATED, since);
      Instant due = since;
      for (String channel : route.escalate()) {
        due = due.plus(route.escalateAfter());
        if (due.isAfter(now)) {
          break;
        }
        if (!already.contains(channel)) {
          tell(rows, row.id(), row.alert(), List.of(channel), AlertEvent.ESCALATED, now);
        }
      }
    }
  }

  private void handOn(AlertRows rows, Instant now) throws SQLException {
    for (AlertRows.Stuck stuck : rows.stuck()) {
      boolean known = rules.channels().contains(stuck.channel());
      boolean late = !stuck.held().plus(rules.undeliverableAfter()).isAfter(now);
      boolean hopeless = !stuck.held().plus(rules.keepFor()).isAfter(now);
      if (!stuck.handedOn()
          && stuck.event().isFiring()
          && (!known || stuck.refused() || (stuck.attempts() > 0 && late))) {
        Set<String> told = new HashSet<>(rows.told(stuck.alertId()));
        Optional<String> next = rules.next(rules.route(stuck.alert()), told);
        if (next.isPresent()) {
          tell(
              rows, stuck.alertId(), stuck.alert(), List.of(next.get()), AlertEvent.HANDED_ON, now);
        }
        rows.handedOn(stuck.id());
      }
      if (!known) {
        rows.done(stuck.id(), "no-channel", now);
      } else if (hopeless) {
        rows.done(stuck.id(), "given-up", now);
      }
    }
  }

  /** Notes that messages were taken. */
  void sent(Collection<Message> messages, Instant now) {
    store.transact(connection -> {
      AlertRows rows = new AlertRows(connection);
      for (Message message : messages) {
        rows.done(message.id(), "sent", now);
      }
      return true;
    });
  }

  /**
   * Notes that messages were not taken.
   *
   * @param again when to try them again
   */
  void failed(Collection<Message> messages, String why, boolean refused, Instant again) {
    store.transact(connection -> {
      AlertRows rows = new AlertRows(connection);
      for (Message message : messages) {
        rows.failed(message.id(), why, refused, again);
      }
      return true;
    });
  }

  /** Puts off messages that were not tried, behind others of their channel. */
  void postpone(Collection<Message> messages, Instant again) {
    store.transact(connection -> {
      AlertRows rows = new AlertRows(connection);
      for (Message message : messages) {
        rows.postpone(message.id(), again);
      }
      return true;
    });
  }
}
