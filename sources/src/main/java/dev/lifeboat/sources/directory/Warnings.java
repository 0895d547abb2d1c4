package dev.lifeboat.sources.directory;

import dev.lifeboat.vault.tree.TreePath;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** What a target could not take, counted. Used by many threads. */
final class Warnings {
  private static final int EXAMPLES = 5;

  private static final class Count {
    long nodes;
    final List<String> examples = new ArrayList<>();
  }

  private final Map<WriteWarning.Kind, Count> counts = new EnumMap<>(WriteWarning.Kind.class);

  synchronized void add(WriteWarning.Kind kind, TreePath path, String detail) {
    Count count = counts.computeIfAbsent(kind, _ -> new Count());
    count.nodes++;
    if (count.examples.size() < EXAMPLES) {
      count.examples.add(path + ": " + detail);
    }
  }

  synchronized List<WriteWarning> all() {
    return counts.entrySet().stream()
        .map(e -> new WriteWarning(e.getKey(), e.getValue().nodes, e.getValue().examples))
        .toList();
  }
}
