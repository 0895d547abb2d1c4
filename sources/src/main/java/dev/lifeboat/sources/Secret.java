package dev.lifeboat.sources;

import java.util.Arrays;

/** A password. Shows nothing of itself; closing wipes it. */
public final class Secret implements AutoCloseable {
  private final char[] characters;

  /** Copies; the caller wipes its own. */
  public Secret(char[] characters) {
    this.characters = characters.clone();
  }

  /** The secret as a string, for interfaces that take nothing else: do not keep or log it. */
  public String exposeSecret() {
    return new String(characters);
  }

  @Override
  public void close() {
    Arrays.fill(characters, '\0');
  }

  @Override
  public String toString() {
    return "Secret[redacted]";
  }
}
