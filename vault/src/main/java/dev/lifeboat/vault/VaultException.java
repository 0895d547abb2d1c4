package dev.lifeboat.vault;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The vault could not do what was asked. Each kind answers what the caller does next; the command
 * line gives each its own exit code.
 *
 * <p>Unchecked, so that a source which handles the {@link java.io.IOException} of an unreadable
 * file can never mistake a failing vault for one.
 */
public abstract sealed class VaultException extends RuntimeException {
  private VaultException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }

  /** Bytes that should be there are missing or wrong in every region that was asked. */
  public static final class Damaged extends VaultException {
    public Damaged(String message) {
      super(message, null);
    }

    public Damaged(String message, Throwable cause) {
      super(message, cause);
    }
  }

  /** The key that would open this is not here, or is the wrong one. */
  public static final class KeyUnavailable extends VaultException {
    public KeyUnavailable(String message) {
      super(message, null);
    }

    public KeyUnavailable(String message, Throwable cause) {
      super(message, cause);
    }
  }

  /** A signature is missing, wrong, or by someone the vault does not know. */
  public static final class Untrusted extends VaultException {
    public Untrusted(String message) {
      super(message, null);
    }
  }

  /** Written by a version of the format that this program does not know. */
  public static final class UnsupportedFormat extends VaultException {
    public UnsupportedFormat(String what, int found, int supported) {
      super(
          "%s has format version %d; this program reads version %d: use a newer lifeboat"
              .formatted(what, found, supported),
          null);
    }

    private UnsupportedFormat(String message) {
      super(message, null);
    }

    /** The version is known, but the algorithms are not. */
    public static UnsupportedFormat suite(String what, int found, int supported) {
      return new UnsupportedFormat(
          "%s is sealed with suite %d; this program knows suite %d: use a newer lifeboat"
              .formatted(what, found, supported));
    }
  }

  /** Fewer regions answer than are needed. Safe to try again later. */
  public static final class Unreachable extends VaultException {
    public Unreachable(String message, List<? extends Throwable> causes) {
      super(message, causes.isEmpty() ? null : causes.getFirst());
      causes.stream().skip(1).forEach(this::addSuppressed);
    }
  }

  /** Somebody else holds what is needed, or already wrote something different. */
  public static final class Conflict extends VaultException {
    public Conflict(String message) {
      super(message, null);
    }
  }

  /** The named snapshot, dataset, tenant or path does not exist. */
  public static final class NotFound extends VaultException {
    public NotFound(String message) {
      super(message, null);
    }
  }
}
