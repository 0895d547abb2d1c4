package dev.lifeboat.schedules.alert;

import dev.lifeboat.schedules.store.Hold;
import dev.lifeboat.schedules.store.SharedStore;
import dev.lifeboat.schedules.store.SharedStoreException;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Supplier;

/** The queue of several hosts. */
final class SharedAlertStore implements AlertStore {
  private static final String SENDING = "alerts";
  private static final Duration LOOK = Duration.ofMillis(200);

  private final Supplier<SharedStore> opener;
  private long seen;

  /**
   * @param opener opens the store, for one use
   */
  SharedAlertStore(Supplier<SharedStore> opener) {
    this.opener = opener;
  }

  @Override
  public boolean exists() {
    return true;
  }

  /** As the number of the last message tells. */
  @Override
  public synchronized boolean isChanged() {
    long last;
    try (SharedStore store = opener.get()) {
      last =
          store.transact(connection -> {
            try (Statement statement = connection.createStatement();
                ResultSet row =
                    statement.executeQuery("SELECT COALESCE(MAX(id), 0) FROM message")) {
              return row.next() ? row.getLong(1) : 0;
            }
          });
    } catch (SharedStoreException e) {
      // Said by whoever has to tell something.
      return false;
    }
    boolean changed = last != seen;
    seen = last;
    return changed;
  }

  @Override
  public <T> T transact(Work<T> work) {
    try (SharedStore store = opener.get()) {
      return store.transact(connection -> {
        try (Statement statement = connection.createStatement();
            ResultSet _ =
                statement.executeQuery(
                    "SELECT pg_advisory_xact_lock(hashtext(current_schema() || ' alerts'))")) {
          return work.in(connection);
        }
      });
    } catch (SharedStoreException e) {
      throw new AlertQueueException(e);
    }
  }

  @Override
  public Optional<Sending> send(Duration wait) throws InterruptedException {
    SharedStore store;
    try {
      store = opener.get();
    } catch (SharedStoreException e) {
      throw new AlertQueueException(e);
    }
    boolean taken = false;
    try {
      long end = System.nanoTime() + wait.toNanos();
      while (true) {
        Optional<Hold> held = store.membership().take(SENDING);
        if (held.isPresent()) {
          taken = true;
          return held.map(hold ->
              () -> {
                try (store) {
                  hold.close();
                }
              });
        }
        if (System.nanoTime() >= end) {
          return Optional.empty();
        }
        Thread.sleep(LOOK);
      }
    } catch (SharedStoreException e) {
      throw new AlertQueueException(e);
    } finally {
      if (!taken) {
        store.close();
      }
    }
  }
}
