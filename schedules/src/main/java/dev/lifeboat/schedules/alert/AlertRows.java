package dev.lifeboat.schedules.alert;

import dev.lifeboat.schedules.watch.Concern.Severity;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

/** The rows of the queue, within one transaction. */
final class AlertRows {
  private static final JsonMapper JSON = JsonMapper.shared();

  private static final String ALERT =
      "ID, BODY, RAISED_AT, SEEN_AT, ACKED_AT, ACKED_BY, RESOLVED_AT FROM ALERT";

  private final Connection connection;

  AlertRows(Connection connection) {
    this.connection = connection;
  }

  /** An alert. */
  record Row(
      long id,
      Alert alert,
      Instant raised,
      Instant seen,
      Optional<AlertState.Acknowledgement> acknowledged,
      Optional<Instant> resolved) {}

  /** The last message to a channel about an alert that is still there. */
  record Last(String channel, Instant created, boolean waits) {}

  /**
   * A message that is not sent.
   *
   * @param held when it could be sent first
   */
  record Stuck(
      long id,
      long alertId,
      String channel,
      AlertEvent event,
      Instant held,
      int attempts,
      boolean refused,
      boolean handedOn,
      Alert alert) {}

  /** Sets parameters. */
  @FunctionalInterface
  private interface Fill {
    void in(PreparedStatement statement) throws SQLException;
  }

  /** Reads a row. */
  @FunctionalInterface
  private interface Read<T> {
    T from(ResultSet row) throws SQLException;
  }

