package dev.lifeboat.vault.seal;

import java.util.Optional;

/** Stands where a body follows. */
final class Pending {
  private Pending() {}

  // The caller says what it would return.
  @SuppressWarnings("TypeParameterUnusedInFormals")
  static <T> T body() {
    return Optional.<T>empty().orElseThrow();
  }
}
