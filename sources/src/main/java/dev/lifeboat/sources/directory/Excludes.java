package dev.lifeboat.sources.directory;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Patterns of what is left out, with the meaning they have in {@code .gitignore}. They are matched
 * against bytes.
 *
 * <ul>
 *   <li>{@code *} is any number of bytes within a name, {@code ?} one character, {@code [a-z]} and
 *       {@code [!a-z]} one byte of a set, {@code \} takes the meaning from what follows.
 *   <li>A pattern with a slash at its beginning or middle starts at the root of the dataset; one
 *       without matches a name at any depth.
 *   <li>A slash at the end: directories only.
 *   <li>{@code **} as a whole component is any number of components, none included; at the end, all
 *       that lies within.
 *   <li>{@code !} at the beginning takes back in what an earlier pattern left out. The last pattern
 *       that matches decides. What lies in an excluded directory is not looked at, and so cannot be
 *       taken back in.
 *   <li>Empty lines and those that begin with {@code #} mean nothing; blanks at the end do not
 *       count unless escaped.
 * </ul>
 */
public final class Excludes {
  private final List<Rule> rules;

  private Excludes(List<Rule> rules) {
    this.rules = rules;
  }

  /**
   * Reads patterns, in order.
   *
   * @throws IllegalArgumentException if one cannot be read; the message names it
   */
  public static Excludes compile(List<String> patterns) {
    return compileBytes(
        patterns.stream().map(text -> text.getBytes(StandardCharsets.UTF_8)).toList());
  }

  /** As {@link #compile}, of bytes. */
  public static Excludes compileBytes(List<byte[]> patterns) {
    List<Rule> rules = new ArrayList<>();
    for (byte[] pattern : patterns) {
      Rule rule = Rule.parse(pattern);
      if (rule != null) {
        rules.add(rule);
      }
    }
    return new Excludes(List.copyOf(rules));
  }

  public boolean isEmpty() {
    return rules.isEmpty();
  }

  /**
   * Whether an entry is left out.
   *
   * @param path the components from the root to the entry
   */
  public boolean excludes(List<byte[]> path, boolean directory) {
    for (int i = rules.size() - 1; i >= 0; i--) {
      Rule rule = rules.get(i);
      if (rule.matches(path, directory)) {
        return !rule.negated();
      }
    }
    return false;
  }
}
