package dev.lifeboat.vault.region;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A region did not do what was asked. The kind tells whether to ask again. */
public abstract sealed class RegionException extends IOException {
  private final RegionName region;

  private RegionException(RegionName region, String message, @Nullable Throwable cause) {
    super("region " + region + ": " + message, cause);
    this.region = region;
  }

  public RegionName region() {
    return region;
  }

  /** Busy, slow, or out of reach: asking again may help. A put may or may not have happened. */
  public static final class Transient extends RegionException {
    private final Duration pause;

    public Transient(RegionName region, String message, @Nullable Throwable cause) {
      this(region, message, cause, Duration.ZERO);
    }

    /**
     * As the other, where the region told how long it wants to be left alone.
     *
     * @param pause at least so long
     */
    public Transient(RegionName region, String message, @Nullable Throwable cause, Duration pause) {
      super(region, message, cause);
      this.pause = pause;
    }

    /** How long the region asked to be left alone; zero if it did not. */
    public Duration pause() {
      return pause;
    }
  }

  /** Asking again will not help: no permission, disk full, wrong configuration. */
  public static final class Permanent extends RegionException {
    public Permanent(RegionName region, String message, @Nullable Throwable cause) {
      super(region, message, cause);
    }
  }

  /** The object is not there, or ends before the range that was asked for. */
  public static final class Missing extends RegionException {
    public Missing(RegionName region, ObjectKey key, String detail) {
      super(region, key + " " + detail, null);
    }
  }

  /** The region keeps the object until its lock ends, whoever asks: a state, not a fault. */
  public static final class Locked extends RegionException {
    private final transient @Nullable Instant until;

    /**
     * @param until {@code null} if the region does not tell
     */
    public Locked(RegionName region, ObjectKey key, @Nullable Instant until) {
      super(
          region,
          until == null
              ? "%s is kept by lock".formatted(key)
              : "%s is kept by lock until %s".formatted(key, until),
          null);
      this.until = until;
    }

    /** When the lock ends, if the region tells. */
    public Optional<Instant> until() {
      return Optional.ofNullable(until);
    }
  }

  /** The key is taken by an object of another length: nothing was written. */
  public static final class Conflict extends RegionException {
    public Conflict(RegionName region, ObjectKey key, long stored, long offered) {
      super(
          region,
          "%s exists with %d bytes; refusing to store %d others under it"
              .formatted(key, stored, offered),
          null);
    }
  }

  /**
   * An object is there under its name of which nobody knows whether its bytes are right, and that
   * could not be removed. Storing it would take it for the right one.
   */
  public static final class Doubtful extends RegionException {
    public Doubtful(RegionName region, ObjectKey key, Throwable cause) {
      super(
          region,
          "%s was copied by the service, which does not vouch for it, and could neither be overwritten nor removed (%s); run: lifeboat verify --ciphertext --heal --region %s"
              .formatted(key, cause.getMessage(), region),
          cause);
    }
  }
}
