package dev.lifeboat.schedules.alert;

import java.time.Instant;
import java.util.List;

/**
 * A way to people. Safe for use by one thread at a time.
 *
 * <p>Messages, exceptions and results of it never show a secret, nor an address that is one.
 */
public interface Channel {

  /** Whether many notices make one message; otherwise each is sent alone. */
  boolean groups();

  /** Whether a trouble stays open there until a resolution comes. */
  boolean keepsState();

  /**
   * Sends. All of the notices were taken, or, as far as anybody can know, none was; sending them
   * again does no harm but that somebody reads them twice.
   *
   * @param notices at least one, the oldest first; only one unless {@link #groups}
   * @throws InterruptedException if it was told to stop: nobody knows whether they were taken
   */
  Delivery send(List<Notice> notices, Instant now) throws InterruptedException;
}
