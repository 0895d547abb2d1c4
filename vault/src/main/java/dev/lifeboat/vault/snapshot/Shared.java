package dev.lifeboat.vault.snapshot;

import java.util.concurrent.ConcurrentHashMap;
import java.util.function.UnaryOperator;

/**
 * Holds equal immutable values once: a hundred thousand snapshots name the same few programs,
 * datasets and regions, and a list of them would mostly be copies. Forgets everything when there
 * are more than a few values, so that it never holds much itself.
 */
final class Shared<T> {
  private static final int LIMIT = 4096;

  private final ConcurrentHashMap<T, T> values = new ConcurrentHashMap<>();

  /**
   * The value that is held, equal to this one.
   *
   * @param copy makes an immutable copy, if the value is not held yet
   */
  T of(T value, UnaryOperator<T> copy) {
    T held = values.get(value);
    if (held != null) {
      return held;
    }
    if (values.size() >= LIMIT) {
      values.clear();
    }
    T fresh = copy.apply(value);
    T before = values.putIfAbsent(fresh, fresh);
    return before == null ? fresh : before;
  }

  /** As {@link #of(Object, UnaryOperator)}, for a value that is immutable itself. */
  T of(T value) {
    return of(value, same -> same);
  }
}
