package dev.lifeboat.schedules.alert;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;

/**
 * Where the queue is. Several processes use it at once, and each transaction is alone: what it
 * wrote is safe when it returns; of one that did not return, all or nothing is there.
 */
interface AlertStore {
  /** What is done in a transaction. */
  @FunctionalInterface
  interface Work<T> {
    T in(Connection connection) throws SQLException;
  }

  /** The right to send messages, until it is closed or its process is gone. */
  interface Sending extends AutoCloseable {
    @Override
    void close();
  }

  /** Whether there may be anything in it. */
  boolean exists();

  /** Whether there may be new messages by somebody else since this was asked last. Cheap. */
  boolean isChanged();

  /**
   * Does something in one transaction, to its end even if the caller is interrupted: the interrupt
   * stays with the caller.
   *
   * @throws AlertQueueException if the database cannot be opened, read or written; then nothing of
   *     it was done
   */
  <T> T transact(Work<T> work);

  /** The right to send, which one process has at a time; nothing if others have it for so long. */
  Optional<Sending> send(Duration wait) throws InterruptedException;
}
