package dev.lifeboat.jobs;

/** Errors in the words of a report. */
final class Failures {
  private Failures() {}

  /** The message, or the kind of error where there is none. */
  static String message(Throwable error) {
    String message = error.getMessage();
    return message == null || message.isBlank() ? error.getClass().getSimpleName() : message;
  }
}
