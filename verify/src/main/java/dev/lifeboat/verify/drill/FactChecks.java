package dev.lifeboat.verify.drill;

import dev.lifeboat.sources.Comparison;
import dev.lifeboat.vault.snapshot.Expectations;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** The comparison with what was sealed, as checks that people can read: by what facts are about. */
final class FactChecks {
  private static final int SHOWN = 3;

  private FactChecks() {}

  static List<DrillReport.Check> of(Expectations sealed, Comparison comparison) {
    Map<String, Long> counts = new TreeMap<>();
    sealed
        .facts()
        .keySet()
        .forEach(fact -> counts.merge(group(sealed.source(), fact), 1L, Long::sum));
    Map<String, List<Comparison.Difference>> differences = new TreeMap<>();
    for (Comparison.Difference difference : comparison.differences()) {
      String group = group(sealed.source(), difference.fact());
      counts.putIfAbsent(group, 0L);
      differences.computeIfAbsent(group, _ -> new ArrayList<>()).add(difference);
    }
    List<DrillReport.Check> checks = new ArrayList<>();
    counts.forEach((group, count) -> {
      List<Comparison.Difference> found = differences.getOrDefault(group, List.of());
      checks.add(
          new DrillReport.Check(
              "sealed: " + group,
              count == 1 ? "1 fact as sealed" : count + " facts as sealed",
              found.isEmpty()
                  ? count == 1 ? "1 fact as sealed" : count + " facts as sealed"
                  : "%d differ: %s"
                      .formatted(
                          found.size(),
                          found.stream()
                              .limit(SHOWN)
                              .map(FactChecks::show)
                              .collect(Collectors.joining("; "))),
              // A fact found that was never sealed was looked at too.
              Math.max(count, found.size()),
              found.isEmpty()));
    });
    return checks;
  }

  static String show(Comparison.Difference difference) {
    return "%s: expected %s, found %s"
        .formatted(
            difference.fact(),
            difference.expected().orElse("nothing"),
            difference.found().orElse("nothing"));
  }

  /** What a fact is about. */
  static String group(String source, String fact) {
    if (fact.endsWith("/rows")) {
      return "row counts";
    }
    if (fact.endsWith("/checksum")) {
      return "table checksums";
    }
    if (fact.startsWith("role/")) {
      return "roles";
    }
    if (fact.contains("/extension/")) {
      return "extensions";
    }
    if (fact.contains("/sequence/")) {
      return "sequences";
    }
    if (fact.contains("/ref/") || fact.endsWith("/head")) {
      return "refs";
    }
    return switch (source) {
      case "postgres", "h2" -> "schema";
      case "git" -> fact.contains("/") ? fact.substring(fact.lastIndexOf('/') + 1) : fact;
      default -> fact.startsWith("sparse") ? "sparse files" : fact;
    };
  }
}
