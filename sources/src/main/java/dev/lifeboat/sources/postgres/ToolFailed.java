package dev.lifeboat.sources.postgres;

import java.io.IOException;

/** A program ended otherwise than well; the message has what it said. */
final class ToolFailed extends IOException {
  ToolFailed(String message) {
    super(message);
  }

  /** Whether it gave up waiting for a lock, so that trying again later makes sense. */
  boolean isLockTimeout() {
    String text = String.valueOf(getMessage());
    return text.contains("lock timeout") || text.contains("could not obtain lock");
  }
}
