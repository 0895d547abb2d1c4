package dev.lifeboat.schedules;

import java.time.Instant;
import java.util.Optional;

/** Where one may pass at a time: of those that wait, the one of the highest priority goes first. */
interface Lane extends AutoCloseable {
  /** The right to pass, until it is closed. */
  interface Pass extends AutoCloseable {
    /** Lets the next one in. */
    @Override
    void close();
  }

  /** Waits for its turn; nothing if there will be none any more. */
  Optional<Pass> enter(int priority, Instant due);

  /** Lets nobody in any more. */
  @Override
  void close();
}
