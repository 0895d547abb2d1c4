package dev.lifeboat.verify.drill;

import java.math.BigDecimal;
import java.net.URI;
import java.time.Duration;
import java.util.Optional;
import java.util.regex.Pattern;

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
   * An application that is started on what was brought back, and answers. It is started as {@link
   * Command}s are, but reaches the network as this process does: there is no other way to reach it.
   *
   * @param start command for {@code /bin/sh}; whatever it starts is ended afterwards
   * @param address of this host alone, {@code http} with a port
   * @param contains that has to be in the answer
   * @param within how long it may take until it answers like that
   */
  record Http(
      String name,
      Optional<String> dataset,
      String start,
      URI address,
      int status,
      Optional<String> contains,
      Duration within)
      implements CustomCheck {
    private static final Pattern LOOPBACK =
        Pattern.compile("localhost|127(\\.[0-9]{1,3}){3}|\\[::1]");

    public Http {
      boolean loopback =
          "http".equals(address.getScheme())
              && address.getHost() != null
              && LOOPBACK.matcher(address.getHost()).matches()
              && address.getPort() > 0
              && address.getUserInfo() == null;
      if (!loopback) {
        throw new IllegalArgumentException(
            "check '%s': %s is no address of this host alone; write http://127.0.0.1:PORT/PATH"
                .formatted(name, address));
      }
      if (status < 100 || status > 599) {
        throw new IllegalArgumentException(
            "check '%s': %d is no status of HTTP".formatted(name, status));
      }
      if (!within.isPositive()) {
        throw new IllegalArgumentException(
            "check '%s': within: nothing answers in no time".formatted(name));
      }
    }

    /** The answer that passes, in words. */
    String expected() {
      return "%d from %s%s"
          .formatted(
              status, address, contains.map(text -> " with '%s' in it".formatted(text)).orElse(""));
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
