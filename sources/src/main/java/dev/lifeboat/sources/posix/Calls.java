package dev.lifeboat.sources.posix;

/** What surrounds every native call. */
final class Calls {
  static final int EINTR = 4;

  private Calls() {}

  /** A method handle declares {@code Throwable}; a native function throws nothing. */
  static RuntimeException unexpected(Throwable e) {
    if (e instanceof Error error) {
      throw error;
    }
    if (e instanceof RuntimeException unchecked) {
      return unchecked;
    }
    return new IllegalStateException(e);
  }
}
