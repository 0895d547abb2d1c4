package dev.lifeboat.verify.drill;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The order in which datasets come back: what others need comes before them. */
public final class DatasetOrder {
  private final Map<String, List<String>> needs;
  private final Set<String> done = new LinkedHashSet<>();

  private DatasetOrder(Map<String, List<String>> needs) {
    this.needs = needs;
  }

  /**
   * Sorts.
   *
   * @param ids {@code tenant/name}, in the order that is kept where nothing is needed
   * @param needs ids to the ids that they need; others than in {@code ids} are ignored
   * @throws IllegalArgumentException if some need each other, naming them
   */
  public static List<String> of(List<String> ids, Map<String, List<String>> needs) {
    DatasetOrder order = new DatasetOrder(needs);
    for (String id : ids) {
      order.visit(id, new ArrayList<>());
    }
    order.done.retainAll(ids);
    return List.copyOf(order.done);
  }

  private void visit(String id, List<String> path) {
    if (path.contains(id)) {
      throw new IllegalArgumentException(
          "datasets need each other: %s, %s".formatted(String.join(", ", path), id));
    }
    if (done.contains(id)) {
      return;
    }
    path.add(id);
    for (String needed : needs.getOrDefault(id, List.of())) {
      visit(needed, path);
    }
    path.removeLast();
    done.add(id);
  }
}
