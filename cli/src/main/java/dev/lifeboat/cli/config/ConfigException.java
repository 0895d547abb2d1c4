package dev.lifeboat.cli.config;

import java.util.List;
import java.util.stream.Collectors;

/** The configuration cannot be used; every problem that could be found at once is named. */
public final class ConfigException extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final transient List<Problem> problems;

  public ConfigException(List<Problem> problems) {
    super(problems.stream().map(Problem::toString).collect(Collectors.joining("\n")));
    this.problems = List.copyOf(problems);
  }

  /** With one problem. */
  public ConfigException(Place place, String key, String message) {
    this(List.of(new Problem(place, key, message)));
  }

  public List<Problem> problems() {
    return problems;
  }

  /**
   * One thing that is wrong.
   *
   * @param key dotted path of the key, for example {@code vault.regions[1].name}; empty for the
   *     document itself
   * @param message what is wrong and what to write instead
   */
  public record Problem(Place place, String key, String message) {
    @Override
    public String toString() {
      return key.isEmpty() ? place + ": " + message : place + ": " + key + ": " + message;
    }
  }
}
