package dev.lifeboat.jobs.report;

import java.util.ArrayList;
import java.util.List;

/** Columns as wide as their widest cell, two spaces apart. */
final class TextTable {
  private final List<Boolean> right = new ArrayList<>();
  private final List<List<String>> rows = new ArrayList<>();

  /**
   * @param headings one for each column; one that starts with {@code >} is right-aligned
   */
  TextTable(String... headings) {
    if (headings.length > 0) {
      rows.add(new ArrayList<>());
      columns(headings);
    }
  }

  /** More columns, before the first row. */
  TextTable columns(String... headings) {
    for (String heading : headings) {
      right.add(heading.startsWith(">"));
      rows.getFirst().add(heading.startsWith(">") ? heading.substring(1) : heading);
    }
    return this;
  }

  TextTable row(String... cells) {
    rows.add(new ArrayList<>(List.of(cells)));
    return this;
  }

  /** More cells for the row added last. */
  TextTable more(String... cells) {
    rows.getLast().addAll(List.of(cells));
    return this;
  }

  List<String> lines() {
    int columns = rows.stream().mapToInt(List::size).max().orElse(0);
    int[] widths = new int[columns];
    for (List<String> row : rows) {
      for (int i = 0; i < row.size(); i++) {
        widths[i] = Math.max(widths[i], width(row.get(i)));
      }
    }
    return rows.stream().map(row -> line(row, widths)).toList();
  }

  private String line(List<String> row, int[] widths) {
    StringBuilder line = new StringBuilder();
    for (int i = 0; i < row.size(); i++) {
      String padding = " ".repeat(widths[i] - width(row.get(i)));
      boolean aligned = i < right.size() && right.get(i);
      line.append(i == 0 ? "" : "  ").append(aligned ? padding + row.get(i) : row.get(i) + padding);
    }
    return line.toString().stripTrailing();
  }

  private static int width(String cell) {
    return cell.codePointCount(0, cell.length());
  }
}
