package dev.lifeboat.vault.region.s3;

import java.util.Optional;
import java.util.function.Consumer;

/**
 * What is known of {@code If-None-Match: *} in a bucket. Some services ignore it, always or only in
 * buckets with versions; then an object that is there is looked for before it is stored, and of two
 * who store the same key at the same moment both may believe that they made it.
 */
final class ConditionalPuts {
  /** Three states, as told by the service's own answers. */
  enum State {
    /** Not yet known: look first, and ask for it all the same. */
    UNKNOWN,
    /** The service refuses to store a key twice. */
    HONOURED,
    /** It stores it all the same. */
    IGNORED,
    /** It refuses the header: never send it. */
    REFUSED
  }

  private final Consumer<Boolean> learnt;
  private volatile State state;
  private boolean trying;

  ConditionalPuts(Optional<Boolean> known) {
    this(known, _ -> {});
  }

  /**
   * @param learnt told when it becomes known whether the service honours the header
   */
  ConditionalPuts(Optional<Boolean> known, Consumer<Boolean> learnt) {
    this.learnt = learnt;
    this.state = known.map(yes -> yes ? State.HONOURED : State.IGNORED).orElse(State.UNKNOWN);
  }

  State state() {
    return state;
  }

  void learn(State found) {
    state = found;
    if (found == State.HONOURED || found == State.IGNORED) {
      learnt.accept(found == State.HONOURED);
    }
  }

  /** Whether the caller is to find out; only one at a time is. */
  synchronized boolean beginTrial() {
    if (state != State.UNKNOWN || trying) {
      return false;
    }
    trying = true;
    return true;
  }

  synchronized void endTrial() {
    trying = false;
  }
}
