package dev.lifeboat.sources.posix;

import java.io.IOException;
import java.util.Arrays;

/** A system call failed. */
public final class PosixException extends IOException {
  private final Errno errno;
  private final String operation;
  private final String subject;

  /**
   * @param number the errno
   */
  public PosixException(String operation, String subject, int number) {
    super(message(operation, subject, number));
    this.errno = Errno.of(number);
    this.operation = operation;
    this.subject = subject;
  }

  private static String message(String operation, String subject, int number) {
    Errno errno = Errno.of(number);
    return "%s%s%s: %s (%s)"
        .formatted(
            operation,
            subject.isEmpty() ? "" : " ",
            subject,
            errno.text(),
            errno == Errno.OTHER ? "errno " + number : errno.name());
  }

  @Override
  public String getMessage() {
    return String.valueOf(super.getMessage());
  }

  public Errno errno() {
    return errno;
  }

  /** Whether it is one of these errors. */
  public boolean is(Errno... errors) {
    return Arrays.asList(errors).contains(errno);
  }

  /** The system call. */
  public String operation() {
    return operation;
  }

  /** What it was called for: a name or a path, escaped for people. */
  public String subject() {
    return subject;
  }
}
