package dev.lifeboat.cli.output;

import java.util.ArrayList;
import java.util.List;

/** Aligned columns. */
public final class Table {
  private final List<List<String>> rows = new ArrayList<>();
  private final List<Boolean> right;

  /**
   * A table.
   *
   * @param headings one for each column; one that begins with {@code >} aligns its column right
   */
  public Table(String... headings) {
    right = new ArrayList<>();
    List<String> first = new ArrayList<>();
    for (String heading : headings) {
      boolean numbers = heading.startsWith(">");
      right.add(numbers);
      first.add(numbers ? heading.substring(1) : heading);
    }
    rows.add(first);
  }

  /** Adds a row with as many cells as there are headings. */
  public Table row(String... cells) {
    if (cells.length != right.size()) {
      throw new IllegalArgumentException(
          "%d cells under %d headings".formatted(cells.length, right.size()));
    }
    rows.add(List.of(cells));
    return this;
  }

  public boolean isEmpty() {
    return rows.size() == 1;
  }

  /** Headings and rows, without trailing spaces. */
  public List<String> lines() {
    int[] widths = new int[right.size()];
    for (List<String> row : rows) {
      for (int i = 0; i < widths.length; i++) {
        widths[i] = Math.max(widths[i], width(row.get(i)));
      }
    }
    return rows.stream().map(row -> line(row, widths)).toList();
  }

  private String line(List<String> row, int[] widths) {
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < widths.length; i++) {
      String padding = " ".repeat(widths[i] - width(row.get(i)));
      out.append(i == 0 ? "" : "  ");
      out.append(right.get(i) ? padding + row.get(i) : row.get(i) + padding);
    }
    return out.toString().stripTrailing();
  }

  private static int width(String text) {
    return text.codePointCount(0, text.length());
  }
}
