package dev.lifeboat.sources;

import dev.lifeboat.vault.snapshot.Expectations;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What came of comparing expectations with what was found.
 *
 * @param compared how many facts were compared; none is no proof of anything
 */
public record Comparison(int compared, List<Difference> differences) {
  public Comparison {
    differences = List.copyOf(differences);
  }

  /**
   * One fact that is not as expected.
   *
   * @param expected empty for something found that was never there
   * @param found empty for something missing
   */
  public record Difference(String fact, Optional<String> expected, Optional<String> found) {}

  /** Compares every fact, in both directions. */
  public static Comparison of(Expectations expected, Expectations found) {
    if (!expected.source().equals(found.source()) || expected.version() != found.version()) {
      throw new IllegalArgumentException(
          "facts of %s %d cannot be compared with facts of %s %d"
              .formatted(expected.source(), expected.version(), found.source(), found.version()));
    }
    List<Difference> differences = new ArrayList<>();
    expected
        .facts()
        .forEach((fact, value) -> {
          Optional<String> actual = Optional.ofNullable(found.facts().get(fact));
          if (!actual.equals(Optional.of(value))) {
            differences.add(new Difference(fact, Optional.of(value), actual));
          }
        });
    found
        .facts()
        .forEach((fact, value) -> {
          if (!expected.facts().containsKey(fact)) {
            differences.add(new Difference(fact, Optional.empty(), Optional.of(value)));
          }
        });
    return new Comparison(expected.facts().size(), differences);
  }

  /** Whether something was compared and nothing differed. */
  public boolean proves() {
    return compared > 0 && differences.isEmpty();
  }
}
