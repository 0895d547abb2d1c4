package dev.lifeboat.sources.git;

import dev.lifeboat.vault.snapshot.Problem;
import org.jspecify.annotations.Nullable;

/** One repository could not be brought up to date; the message is fit for the operator. */
final class RepositoryFailure extends Exception {
  private static final long serialVersionUID = 1;

  private final Problem.Kind kind;

  RepositoryFailure(Problem.Kind kind, String message, @Nullable Throwable cause) {
    super(message, cause);
    this.kind = kind;
  }

  Problem.Kind kind() {
    return kind;
  }

  /** The mirror itself is broken: it can be made anew from the origin. */
  static final class DamagedMirror extends Exception {
    private static final long serialVersionUID = 1;

    DamagedMirror(String message, @Nullable Throwable cause) {
      super(message, cause);
    }
  }
}
