package dev.lifeboat.schedules.store;

import dev.lifeboat.jobs.ProcessOwner;
import dev.lifeboat.vault.VaultException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * This process among those that use a shared store. A member beats: it counts up a number. Whoever
 * sees a number stand still for {@code takeover}, while its own goes on, declares that member dead
 * and removes it, and with it all that it held. No clock is compared with another, and a database
 * that was away is nobody's death. One that was declared dead and was only paused learns so with
 * its next beat: it is told to stop what it does, and joins anew.
 *
 * <p>A command joins when it needs to, a service for its life.
 */
public final class Membership implements AutoCloseable {
  private static final Logger LOG = Logger.getLogger(Membership.class.getName());

  /** So many beats fit into the time after which a member counts as dead. */
  private static final int BEATS = 5;

  private final SharedStore.Sessions sessions;
  private final SharedStore.Settings settings;
  private final Duration every;

  /** How far others were when they were seen to move last, and for how long they have not. */
  private final Map<String, Seen> others = new HashMap<>();

  /** What could not be given back when it should have been. */
  private final List<Release> owed = new ArrayList<>();

  private @Nullable String instance;
  private @Nullable Thread thread;
  private @Nullable Service service;
  private boolean closed;
  private volatile boolean answers = true;

  /** Others declared it dead, and it has not joined again: for the thread that beats. */
  private boolean outcast;

  /** What is done to give something back; good to do twice. */
  @FunctionalInterface
  private interface Release {
    void in(Connection connection) throws SQLException;
  }

  private record Seen(long beat, Duration still) {}

  /** Another member. */
  private record Other(String instance, String host, long pid, long beat, Optional<String> plan) {
    @Override
    public String toString() {
      return "pid %d on %s".formatted(pid, host);
    }
  }

  /** What a service wants to know. */
  public interface Service {
    /**
     * What it schedules: a line for each job, which begins with the job and a tab. All services
     * that are there have the same.
     */
    String plan();

    /** It was declared dead: others go on with what it does, which must stop. */
    void lost();

    /** Called with each beat; what it throws is tried again with the next. */
    void beat();
  }

  Membership(SharedStore.Sessions sessions, SharedStore.Settings settings) {
    this.sessions = sessions;
    this.settings = settings;
    this.every = settings.takeover().dividedBy(BEATS);
  }

  /**
   * Names this process as a member, which it becomes if it is not.
   *
   * @throws SharedStoreException if it cannot
   */
  public synchronized String instance() {
    String present = instance;
    if (present == null) {
      if (closed) {
        throw new SharedStoreException("service.store is closed");
      }
      present = join(Optional.empty());
      instance = present;
      others.clear();
      if (thread == null) {
        thread = Thread.ofPlatform().daemon().name("lifeboat-member").start(this::live);
      }
    }
    return present;
  }

  private String join(Optional<String> plan) {
    String fresh = UUID.randomUUID().toString();
    ProcessOwner self = ProcessOwner.self();
    sessions.transact(connection -> {
      try (PreparedStatement statement =
          connection.prepareStatement(
              "INSERT INTO member (instance, node, host, pid, plan) VALUES (?, ?, ?, ?, ?)")) {
        statement.setString(1, fresh);
        statement.setString(2, settings.node());
        statement.setString(3, self.host());
        statement.setLong(4, self.pid());
        statement.setString(5, plan.orElse(null));
        return statement.executeUpdate();
      }
    });
    return fresh;
  }

  /**
   * Makes this process a service. The caller has made sure that no other service of the same home
   * runs: whatever is left of one is removed.
   *
   * @throws VaultException.Conflict if a service is there that schedules something else
   */
  public void serve(Service what) throws InterruptedException {
    String own = instance();
    sessions.transact(connection -> {
      try (PreparedStatement statement =
          connection.prepareStatement(
              "DELETE FROM member WHERE node = ? AND plan IS NOT NULL AND instance <> ?")) {
        statement.setString(1, settings.node());
        statement.setString(2, own);
        return statement.executeUpdate();
      }
    });
    Map<String, Long> first = new HashMap<>();
    while (true) {
      List<Other> differing = claim(instance(), what.plan());
      if (differing.isEmpty()) {
        break;
      }
      for (Other other : differing) {
        if (other.beat() > first.computeIfAbsent(other.instance(), _ -> other.beat())) {
          throw new VaultException.Conflict(
              "the service of %s schedules something else: %s differ; hosts that share a store run the same schedules: stop the other services, or give this host the same configuration"
                  .formatted(other, difference(what.plan(), other.plan().orElse(""))));
        }
      }
      // It may be dead: then it is gone when that is seen.
      TimeUnit.MILLISECONDS.sleep(Math.max(50, every.toMillis() / 2));
    }
    synchronized (this) {
      service = what;
    }
  }

