package dev.lifeboat.schedules.store;

import java.io.Serial;

/** The shared database cannot be used now. Nothing of what was tried was done, or all of it. */
public final class SharedStoreException extends RuntimeException {
  @Serial private static final long serialVersionUID = 1;

  public SharedStoreException(String message, Throwable cause) {
    super(message, cause);
  }

  SharedStoreException(String message) {
    super(message);
  }
}
