package dev.lifeboat.jobs;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * The state database cannot be used. What is in the vault is not touched by that: moving the file
 * away costs the history of runs, and whatever night was under way begins anew.
 */
public abstract sealed class StateDatabaseException extends RuntimeException {
  private StateDatabaseException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }

  /** Its file is damaged. */
  public static final class Damaged extends StateDatabaseException {
    public Damaged(Path file, String detail, @Nullable Throwable cause) {
      super(
          "state database %s is damaged (%s). It holds only the history of runs, no backups; to begin a new one: mv '%s' '%s.damaged'"
              .formatted(file, detail, file, file),
          cause);
    }
  }

  /** It was written by a newer version of the program. */
  public static final class Newer extends StateDatabaseException {
    public Newer(Path file, int found, int supported) {
      super(
          "state database %s has version %d; this program knows version %d: use a newer lifeboat, or begin a new one without the history of runs: mv '%s' '%s.newer'"
              .formatted(file, found, supported, file, file),
          null);
    }
  }
}
