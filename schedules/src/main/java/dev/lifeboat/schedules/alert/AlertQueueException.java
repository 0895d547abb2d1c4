package dev.lifeboat.schedules.alert;

import dev.lifeboat.schedules.store.SharedStoreException;
import java.io.Serial;
import java.nio.file.Path;

/**
 * The queue cannot be used: nothing can be written down. Nothing in the vault is touched by that.
 */
public final class AlertQueueException extends RuntimeException {
  @Serial private static final long serialVersionUID = 1;

  AlertQueueException(Path file, String why, Throwable cause) {
    super(
        "the queue of alerts %s cannot be used: %s; make room if the disk is full, or begin a new queue without what waits in it: mv '%s' '%s.damaged'"
            .formatted(file, why, file, file),
        cause);
  }

  AlertQueueException(SharedStoreException cause) {
    super("the queue of alerts cannot be used: %s".formatted(cause.getMessage()), cause);
  }

  AlertQueueException(String message, AlertQueueException cause) {
    super(message, cause);
  }

  AlertQueueException(Path file, String why) {
    super("the queue of alerts %s cannot be used: %s".formatted(file, why));
  }
}