  /** This process is no service any more. */
  public void retire() {
    String own;
    synchronized (this) {
      service = null;
      own = instance;
    }
    if (own == null) {
      return;
    }
    owe(connection -> {
      int _ = change(connection, "UPDATE member SET plan = NULL WHERE instance = ?", own);
    });
  }

  /** Services that are there and schedule something else; if there is none, this is one. */
  private List<Other> claim(String own, String plan) {
    return sessions.transact(connection -> {
      try (PreparedStatement lock =
          connection.prepareStatement("SELECT pg_advisory_xact_lock(hashtext(?))")) {
        lock.setString(1, settings.schema() + " plan");
        try (ResultSet _ = lock.executeQuery()) {
          // Held until the end of the transaction.
        }
      }
      List<Other> differing =
          others(connection, own).stream()
              .filter(other -> other.plan().filter(theirs -> !theirs.equals(plan)).isPresent())
              .toList();
      if (differing.isEmpty()) {
        try (PreparedStatement statement =
            connection.prepareStatement("UPDATE member SET plan = ? WHERE instance = ?")) {
          statement.setString(1, plan);
          statement.setString(2, own);
          if (statement.executeUpdate() == 0) {
            throw new SharedStoreException(
                "service.store: this process was taken for dead while it started; start it again");
          }
        }
      }
      return differing;
    });
  }

  private static Set<String> difference(String one, String other) {
    Set<String> lines = new HashSet<>(one.lines().toList());
    Set<String> jobs = new TreeSet<>();
    for (String line : other.lines().toList()) {
      if (!lines.remove(line)) {
        jobs.add(line.split("\t", 2)[0]);
      }
    }
    lines.forEach(line -> jobs.add(line.split("\t", 2)[0]));
    return jobs;
  }

  private static List<Other> others(Connection connection, String own) throws SQLException {
    List<Other> others = new ArrayList<>();
    try (PreparedStatement statement =
        connection.prepareStatement(
            "SELECT instance, host, pid, beat, plan FROM member WHERE instance <> ?")) {
      statement.setString(1, own);
      try (ResultSet row = statement.executeQuery()) {
        while (row.next()) {
          others.add(
              new Other(
                  row.getString(1),
                  row.getString(2),
                  row.getLong(3),
                  row.getLong(4),
                  Optional.ofNullable(row.getString(5))));
        }
      }
    }
    return others;
  }

  private void live() {
    long last = System.nanoTime();
    try {
      while (true) {
        Thread.sleep(every);
        long now = System.nanoTime();
        // Of a pause of our own nothing was seen.
        Duration passed = Duration.ofNanos(Math.min(now - last, 2 * every.toNanos()));
        last = now;
        try {
          beat(passed);
          if (!answers) {
            answers = true;
            LOG.warning("the database answers again");
          }
        } catch (SharedStoreException e) {
          synchronized (this) {
            others.clear();
          }
          if (answers) {
            answers = false;
            LOG.log(
                Level.WARNING,
                "{0}; what runs goes on, and what is due waits until it answers",
                e.getMessage());
          }
        } catch (RuntimeException e) {
          LOG.log(Level.WARNING, "an error that should not happen, in a beat", e);
        }
      }
    } catch (InterruptedException e) {
      // Closed.
    }
  }

