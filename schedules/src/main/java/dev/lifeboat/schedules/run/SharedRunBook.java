package dev.lifeboat.schedules.run;

import dev.lifeboat.schedules.store.SharedStore;
import dev.lifeboat.schedules.store.SharedStoreException;
import java.io.IOException;
import java.io.OutputStream;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;

/**
 * The book of several hosts, in the table {@code run} of a shared store.
 *
 * <p>A run is fenced by its attempt and by the member that writes it: who was taken for dead and
 * comes back finds that it is not the writer any more.
 *
 * <p>All methods throw {@link SharedStoreException} if the database does not answer.
 */
final class SharedRunBook implements RunBook {
  private static final Duration LOOK = Duration.ofSeconds(2);

  private final SharedStore store;

  /** When it was asked last whether somebody asked for an end, by run. */
  private final Map<String, Long> looked = new ConcurrentHashMap<>();

  /** As whom this process began the attempts that it does. */
  private final Map<String, String> writers = new ConcurrentHashMap<>();

  SharedRunBook(SharedStore store) {
    this.store = store;
  }

  /** Sets parameters. */
  @FunctionalInterface
  private interface Fill {
    void in(PreparedStatement statement) throws SQLException;
  }

  private List<Run> query(String rest, Fill fill) {
    return store.transact(connection -> {
      try (PreparedStatement statement =
          connection.prepareStatement("SELECT record FROM run " + rest)) {
        fill.in(statement);
        List<Run> runs = new ArrayList<>();
        try (ResultSet row = statement.executeQuery()) {
          while (row.next()) {
            try {
              runs.add(RunJson.read(row.getString(1)));
            } catch (JacksonException e) {
              // Of another version: nothing is lost with it but history.
            }
          }
        }
        return runs;
      }
    });
  }

  private int change(String sql, Fill fill) {
    return store.transact(connection -> change(connection, sql, fill));
  }

  private static int change(Connection connection, String sql, Fill fill) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      fill.in(statement);
      return statement.executeUpdate();
    }
  }

  @Override
  public Optional<Run> find(String id) {
    return query("WHERE id = ?", s -> s.setString(1, id)).stream().findFirst();
  }

  @Override
  public List<Run> list() {
    return query("ORDER BY began DESC, id DESC", _ -> {});
  }

  @Override
  public List<Run> list(Optional<String> job, int limit) {
    return query(
        (job.isPresent() ? "WHERE job = ? " : "WHERE ? = '' ")
            + "ORDER BY began DESC, id DESC LIMIT ?",
        s -> {
          s.setString(1, job.orElse(""));
          s.setInt(2, Math.max(0, limit));
        });
  }

  @Override
  public Optional<Run> lastGood(String job) {
    return newest(job, "state = 'DONE'");
  }

  @Override
  public Optional<Run> lastBegun(String job) {
    return newest(job, "state <> 'NOT_RUN'");
  }

  private Optional<Run> newest(String job, String condition) {
    return query(
            "WHERE job = ? AND " + condition + " ORDER BY began DESC LIMIT 1",
            s -> s.setString(1, job))
        .stream()
        .findFirst();
  }

  @Override
  public Run save(Run run) {
    String attempt = run.id() + " " + run.attempt();
    String writer = writers.computeIfAbsent(attempt, _ -> store.membership().instance());
    int kept =
        change(
            """
            INSERT INTO run (id, job, state, attempt, began, ended, writer, record)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (id) DO UPDATE SET
              state = EXCLUDED.state, attempt = EXCLUDED.attempt, began = EXCLUDED.began,
              ended = EXCLUDED.ended, writer = EXCLUDED.writer, record = EXCLUDED.record
            WHERE run.attempt < EXCLUDED.attempt
              OR (run.attempt = EXCLUDED.attempt
                AND (run.writer = EXCLUDED.writer
                  OR NOT EXISTS (SELECT 1 FROM member WHERE instance = run.writer)))
            """,
            s -> {
              s.setString(1, run.id());
              s.setString(2, run.job());
              s.setString(3, run.state().name());
              s.setInt(4, run.attempt());
              s.setObject(5, at(run.began()));
              s.setObject(6, run.ended().map(SharedRunBook::at).orElse(null));
              s.setString(7, writer);
              s.setString(8, RunJson.write(run));
            });
    if (kept == 0 || run.over()) {
      writers.remove(attempt);
    }
    if (kept == 0) {
      throw new Superseded(run);
    }
    return run;
  }

  private static OffsetDateTime at(Instant time) {
    return time.atOffset(ZoneOffset.UTC);
  }

  @Override
  public OutputStream log(Run run) {
    return new SharedRunLog(
        bytes(run.id()),
        text ->
            change(
                "UPDATE run SET log = ? WHERE id = ? AND attempt = ?",
                s -> {
                  s.setBytes(1, text);
                  s.setString(2, run.id());
                  s.setInt(3, run.attempt());
                }));
  }

  private byte[] bytes(String id) {
    return store.transact(connection -> {
      try (PreparedStatement statement =
          connection.prepareStatement("SELECT log FROM run WHERE id = ?")) {
        statement.setString(1, id);
        try (ResultSet row = statement.executeQuery()) {
          byte @Nullable [] log = row.next() ? row.getBytes(1) : null;
          return log == null ? new byte[0] : log;
        }
      }
    });
  }

  @Override
  public List<String> tail(String id, int lines) throws IOException {
    return RunBook.last(bytes(id), lines);
  }

  @Override
  public boolean isAlive(Run run) {
    if (run.owner().isOfThisHost() && !run.owner().isAlive()) {
      return false;
    }
    return store
        .transact(connection -> {
          try (PreparedStatement statement =
              connection.prepareStatement("SELECT writer FROM run WHERE id = ?")) {
            statement.setString(1, run.id());
            try (ResultSet row = statement.executeQuery()) {
              return row.next() ? Optional.of(row.getString(1)) : Optional.<String>empty();
            }
          }
        })
        .filter(writer -> store.membership().isThere(writer))
        .isPresent();
  }

  @Override
  public void askToStop(String id) {
    int _ = change("UPDATE run SET stop = TRUE WHERE id = ?", s -> s.setString(1, id));
  }

  /** Asks the database every two seconds at the most; while it does not answer, nobody asked. */
  @Override
  public boolean isAskedToStop(String id) {
    long now = System.nanoTime();
    Long before = looked.get(id);
    if (before != null && now - before < LOOK.toNanos()) {
      return false;
    }
    looked.put(id, now);
    try {
      return !query("WHERE id = ? AND stop", s -> s.setString(1, id)).isEmpty();
    } catch (SharedStoreException e) {
      return false;
    }
  }

  @Override
  public void answered(String id) {
    looked.remove(id);
    int _ = change("UPDATE run SET stop = FALSE WHERE id = ? AND stop", s -> s.setString(1, id));
  }

  @Override
  public void prune(Instant before) {
    int _ =
        change(
            """
            DELETE FROM run WHERE COALESCE(ended, began) < ?
              AND (state NOT IN ('RUNNING', 'INTERRUPTED')
                OR NOT EXISTS (SELECT 1 FROM member WHERE instance = run.writer))
            """,
            s -> s.setObject(1, at(before)));
  }
}
