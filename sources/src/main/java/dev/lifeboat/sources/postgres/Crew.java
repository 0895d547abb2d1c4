package dev.lifeboat.sources.postgres;

import dev.lifeboat.sources.SourceException;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;

/**
 * Some threads that work through a list of jobs, each with a session of its own. The first failure
 * ends all: programs are killed, queries cancelled.
 */
final class Crew {
  /** One piece of work. */
  interface Job {
    void run(Worker worker) throws SQLException, IOException, SourceException, InterruptedException;
  }

  /** Opens a session. */
  interface Opener {
    Connection open() throws SQLException;
  }

  private final Queue<Job> jobs;
  private final Opener opener;
  private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
  private final Set<Subprocess> programs = ConcurrentHashMap.newKeySet();
  private final Set<Connection> sessions = ConcurrentHashMap.newKeySet();

  private Crew(List<Job> jobs, Opener opener) {
    this.jobs = new ConcurrentLinkedQueue<>(jobs);
    this.opener = opener;
  }

  /** Does all jobs, taken in their order; returns when no thread of it runs any more. */
  static void work(int size, List<Job> jobs, Opener opener)
      throws SQLException, IOException, SourceException, InterruptedException {
    new Crew(jobs, opener).work(Math.min(size, jobs.size()));
  }

  private void work(int size)
      throws SQLException, IOException, SourceException, InterruptedException {
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < size; i++) {
      threads.add(Thread.ofPlatform().name("postgres-" + i).start(this::member));
    }
    try {
      for (Thread thread : threads) {
        thread.join();
      }
    } catch (InterruptedException e) {
      fail(e);
      for (Thread thread : threads) {
        thread.interrupt();
        joinUninterrupted(thread);
      }
      throw e;
    }
    Throwable first = failure.get();
    switch (first) {
      case null -> {}
      case SQLException e -> throw e;
      case IOException e -> throw e;
      case SourceException e -> throw e;
      case InterruptedException e -> throw e;
      case RuntimeException e -> throw e;
      case Error e -> throw e;
      default -> throw new IllegalStateException(first);
    }
  }

  private static void joinUninterrupted(Thread thread) {
    while (thread.isAlive()) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        // Asked again to stop: that is what is being done.
        thread.interrupt();
      }
    }
  }

  private void member() {
    try (Worker worker = new Worker()) {
      for (Job job = jobs.poll(); job != null && failure.get() == null; job = jobs.poll()) {
        job.run(worker);
      }
    } catch (Throwable e) {
      fail(e);
    }
  }

  private void fail(Throwable e) {
    if (!failure.compareAndSet(null, e)) {
      return;
    }
    for (Subprocess program : programs) {
      program.close();
    }
    for (Connection session : sessions) {
      try {
        session.unwrap(PGConnection.class).cancelQuery();
      } catch (SQLException ignored) {
        // It is gone already, which is what is wanted.
      }
    }
  }

  /** What a job works with; of one thread. */
  final class Worker implements AutoCloseable {
    private @Nullable Connection session;

    /** The session of this thread, opened when first asked for. */
    Connection session() throws SQLException {
      if (session == null) {
        session = opener.open();
        sessions.add(session);
      }
      return session;
    }

    /** Has a program killed when another job fails; the job itself closes it. */
    Subprocess watch(Subprocess program) {
      programs.add(program);
      if (failure.get() != null) {
        program.close();
      }
      return program;
    }

    void unwatch(Subprocess program) {
      programs.remove(program);
    }

    @Override
    public void close() throws SQLException {
      if (session != null) {
        sessions.remove(session);
        session.close();
      }
    }
  }
}
