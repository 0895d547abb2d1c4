package dev.lifeboat.verify.drill;

import java.math.BigDecimal;
import java.time.Duration;
import java.util.Optional;

/** A check that somebody thought of. */
public sealed interface CustomCheck {
  /** What it is called in reports. */
  String name();

  /** The dataset it is about, {@code name} or {@code tenant/name}; empty for each. */
  Optional<String> dataset();

  /**
   * A question in SQL whose answer is known.
   *
   * @param database for a server that has many
   */
  record Sql(
      String name,
      Optional<String> dataset,
      String database,
      String sql,
      Optional<String> equal,
      Optional<BigDecimal> least,
      Optional<BigDecimal> most)
      implements CustomCheck {
    public Sql {
      if (equal.isPresent() == (least.isPresent() || most.isPresent())) {
        throw new IllegalArgumentException(
            "check '%s' needs either the answer that is expected or a range".formatted(name));
      }
    }

    /** The answer that passes, in words. */
    String expected() {
      if (equal.isPresent()) {
        return equal.get();
      }
      if (least.isPresent() && most.isPresent()) {
        return "%s to %s".formatted(least.get().toPlainString(), most.get().toPlainString());
      }
      return least
          .map(value -> "at least " + value.toPlainString())
          .orElseGet(() -> "at most " + most.map(BigDecimal::toPlainString).orElse(""));
    }

    boolean accepts(String answer) {
      if (equal.isPresent()) {
        return equal.get().equals(answer);
      }
      try {
        BigDecimal value = new BigDecimal(answer.strip());
        return least.map(limit -> value.compareTo(limit) >= 0).orElse(true)
            && most.map(limit -> value.compareTo(limit) <= 0).orElse(true);
      } catch (NumberFormatException e) {
        return false;
      }
    }
  }

  /**
   * A command that ends with 0. It runs in {@code /bin/sh} in the directory of the drill, with
   * {@code LIFEBOAT_TARGET} in its environment and nothing of ours.
   *
   * @param output that it must write on its first line, if that matters
   */
  record Command(
      String name,
      Optional<String> dataset,
      String command,
      Optional<String> output,
      Duration timeout)
      implements CustomCheck {}
}
