package dev.lifeboat.cli;

/** A command cannot go on; says so in one sentence and with its own exit code. */
public final class CliException extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final ExitCode code;

  /**
   * Ends the command.
   *
   * @param message what is wrong, with what, and what to do
   */
  public CliException(ExitCode code, String message) {
    super(message);
    this.code = code;
  }

  public ExitCode code() {
    return code;
  }
}
