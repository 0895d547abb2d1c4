package dev.lifeboat.vault.engine;

import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** The first thing that went wrong in a session; after it nothing goes on. */
final class Failure {
  private final AtomicReference<@Nullable Throwable> first = new AtomicReference<>();

  /** Notes a failure unless there is one. */
  void set(Throwable failure) {
    first.compareAndSet(null, failure);
  }

  boolean isSet() {
    return first.get() != null;
  }

  /**
   * Throws what was noted, if anything was.
   *
   * @throws dev.lifeboat.vault.VaultException as it was thrown
   */
  void check() {
    Throwable failure = first.get();
    if (failure instanceof RuntimeException e) {
      throw e;
    }
    if (failure instanceof Error e) {
      throw e;
    }
    if (failure != null) {
      throw new IllegalStateException(failure);
    }
  }
}
