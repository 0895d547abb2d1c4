package dev.lifeboat.verify.audit;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;

/** What differs between two configurations, value by value. Shows what it is given: mask first. */
public final class Differences {
  private Differences() {}

  /**
   * One value.
   *
   * @param key such as {@code datasets[crm].rpo}: entries of a list go by their names
   */
  public record Difference(String key, Optional<String> before, Optional<String> after) {}

  /** In the order of the keys; empty if both say the same. */
  public static List<Difference> between(Map<String, String> before, Map<String, String> after) {
    List<Difference> differences = new ArrayList<>();
    TreeSet<String> keys = new TreeSet<>(before.keySet());
    keys.addAll(after.keySet());
    for (String key : keys) {
      Optional<String> old = Optional.ofNullable(before.get(key));
      Optional<String> now = Optional.ofNullable(after.get(key));
      if (!old.equals(now)) {
        differences.add(new Difference(key, old, now));
      }
    }
    return differences;
  }

  /** Maps and lists as single values by their paths. */
  public static Map<String, String> flat(Map<String, ?> view) {
    Map<String, String> flat = new LinkedHashMap<>();
    add(flat, "", view);
    return flat;
  }

  private static void add(Map<String, String> flat, String path, Object value) {
    switch (value) {
      case Map<?, ?> map ->
          map.forEach((key, each) -> add(flat, path.isEmpty() ? "" + key : path + "." + key, each));
      case List<?> list -> {
        for (int i = 0; i < list.size(); i++) {
          Object each = list.get(i);
          String name =
              each instanceof Map<?, ?> map && map.get("name") != null
                  ? (map.get("tenant") == null ? "" : map.get("tenant") + "/") + map.get("name")
                  : "" + i;
          add(flat, "%s[%s]".formatted(path, name), each);
        }
      }
      default -> flat.put(path, value.toString());
    }
  }
}
