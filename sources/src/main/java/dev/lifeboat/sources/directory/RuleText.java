package dev.lifeboat.sources.directory;

import java.nio.charset.StandardCharsets;

/** Patterns in messages. */
final class RuleText {
  private RuleText() {}

  static String display(byte[] pattern) {
    return new String(pattern, StandardCharsets.UTF_8).strip();
  }
}
