package dev.lifeboat.sources;

import org.jspecify.annotations.Nullable;

/** A source or target cannot be worked with; the message names it and says what to do. */
public abstract sealed class SourceException extends Exception {
  private SourceException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }

  /** It does not answer, or does not let us in. Nothing was changed. */
  public static final class Unreachable extends SourceException {
    public Unreachable(String message, @Nullable Throwable cause) {
      super(message, cause);
    }
  }

  /** What is asked cannot be done there: refused before anything was changed. */
  public static final class Refused extends SourceException {
    public Refused(String message) {
      super(message, null);
    }
  }

  /** It failed on the way. */
  public static final class Failed extends SourceException {
    public Failed(String message, @Nullable Throwable cause) {
      super(message, cause);
    }
  }
}
