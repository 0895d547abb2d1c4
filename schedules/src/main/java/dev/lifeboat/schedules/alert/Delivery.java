package dev.lifeboat.schedules.alert;

import java.time.Duration;
import java.util.Optional;

/** What became of an attempt to send. */
public sealed interface Delivery {
  /** Taken by the receiver. */
  record Taken() implements Delivery {}

  /**
   * Nobody answers, or not now.
   *
   * @param why in words, without a secret
   * @param again when the receiver asks to be left alone until then
   */
  record Unreachable(String why, Optional<Duration> again) implements Delivery {}

  /**
   * The receiver does not want it: it will not want it the next time either, unless somebody
   * changes something here or there.
   *
   * @param why in words, without a secret
   */
  record Refused(String why) implements Delivery {}
}
