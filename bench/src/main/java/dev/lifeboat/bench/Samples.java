package dev.lifeboat.bench;

import dev.lifeboat.vault.seal.SecretBytes;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.Random;

/** Bytes to measure with, the same in every run. */
final class Samples {
  private static final int WORDS = 5_000;

  private Samples() {}

  static byte[] random(int length) {
    byte[] bytes = new byte[length];
    new Random(1).nextBytes(bytes);
    return bytes;
  }

  /** Words in the frequencies of a language: zstd makes about a third of it. */
  static byte[] text(int length) {
    Random dice = new Random(2);
    byte[][] words = new byte[WORDS][];
    for (int i = 0; i < WORDS; i++) {
      StringBuilder word = new StringBuilder();
      for (int letters = 2 + dice.nextInt(2 + i * 8 / WORDS); letters >= 0; letters--) {
        word.append((char) ('a' + dice.nextInt(26)));
      }
      words[i] = word.append(' ').toString().getBytes(StandardCharsets.US_ASCII);
    }
    byte[] text = new byte[length];
    int at = 0;
    while (at < length) {
      // Rank by an exponential: the frequency of a word falls with its rank, about as Zipf found.
      byte[] word = words[(int) Math.exp(dice.nextDouble() * Math.log(WORDS)) - 1];
      int part = Math.min(word.length, length - at);
      System.arraycopy(word, 0, text, at, part);
      at += part;
    }
    return text;
  }

  static byte[] of(String kind, int length) {
    return switch (kind) {
      case "random" -> random(length);
      case "text" -> text(length);
      default -> throw new IllegalArgumentException(kind);
    };
  }

  /** A key for nothing else than this run. */
  static SecretBytes key() {
    return SecretBytes.random(new SecureRandom());
  }
}
