package dev.lifeboat.sources.directory;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One pattern of {@link Excludes}.
 *
 * @param anchored whether it is matched against the whole path, and not the last name alone
 * @param globs one for each component; {@code null} is {@code **}
 */
record Rule(boolean negated, boolean anchored, boolean directoryOnly, List<@Nullable Glob> globs) {

  /** {@code null} for a line that means nothing. */
  static @Nullable Rule parse(byte[] line) {
    byte[] text = strip(line);
    if (text.length == 0 || text[0] == '#') {
      return null;
    }
    int from = 0;
    boolean negated = text[0] == '!';
    if (negated) {
      from++;
    }
    int to = text.length;
    boolean directoryOnly = false;
    while (to > from && text[to - 1] == '/') {
      directoryOnly = true;
      to--;
    }
    if (to == from) {
      throw new IllegalArgumentException(
          "exclude pattern '%s' matches nothing".formatted(RuleText.display(line)));
    }
    boolean anchored = false;
    List<@Nullable Glob> globs = new ArrayList<>();
    int start = from;
    for (int at = from; at <= to; at++) {
      if (at < to && text[at] != '/') {
        continue;
      }
      anchored |= at < to;
      byte[] component = Arrays.copyOfRange(text, start, at);
      if (component.length == 2 && component[0] == '*' && component[1] == '*') {
        globs.add(null);
      } else if (component.length > 0) {
        globs.add(Glob.compile(component, line));
      }
      start = at + 1;
    }
    return new Rule(negated, anchored, directoryOnly, globs);
  }

  /** Without blanks and line ends behind it, unless the last blank is escaped. */
  private static byte[] strip(byte[] line) {
    int end = line.length;
    while (end > 0 && (line[end - 1] == '\n' || line[end - 1] == '\r')) {
      end--;
    }
    while (end > 0 && (line[end - 1] == ' ' || line[end - 1] == '\t')) {
      int escapes = 0;
      while (end - 2 - escapes >= 0 && line[end - 2 - escapes] == '\\') {
        escapes++;
      }
      if (escapes % 2 == 1) {
        break;
      }
      end--;
    }
    return Arrays.copyOf(line, end);
  }

  boolean matches(List<byte[]> path, boolean directory) {
    if (directoryOnly && !directory) {
      return false;
    }
    if (!anchored) {
      Glob glob = globs.getFirst();
      return glob == null || glob.matches(path.getLast());
    }
    return matches(0, path, 0);
  }

  private boolean matches(int glob, List<byte[]> path, int at) {
    if (glob == globs.size()) {
      return at == path.size();
    }
    Glob wanted = globs.get(glob);
    if (wanted == null) {
      // At the end it is all that lies within, not the directory itself.
      int least = glob == globs.size() - 1 ? at + 1 : at;
      for (int next = least; next <= path.size(); next++) {
        if (matches(glob + 1, path, next)) {
          return true;
        }
      }
      return false;
    }
    return at < path.size() && wanted.matches(path.get(at)) && matches(glob + 1, path, at + 1);
  }
}