  private void beat(Duration passed) {
    String own = instance();
    boolean there = sessions.transact(connection -> change(connection, BEAT, own) > 0);
    Service serving;
    synchronized (this) {
      serving = service;
    }
    if (!there) {
      if (!outcast) {
        outcast = true;
        LOG.warning(
            "nothing was heard of this process for too long: others go on with what it did, and it stops that");
      }
      synchronized (this) {
        owed.clear();
        others.clear();
      }
      if (serving != null) {
        serving.lost();
      }
      joinAgain(serving);
      outcast = false;
      return;
    }
    payBack();
    List<Other> all = sessions.transact(connection -> others(connection, own));
    for (Other dead : still(all, passed)) {
      boolean removed =
          sessions.transact(connection -> {
            try (PreparedStatement statement =
                connection.prepareStatement("DELETE FROM member WHERE instance = ? AND beat = ?")) {
              statement.setString(1, dead.instance());
              statement.setLong(2, dead.beat());
              return statement.executeUpdate() > 0;
            }
          });
      if (removed && dead.plan().isPresent()) {
        LOG.log(Level.WARNING, "nothing is heard of the service {0}: others go on", dead);
      }
    }
    if (serving != null) {
      serving.beat();
    }
  }

  private static final String BEAT =
      "UPDATE member SET beat = beat + 1, beat_at = clock_timestamp() WHERE instance = ?";

