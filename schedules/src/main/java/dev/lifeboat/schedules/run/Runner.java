package dev.lifeboat.schedules.run;

import dev.lifeboat.jobs.ProcessOwner;
import dev.lifeboat.schedules.run.Run.State;
import dev.lifeboat.schedules.store.SharedStoreException;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Does runs: keeps them in the {@link RunBook}, tells the listeners, and ends those that take too
 * long or that somebody wants ended. Safe for use by many threads; each run is on the thread that
 * asks for it.
 */
public final class Runner {
  private static final Logger LOG = Logger.getLogger(Runner.class.getName());
  private static final Duration LOOK = Duration.ofMillis(500);
  private static final Duration KEEP_AGAIN = Duration.ofSeconds(2);

  private final RunBook book;
  private final List<RunListener> listeners;
  private final Clock clock;
  private final Work work;
  private final Duration stopWithin;
  private final Set<Guard> guards = new HashSet<>();
  private volatile @Nullable BatchExecutions executions;
  private boolean closing;

  /** Does what a run is for. */
  @FunctionalInterface
  public interface Work {
    /**
     * Runs it to its end, on the calling thread.
     *
     * @param log what is printed there is kept with the run
     * @return its exit code
     * @throws InterruptedException if it was told to stop, by an interrupt of the thread, and has
     *     not come to its end
     */
    int run(Run run, PrintStream log) throws InterruptedException;
  }

  /**
   * @param stopWithin how long a run that was told to stop may take; one that does not is stuck
   */
  public Runner(
      RunBook book, List<RunListener> listeners, Clock clock, Duration stopWithin, Work work) {
    this.stopWithin = stopWithin;
    this.book = book;
    this.listeners = List.copyOf(listeners);
    this.clock = clock;
    this.work = work;
  }

  /** From now on attempts are kept as executions of Spring Batch too. */
  public void keepIn(BatchExecutions where) {
    executions = where;
  }

  /** Where runs are kept. */
  public RunBook book() {
    return book;
  }

  /**
   * Runs a job that is due, or goes on with its run that was interrupted.
   *
   * @param covers how many times that it was due, until now, the run stands for
   * @param atMost how long it may take
   * @return as it is kept
   */
  public Run run(
      String job,
      List<String> command,
      Instant due,
      int covers,
      Instant now,
      Optional<Duration> atMost) {
    String id = Run.idOf(job, due);
    Run run =
        book.find(id)
            .map(before -> before.again(now, covers))
            .orElseGet(() -> fresh(id, job, command, Run.Cause.SCHEDULE, due, covers, now));
    return run(run, atMost);
  }

  /** A run that has not begun. */
  public static Run fresh(
      String id,
      String job,
      List<String> command,
      Run.Cause cause,
      Instant due,
      int covers,
      Instant now) {
    return new Run(
        id,
        job,
        command,
        cause,
        due,
        covers,
        1,
        now,
        Optional.empty(),
        State.RUNNING,
        Optional.empty(),
        "",
        Optional.empty(),
        ProcessOwner.self());
  }

  /** Does an attempt at a run. */
  public Run run(Run run, Optional<Duration> atMost) {
    book.answered(run.id());
    book.save(run);
    tell(listener -> listener.begins(run));
    Run ended = kept(finished(run, atMost));
    tell(listener -> listener.ends(ended));
    return ended;
  }

  /** Keeps how a run ended, however long the store is away: until it is told to stop itself. */
  private Run kept(Run over) {
    boolean told = false;
    while (true) {
      try {
        book.answered(over.id());
        // What the command itself noted meanwhile stays.
        return book.save(book.find(over.id()).flatMap(Run::night).map(over::of).orElse(over));
      } catch (SharedStoreException e) {
        if (isClosing()) {
          throw e;
        }
        if (!told) {
          told = true;
          LOG.log(
              Level.WARNING,
              "the run {0} has ended, {1}; that is kept as soon as it can be: {2}",
              new Object[] {over.id(), over.state(), e.getMessage()});
        }
        try {
          TimeUnit.MILLISECONDS.sleep(KEEP_AGAIN.toMillis());
        } catch (InterruptedException interrupted) {
          Thread.currentThread().interrupt();
          throw e;
        }
      }
    }
  }

  private boolean isClosing() {
    synchronized (guards) {
      return closing;
    }
  }

