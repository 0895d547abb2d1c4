package dev.lifeboat.vault.tree;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/**
 * A path inside a snapshot, relative to its root. The root itself has no names. Ordered by names, a
 * directory before what it holds.
 */
public record TreePath(List<Name> names) implements Comparable<TreePath> {
  public static final TreePath ROOT = new TreePath(List.of());

  public TreePath {
    names = List.copyOf(names);
  }

  /** Splits bytes at slashes; leading, trailing and repeated slashes do not matter. */
  public static TreePath of(byte[] bytes) {
    List<Name> names = new ArrayList<>();
    int start = 0;
    for (int at = 0; at <= bytes.length; at++) {
      if (at == bytes.length || bytes[at] == '/') {
        if (at > start) {
          names.add(Name.of(Arrays.copyOfRange(bytes, start, at)));
        }
        start = at + 1;
      }
    }
    return new TreePath(names);
  }

  /**
   * Parses what {@link #toString} shows: {@code \xNN} is a byte, {@code \\} a backslash.
   *
   * @throws IllegalArgumentException on any other backslash, or if a component is no name
   */
  public static TreePath parse(String text) {
    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(utf8.length);
    for (int at = 0; at < utf8.length; at++) {
      if (utf8[at] != '\\') {
        bytes.write(utf8[at]);
      } else if (at + 1 < utf8.length && utf8[at + 1] == '\\') {
        bytes.write('\\');
        at++;
      } else if (at + 3 < utf8.length && utf8[at + 1] == 'x') {
        String hex = new String(utf8, at + 2, 2, StandardCharsets.UTF_8);
        try {
          bytes.write(Integer.parseInt(hex, 16));
        } catch (NumberFormatException e) {
          throw new IllegalArgumentException(
              "path '%s': '\\x%s' is not a byte; write \\xNN with two hexadecimal digits"
                  .formatted(text, hex),
              e);
        }
        at += 3;
      } else {
        throw new IllegalArgumentException(
            "path '%s': write a backslash as \\\\ and a byte as \\xNN".formatted(text));
      }
    }
    return of(bytes.toByteArray());
  }

  public TreePath child(Name name) {
    List<Name> longer = new ArrayList<>(names.size() + 1);
    longer.addAll(names);
    longer.add(name);
    return new TreePath(longer);
  }

  public boolean isRoot() {
    return names.isEmpty();
  }

  /** Whether this is {@code other} or lies below it. */
  public boolean startsWith(TreePath other) {
    return names.size() >= other.names.size()
        && names.subList(0, other.names.size()).equals(other.names);
  }

  @Override
  public int compareTo(TreePath other) {
    int shared = Math.min(names.size(), other.names.size());
    for (int i = 0; i < shared; i++) {
      int order = names.get(i).compareTo(other.names.get(i));
      if (order != 0) {
        return order;
      }
    }
    return Integer.compare(names.size(), other.names.size());
  }

  /** For people: see {@link Name#toString}; the root is {@code /}. */
  @Override
  public String toString() {
    return isRoot() ? "/" : names.stream().map(Name::toString).collect(Collectors.joining("/"));
  }
}