  private static int change(Connection connection, String sql, String... values)
      throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      for (int i = 0; i < values.length; i++) {
        statement.setString(i + 1, values[i]);
      }
      return statement.executeUpdate();
    }
  }

  private void joinAgain(@Nullable Service serving) {
    String fresh = join(Optional.empty());
    if (serving != null && !claim(fresh, serving.plan()).isEmpty()) {
      int _ = sessions.transact(connection -> change(connection, LEAVE, fresh));
      throw new SharedStoreException(
          "service.store: services with other schedules are there now: this one does nothing more; restart it with their configuration");
    }
    synchronized (this) {
      instance = fresh;
    }
  }

  private static final String LEAVE = "DELETE FROM member WHERE instance = ?";

  /** Those that have not moved for too long. */
  private synchronized List<Other> still(List<Other> all, Duration passed) {
    Map<String, Seen> now = new HashMap<>();
    List<Other> dead = new ArrayList<>();
    for (Other other : all) {
      Seen before = others.get(other.instance());
      Seen seen =
          before == null || before.beat() != other.beat()
              ? new Seen(other.beat(), Duration.ZERO)
              : new Seen(other.beat(), before.still().plus(passed));
      now.put(other.instance(), seen);
      if (seen.still().compareTo(settings.takeover()) >= 0) {
        dead.add(other);
      }
    }
    others.clear();
    others.putAll(now);
    return dead;
  }

  /** Whether the database answered when it was asked last, some seconds ago at the most. */
  public boolean answers() {
    return answers;
  }

  /**
   * Whether a member is there, or was there a moment ago; for those who only look, by the
   * database's own clock.
   */
  public boolean isThere(String member) {
    return sessions.transact(connection -> {
      try (PreparedStatement statement =
          connection.prepareStatement(
              "SELECT 1 FROM member WHERE instance = ? AND beat_at > clock_timestamp() - make_interval(secs => ?)")) {
        statement.setString(1, member);
        statement.setDouble(2, 2.0 * settings.takeover().toMillis() / 1000);
        try (ResultSet row = statement.executeQuery()) {
          return row.next();
        }
      }
    });
  }

  /**
   * Takes something that one has at a time, here or anywhere; nothing if another has it.
   *
   * @throws SharedStoreException if the database does not answer; if it was taken all the same, it
   *     is given back
   */
  public Optional<Hold> take(String name) {
    payBack();
    String own = instance();
    // Whoever gives back, late or twice, gives back this and not what was taken since.
    Held held = new Held(UUID.randomUUID().toString());
    try {
      boolean taken =
          sessions.transact(connection ->
              change(
                      connection,
                      "INSERT INTO held (name, instance, token) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
                      name,
                      own,
                      held.token)
                  > 0);
      return taken ? Optional.of(held) : Optional.empty();
    } catch (SharedStoreException e) {
      held.close();
      throw e;
    }
  }

  private final class Held implements Hold {
    private final String token;

    private Held(String token) {
      this.token = token;
    }

    @Override
    public boolean isHeld() {
      return sessions.transact(connection -> {
        try (PreparedStatement statement =
            connection.prepareStatement("SELECT 1 FROM held WHERE token = ?")) {
          statement.setString(1, token);
          try (ResultSet row = statement.executeQuery()) {
            return row.next();
          }
        }
      });
    }

    @Override
    public void close() {
      owe(connection -> {
        int _ = change(connection, "DELETE FROM held WHERE token = ?", token);
      });
    }
  }

  /** Stands in line; the number of the turn. */
  public long queue(int priority, Instant due) {
    payBack();
    String own = instance();
    String token = UUID.randomUUID().toString();
    try {
      return sessions.transact(connection -> {
        try (PreparedStatement statement =
            connection.prepareStatement(
                "INSERT INTO turn (instance, token, priority, due) VALUES (?, ?, ?, ?) RETURNING id")) {
          statement.setString(1, own);
          statement.setString(2, token);
          statement.setInt(3, priority);
          statement.setObject(4, due.atOffset(ZoneOffset.UTC));
          try (ResultSet row = statement.executeQuery()) {
            if (!row.next()) {
              throw new SQLException("no number of a turn");
            }
            return row.getLong(1);
          }
        }
      });
    } catch (SharedStoreException e) {
      // Whether it stands in line is not known, and nobody would leave.
      owe(connection -> {
        int _ = change(connection, "DELETE FROM turn WHERE token = ?", token);
      });
      throw e;
    }
  }

  /** How it stands with a turn. */
  public enum Turn {
    WAITS,
    /** It is the one that passes. */
    TAKEN,
    /** It went with a membership. */
    GONE
  }

  /** Lets a turn pass if it is the first of all that wait, and nobody passes now. */
  public Turn pass(long turn) {
    return sessions.transact(connection -> {
      try (PreparedStatement lock =
          connection.prepareStatement("SELECT pg_advisory_xact_lock(hashtext(?))")) {
        lock.setString(1, settings.schema() + " turn");
        try (ResultSet _ = lock.executeQuery()) {
          // Held until the end of the transaction.
        }
      }
      try (PreparedStatement first =
          connection.prepareStatement(
              "SELECT id, taken FROM turn ORDER BY taken DESC, priority DESC, due, id")) {
        try (ResultSet row = first.executeQuery()) {
          if (row.next() && row.getLong(1) == turn) {
            if (!row.getBoolean(2)) {
              try (PreparedStatement taking =
                  connection.prepareStatement("UPDATE turn SET taken = TRUE WHERE id = ?")) {
                taking.setLong(1, turn);
                int _ = taking.executeUpdate();
              }
            }
            return Turn.TAKEN;
          }
          while (row.next()) {
            if (row.getLong(1) == turn) {
              return Turn.WAITS;
            }
          }
          return Turn.GONE;
        }
      }
    });
  }

  /** Leaves the line: now, or when the database answers again. */
  public void leave(long turn) {
    owe(connection -> {
      try (PreparedStatement statement =
          connection.prepareStatement("DELETE FROM turn WHERE id = ?")) {
        statement.setLong(1, turn);
        int _ = statement.executeUpdate();
      }
    });
  }

  private void owe(Release release) {
    synchronized (this) {
      owed.add(release);
    }
    try {
      payBack();
    } catch (SharedStoreException e) {
      LOG.log(Level.FINE, "given back later", e);
    }
  }

  private void payBack() {
    while (true) {
      Release next;
      synchronized (this) {
        if (owed.isEmpty()) {
          return;
        }
        next = owed.getFirst();
      }
      boolean _ =
          sessions.transact(connection -> {
            next.in(connection);
            return true;
          });
      synchronized (this) {
        boolean _ = owed.remove(next);
      }
    }
  }

  /** Takes leave: what is held is free at once. */
  @Override
  public void close() {
    Thread beating;
    String own;
    synchronized (this) {
      closed = true;
      beating = thread;
      own = instance;
      thread = null;
      instance = null;
    }
    if (beating != null) {
      beating.interrupt();
      try {
        beating.join();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
    if (own != null) {
      try {
        int _ = sessions.transact(connection -> change(connection, LEAVE, own));
      } catch (SharedStoreException e) {
        LOG.log(Level.FINE, "the others will find that it is gone", e);
      }
    }
  }
}