  private Run finished(Run run, Optional<Duration> atMost) {
    Guard guard = new Guard(run, atMost);
    Optional<Integer> code = Optional.empty();
    String what = "";
    boolean cut = false;
    try (PrintStream log = log(run)) {
      guard.watch();
      try {
        BatchExecutions keeping = executions;
        code = Optional.of(keeping == null ? work.run(run, log) : keeping.run(run, log, work));
      } catch (InterruptedException e) {
        cut = true;
      }
    } catch (RuntimeException e) {
      LOG.log(Level.WARNING, "the run " + run.id() + " ended with an error", e);
      what = "it ended with an error that should not happen: " + e;
    } finally {
      guard.release();
    }
    State ordered = guard.ordered();
    Optional<Instant> now = Optional.of(clock.instant());
    if (code.filter(number -> number == 0).isPresent()) {
      return run.with(State.DONE, now, code, "");
    }
    if (ordered == State.OVERRAN) {
      return run.with(
          State.OVERRAN, now, code, "ended because it took longer than " + atMost.orElseThrow());
    }
    // What was told to stop and ends otherwise than well was stopped, whatever it says of it.
    if (cut || ordered != null) {
      return run.with(
          ordered == State.STOPPED ? State.STOPPED : State.INTERRUPTED,
          now,
          code,
          ordered == State.STOPPED ? "somebody stopped it" : "");
    }
    return run.with(State.FAILED, now, code, what);
  }

  private PrintStream log(Run run) {
    OutputStream out;
    try {
      out = book.log(run);
    } catch (IOException | SharedStoreException e) {
      LOG.log(Level.WARNING, "cannot keep what " + run.id() + " prints", e);
      out = OutputStream.nullOutputStream();
    }
    return new PrintStream(out, true, StandardCharsets.UTF_8);
  }

  /** Keeps that a job was due and is not run. */
  public void leaveOut(
      String job, List<String> command, Instant due, int covers, String why, Instant now) {
    Run run =
        book.save(
            fresh(Run.idOf(job, due), job, command, Run.Cause.SCHEDULE, due, covers, now)
                .with(State.NOT_RUN, Optional.of(now), Optional.empty(), why));
    tell(listener -> listener.leftOut(run));
  }

  /** Keeps that nothing will go on with a run that was cut short. */
  public void giveUp(Run run) {
    Run over =
        book.save(
            run.with(
                State.FAILED,
                Optional.of(clock.instant()),
                Optional.empty(),
                "it was interrupted, and nothing goes on with it by itself"));
    tell(listener -> listener.ends(over));
  }

  /** Whether a run that was told to stop does not. */
  public boolean isStuck() {
    synchronized (guards) {
      return guards.stream().anyMatch(Guard::isStuck);
    }
  }

  /** Tells that one waits. */
  public void waits(String job, String why, Instant until) {
    tell(listener -> listener.waits(job, why, until));
  }

  private void tell(Consumer<RunListener> what) {
    for (RunListener listener : listeners) {
      try {
        what.accept(listener);
      } catch (RuntimeException e) {
        LOG.log(Level.WARNING, "a listener failed: " + listener.getClass().getName(), e);
      }
    }
  }

  /** Tells all runs to stop, those that begin later too: they go on at the next start. */
  public void stop() {
    List<Guard> all;
    synchronized (guards) {
      closing = true;
      all = List.copyOf(guards);
    }
    all.forEach(guard -> guard.order(State.INTERRUPTED));
  }

  /** Tells what runs now to stop: others go on with it. */
  public void abandon() {
    List<Guard> all;
    synchronized (guards) {
      all = List.copyOf(guards);
    }
    all.forEach(guard -> guard.order(State.INTERRUPTED));
  }

  /** Looks after one run on a thread of its own. */
  private final class Guard {
    private final Run run;
    private final Optional<Duration> atMost;
    private final Thread worker = Thread.currentThread();
    private final long begun = System.nanoTime();
    private @Nullable State ordered;
    private long orderedAt;
    private boolean over;

    Guard(Run run, Optional<Duration> atMost) {
      this.run = run;
      this.atMost = atMost;
    }

    void watch() {
      boolean late;
      synchronized (guards) {
        boolean _ = guards.add(this);
        late = closing;
      }
      if (late) {
        order(State.INTERRUPTED);
      }
      Thread.ofVirtual().name("guard of " + run.id()).start(this::look);
    }

    private void look() {
      try {
        while (!isOver()) {
          if (atMost.filter(this::isLonger).isPresent()) {
            order(State.OVERRAN);
          } else if (book.isAskedToStop(run.id())) {
            order(State.STOPPED);
          }
          synchronized (this) {
            if (!over) {
              TimeUnit.MILLISECONDS.timedWait(this, LOOK.toMillis());
            }
          }
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }

    private boolean isLonger(Duration limit) {
      return System.nanoTime() - begun > limit.toNanos();
    }

    private synchronized boolean isOver() {
      return over;
    }

    synchronized @Nullable State ordered() {
      return ordered;
    }

    /** The first order counts; one that comes when it is over does nothing. */
    synchronized void order(State what) {
      if (!over && ordered == null) {
        ordered = what;
        orderedAt = System.nanoTime();
        worker.interrupt();
      }
    }

    synchronized boolean isStuck() {
      return !over && ordered != null && System.nanoTime() - orderedAt > stopWithin.toNanos();
    }

    void release() {
      synchronized (this) {
        over = true;
        notifyAll();
      }
      // The interrupt was for the work: what is left to do is to write down how it ended.
      boolean _ = Thread.interrupted();
      synchronized (guards) {
        boolean _ = guards.remove(this);
      }
    }
  }
}