  private <T> List<T> query(String sql, Fill fill, Read<T> read) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      fill.in(statement);
      try (ResultSet rows = statement.executeQuery()) {
        List<T> all = new ArrayList<>();
        while (rows.next()) {
          all.add(read.from(rows));
        }
        return all;
      }
    }
  }

  private void change(String sql, Fill fill) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      fill.in(statement);
      int _ = statement.executeUpdate();
    }
  }

  private static Row row(ResultSet row) throws SQLException {
    return new Row(
        row.getLong(1),
        alert(row.getString(2)),
        Instant.ofEpochMilli(row.getLong(3)),
        Instant.ofEpochMilli(row.getLong(4)),
        acknowledgement(row, 5),
        time(row, 7));
  }

  private static Optional<AlertState.Acknowledgement> acknowledgement(ResultSet row, int at)
      throws SQLException {
    Optional<Instant> time = time(row, at);
    String by = row.getString(at + 1);
    return time.map(acked -> new AlertState.Acknowledgement(acked, by == null ? "" : by));
  }

  private static Optional<Instant> time(ResultSet row, int column) throws SQLException {
    long millis = row.getLong(column);
    return row.wasNull() ? Optional.empty() : Optional.of(Instant.ofEpochMilli(millis));
  }

  private static Alert alert(String json) {
    return JSON.readValue(json, Alert.class);
  }

  /** The open alert of a key. */
  Optional<Row> open(String key) throws SQLException {
    return query(
            "SELECT " + ALERT + " WHERE OPEN_KEY = ?", s -> s.setString(1, key), AlertRows::row)
        .stream()
        .findFirst();
  }

  List<Row> open(AlertQueue.Origin origin) throws SQLException {
    return query(
        "SELECT " + ALERT + " WHERE OPEN_KEY IS NOT NULL AND ORIGIN = ? ORDER BY ID",
        s -> s.setString(1, origin.name()),
        AlertRows::row);
  }

  /** Open alerts of whatever origin, and it. */
  Map<Long, AlertQueue.Origin> origins() throws SQLException {
    Map<Long, AlertQueue.Origin> origins = new HashMap<>();
    query(
            "SELECT ID, ORIGIN FROM ALERT WHERE OPEN_KEY IS NOT NULL",
            _ -> {},
            row -> Map.entry(row.getLong(1), AlertQueue.Origin.valueOf(row.getString(2))))
        .forEach(each -> origins.put(each.getKey(), each.getValue()));
    return origins;
  }

  List<Row> openRows() throws SQLException {
    return query(
        "SELECT " + ALERT + " WHERE OPEN_KEY IS NOT NULL ORDER BY ID", _ -> {}, AlertRows::row);
  }

  List<Row> unacknowledged() throws SQLException {
    return query(
        "SELECT " + ALERT + " WHERE OPEN_KEY IS NOT NULL AND ACKED_AT IS NULL ORDER BY ID",
        _ -> {},
        AlertRows::row);
  }

  long insert(Alert alert, AlertQueue.Origin origin, Instant now) throws SQLException {
    try (PreparedStatement statement =
        connection.prepareStatement(
            "INSERT INTO ALERT (ALERT_KEY, OPEN_KEY, ORIGIN, BODY, RAISED_AT, SEEN_AT) VALUES (?, ?, ?, ?, ?, ?)",
            PreparedStatement.RETURN_GENERATED_KEYS)) {
      statement.setString(1, alert.key());
      statement.setString(2, alert.key());
      statement.setString(3, origin.name());
      statement.setString(4, JSON.writeValueAsString(alert));
      statement.setLong(5, now.toEpochMilli());
      statement.setLong(6, now.toEpochMilli());
      int _ = statement.executeUpdate();
      try (ResultSet made = statement.getGeneratedKeys()) {
        if (!made.next()) {
          throw new SQLException("no number for an alert");
        }
        return made.getLong(1);
      }
    }
  }

  /** Brings an alert up to date; one that became worse is nobody's yet, and begins anew. */
  void update(long id, Alert alert, Instant now, boolean worse) throws SQLException {
    change(
        "UPDATE ALERT SET BODY = ?, SEEN_AT = ? WHERE ID = ?",
        s -> {
          s.setString(1, JSON.writeValueAsString(alert));
          s.setLong(2, now.toEpochMilli());
          s.setLong(3, id);
        });
    if (worse) {
      change(
          "UPDATE ALERT SET ACKED_AT = NULL, ACKED_BY = NULL WHERE ID = ?", s -> s.setLong(1, id));
    }
  }

  void resolve(long id, Instant now) throws SQLException {
    change(
        "UPDATE ALERT SET OPEN_KEY = NULL, RESOLVED_AT = ? WHERE ID = ?",
        s -> {
          s.setLong(1, now.toEpochMilli());
          s.setLong(2, id);
        });
  }

  void acknowledge(long id, String by, Instant now) throws SQLException {
    change(
        "UPDATE ALERT SET ACKED_AT = ?, ACKED_BY = ? WHERE ID = ?",
        s -> {
          s.setLong(1, now.toEpochMilli());
          s.setString(2, by);
          s.setLong(3, id);
        });
  }

  void message(long alertId, String channel, AlertEvent event, Instant now, Instant due)
      throws SQLException {
    change(
        "INSERT INTO MESSAGE (ALERT_ID, CHANNEL, EVENT, CREATED_AT, DUE_AT, HELD_UNTIL) VALUES (?, ?, ?, ?, ?, ?)",
        s -> {
          s.setLong(1, alertId);
          s.setString(2, channel);
          s.setString(3, event.name());
          s.setLong(4, now.toEpochMilli());
          s.setLong(5, due.toEpochMilli());
          s.setLong(6, due.toEpochMilli());
        });
  }

  /** A message that was told already, by another queue. */
  void toldBefore(long alertId, AlertState.Told told) throws SQLException {
    change(
        "INSERT INTO MESSAGE (ALERT_ID, CHANNEL, EVENT, CREATED_AT, DUE_AT, HELD_UNTIL, DONE_AT, OUTCOME) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        s -> {
          s.setLong(1, alertId);
          s.setString(2, told.channel());
          s.setString(3, told.event().name());
          s.setLong(4, told.created().toEpochMilli());
          s.setLong(5, told.due().toEpochMilli());
          s.setLong(6, told.due().toEpochMilli());
          s.setObject(7, told.done().map(Instant::toEpochMilli).orElse(null), Types.BIGINT);
          s.setString(8, told.done().isPresent() ? told.outcome() : null);
        });
  }

  /** Ends what waits to be sent of an alert. */
  void doneAll(long alertId, String outcome, Instant now) throws SQLException {
    change(
        "UPDATE MESSAGE SET DONE_AT = ?, OUTCOME = ? WHERE ALERT_ID = ? AND DONE_AT IS NULL",
        s -> {
          s.setLong(1, now.toEpochMilli());
          s.setString(2, outcome);
          s.setLong(3, alertId);
        });
  }

  /** Channels that have a message of an alert, sent or not, in the order of their first. */
  Set<String> told(long alertId) throws SQLException {
    return new LinkedHashSet<>(
        query(
            "SELECT CHANNEL FROM MESSAGE WHERE ALERT_ID = ? AND COALESCE(OUTCOME, '') <> 'no-channel' ORDER BY ID",
            s -> s.setLong(1, alertId),
            row -> row.getString(1)));
  }

  Set<String> told(long alertId, AlertEvent event, Instant since) throws SQLException {
    return new LinkedHashSet<>(
        query(
            "SELECT CHANNEL FROM MESSAGE WHERE ALERT_ID = ? AND EVENT = ? AND CREATED_AT >= ?",
            s -> {
              s.setLong(1, alertId);
              s.setString(2, event.name());
              s.setLong(3, since.toEpochMilli());
            },
            row -> row.getString(1)));
  }

  /** When somebody was last to be told that an alert is new or worse. */
  Optional<Instant> lastRaised(long alertId) throws SQLException {
    return query(
            "SELECT MAX(CREATED_AT) FROM MESSAGE WHERE ALERT_ID = ? AND EVENT = ?",
            s -> {
              s.setLong(1, alertId);
              s.setString(2, AlertEvent.RAISED.name());
            },
            row -> time(row, 1))
        .getFirst();
  }

  List<Last> last(long alertId) throws SQLException {
    return query(
        "SELECT CHANNEL, MAX(CREATED_AT), BOOL_OR(DONE_AT IS NULL) FROM MESSAGE WHERE ALERT_ID = ? AND COALESCE(OUTCOME, '') <> 'no-channel' GROUP BY CHANNEL",
        s -> s.setLong(1, alertId),
        row -> new Last(row.getString(1), Instant.ofEpochMilli(row.getLong(2)), row.getBoolean(3)));
  }

  List<Stuck> stuck() throws SQLException {
    return query(
        "SELECT M.ID, M.ALERT_ID, M.CHANNEL, M.EVENT, M.HELD_UNTIL, M.ATTEMPTS, M.REFUSED, M.HANDED_ON, A.BODY FROM MESSAGE M JOIN ALERT A ON A.ID = M.ALERT_ID WHERE M.DONE_AT IS NULL ORDER BY M.ID",
        _ -> {},
        row ->
            new Stuck(
                row.getLong(1),
                row.getLong(2),
                row.getString(3),
                AlertEvent.valueOf(row.getString(4)),
                Instant.ofEpochMilli(row.getLong(5)),
                row.getInt(6),
                row.getBoolean(7),
                row.getBoolean(8),
                alert(row.getString(9))));
  }

  void handedOn(long id) throws SQLException {
    change("UPDATE MESSAGE SET HANDED_ON = TRUE WHERE ID = ?", s -> s.setLong(1, id));
  }

  void done(long id, String outcome, Instant now) throws SQLException {
    change(
        "UPDATE MESSAGE SET DONE_AT = ?, OUTCOME = ? WHERE ID = ?",
        s -> {
          s.setLong(1, now.toEpochMilli());
          s.setString(2, outcome);
          s.setLong(3, id);
        });
  }

  void failed(long id, String why, boolean refused, Instant again) throws SQLException {
    change(
        "UPDATE MESSAGE SET ATTEMPTS = ATTEMPTS + 1, PROBLEM = ?, REFUSED = REFUSED OR ?, DUE_AT = ? WHERE ID = ?",
        s -> {
          s.setString(1, why);
          s.setBoolean(2, refused);
          s.setLong(3, again.toEpochMilli());
          s.setLong(4, id);
        });
  }

  void postpone(long id, Instant again) throws SQLException {
    change(
        "UPDATE MESSAGE SET DUE_AT = ? WHERE ID = ?",
        s -> {
          s.setLong(1, again.toEpochMilli());
          s.setLong(2, id);
        });
  }

  /** Forgets what was over before that, and all of whose messages are done. */
  void prune(Instant before) throws SQLException {
    change(
        "DELETE FROM ALERT A WHERE A.RESOLVED_AT < ? AND NOT EXISTS (SELECT 1 FROM MESSAGE M WHERE M.ALERT_ID = A.ID AND M.DONE_AT IS NULL)",
        s -> s.setLong(1, before.toEpochMilli()));
  }

  /** What may be sent now; of what is urgent, quiet hours alone are waited for. */
  List<AlertQueue.Message> due(Instant now, boolean urgent) throws SQLException {
    return query(
        "SELECT M.ID, M.ALERT_ID, M.CHANNEL, M.EVENT, M.CREATED_AT, M.ATTEMPTS, A.BODY, A.RAISED_AT, A.ACKED_AT, A.ACKED_BY, A.RESOLVED_AT FROM MESSAGE M JOIN ALERT A ON A.ID = M.ALERT_ID WHERE M.DONE_AT IS NULL AND "
            + (urgent ? "M.HELD_UNTIL" : "M.DUE_AT")
            + " <= ? ORDER BY M.ID",
        s -> s.setLong(1, now.toEpochMilli()),
        row ->
            new AlertQueue.Message(
                row.getLong(1),
                row.getLong(2),
                row.getString(3),
                AlertEvent.valueOf(row.getString(4)),
                Instant.ofEpochMilli(row.getLong(5)),
                row.getInt(6),
                alert(row.getString(7)),
                Instant.ofEpochMilli(row.getLong(8)),
                acknowledgement(row, 9),
                time(row, 11)));
  }

  /** Of messages that wait, by channel. */
  Map<String, Integer> attempts() throws SQLException {
    Map<String, Integer> attempts = new HashMap<>();
    query(
            "SELECT CHANNEL, MAX(ATTEMPTS) FROM MESSAGE WHERE DONE_AT IS NULL GROUP BY CHANNEL",
            _ -> {},
            row -> Map.entry(row.getString(1), row.getInt(2)))
        .forEach(each -> attempts.put(each.getKey(), each.getValue()));
    return attempts;
  }

  Optional<Instant> nextDue(Instant now) throws SQLException {
    return query(
            "SELECT MIN(DUE_AT) FROM MESSAGE WHERE DONE_AT IS NULL AND DUE_AT > ?",
            s -> s.setLong(1, now.toEpochMilli()),
            row -> time(row, 1))
        .getFirst();
  }

  void know(Collection<Standing> standings) throws SQLException {
    for (Standing standing : standings) {
      change("DELETE FROM STANDING WHERE DATASET = ?", s -> s.setString(1, standing.dataset()));
      change(
          "INSERT INTO STANDING (DATASET, LAST_GOOD, RPO) VALUES (?, ?, ?)",
          s -> {
            s.setString(1, standing.dataset());
            s.setObject(
                2, standing.lastGood().map(Instant::toEpochMilli).orElse(null), Types.BIGINT);
            s.setObject(3, standing.rpo().map(Duration::toMillis).orElse(null), Types.BIGINT);
          });
    }
  }

  List<Standing> known() throws SQLException {
    return query(
        "SELECT DATASET, LAST_GOOD, RPO FROM STANDING ORDER BY DATASET",
        _ -> {},
        row ->
            new Standing(
                row.getString(1),
                time(row, 2),
                time(row, 3).map(instant -> Duration.ofMillis(instant.toEpochMilli()))));
  }

  Optional<Instant> heartbeat(String job, boolean taken, Instant now) throws SQLException {
    if (taken) {
      change("DELETE FROM HEARTBEAT WHERE JOB = ?", s -> s.setString(1, job));
      return Optional.empty();
    }
    List<Instant> since =
        query(
            "SELECT FAILING_SINCE FROM HEARTBEAT WHERE JOB = ?",
            s -> s.setString(1, job),
            row -> Instant.ofEpochMilli(row.getLong(1)));
    if (since.isEmpty()) {
      change(
          "INSERT INTO HEARTBEAT (JOB, FAILING_SINCE) VALUES (?, ?)",
          s -> {
            s.setString(1, job);
            s.setLong(2, now.toEpochMilli());
          });
      return Optional.of(now);
    }
    return Optional.of(since.getFirst());
  }

  List<AlertState> states(boolean all) throws SQLException {
    List<Row> rows =
        query(
            "SELECT " + ALERT + (all ? "" : " WHERE OPEN_KEY IS NOT NULL"),
            _ -> {},
            AlertRows::row);
    List<AlertState> states = new ArrayList<>();
    for (Row row : rows) {
      states.add(
          new AlertState(
              row.alert(),
              row.raised(),
              row.seen(),
              row.acknowledged(),
              row.resolved(),
              messages(row.id())));
    }
    states.sort(
        Comparator.comparing((AlertState state) -> state.resolved().isPresent())
            .thenComparing(state -> state.alert().severity())
            .thenComparing(AlertState::raised)
            .thenComparing(state -> state.alert().key()));
    return states;
  }

  List<AlertState.Told> messages(long alertId) throws SQLException {
    return query(
        "SELECT ID, CHANNEL, EVENT, CREATED_AT, DUE_AT, ATTEMPTS, DONE_AT, OUTCOME, PROBLEM FROM MESSAGE WHERE ALERT_ID = ? ORDER BY ID",
        s -> s.setLong(1, alertId),
        row -> {
          @Nullable String outcome = row.getString(8);
          return new AlertState.Told(
              Long.toString(row.getLong(1)),
              row.getString(2),
              AlertEvent.valueOf(row.getString(3)),
              Instant.ofEpochMilli(row.getLong(4)),
              Instant.ofEpochMilli(row.getLong(5)),
              row.getInt(6),
              time(row, 7),
              outcome == null ? "waiting" : outcome,
              Optional.ofNullable(row.getString(9)));
        });
  }

  AlertQueue.Waiting waiting() throws SQLException {
    List<Row> open =
        query("SELECT " + ALERT + " WHERE OPEN_KEY IS NOT NULL", _ -> {}, AlertRows::row);
    int critical =
        (int) open.stream().filter(row -> row.alert().severity() == Severity.CRITICAL).count();
    return query(
            "SELECT COUNT(CASE WHEN DONE_AT IS NULL THEN 1 END), MIN(CASE WHEN DONE_AT IS NULL THEN CREATED_AT END), COUNT(CASE WHEN OUTCOME = 'given-up' THEN 1 END) FROM MESSAGE",
            _ -> {},
            row ->
                new AlertQueue.Waiting(
                    critical, open.size() - critical, row.getInt(1), time(row, 2), row.getInt(3)))
        .getFirst();
  }
}
