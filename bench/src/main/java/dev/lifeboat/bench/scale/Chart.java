package dev.lifeboat.bench.scale;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;

/**
 * Draws measurements against size: time on the left, memory on the right, both axes logarithmic.
 */
final class Chart {
  private static final String[] COLOURS = {
    "#000000", "#e07b9a", "#8c6d4f", "#9a9a9a", "#1f6fb4", "#2f8f4e", "#c9b458", "#c2571a",
    "#7a4fa3", "#3aa6a6"
  };
  private static final int WIDTH = 460;
  private static final int HEIGHT = 300;
  private static final int LEFT = 62;
  private static final int TOP = 46;

  private final List<Measurement> all;
  private final List<String> works;
  private final StringBuilder svg = new StringBuilder();

  Chart(List<Measurement> all) {
    this.all = List.copyOf(all);
    this.works = all.stream().map(Measurement::work).distinct().toList();
  }

  String draw() {
    svg.append(
        """
        <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1120 460" font-family="sans-serif" font-size="12">
        <rect width="1120" height="460" fill="#ffffff"/>
        """);
    panel(0, "seconds", Measurement::seconds, 0.01, 10_000);
    panel(560, "resident memory, MiB", m -> m.residentBytes() / 1048576.0, 10, 10_000);
    for (int i = 0; i < works.size(); i++) {
      int x = LEFT + 208 * (i % 5);
      int y = 424 + 18 * (i / 5);
      add(
          String.format(
              Locale.ROOT,
              "<rect x='%d' y='%d' width='14' height='4' fill='%s'/>",
              x,
              y,
              COLOURS[i % COLOURS.length]));
      add(String.format(Locale.ROOT, "<text x='%d' y='%d'>%s</text>", x + 20, y + 6, works.get(i)));
    }
    svg.append("</svg>\n");
    return svg.toString();
  }

  private void panel(
      int x, String title, ToDoubleFunction<Measurement> value, double low, double high) {
    double least = all.stream().mapToDouble(Chart::chunks).min().orElse(1);
    double most = Math.max(10 * least, all.stream().mapToDouble(Chart::chunks).max().orElse(1));
    add(
        String.format(
            Locale.ROOT, "<text x='%d' y='26' font-weight='bold'>%s</text>", x + LEFT, title));
    for (double tick = low; tick <= high * 1.001; tick *= 10) {
      double y = TOP + HEIGHT * (1 - share(tick, low, high));
      add(
          String.format(
              Locale.ROOT,
              "<line x1='%d' x2='%d' y1='%.1f' y2='%.1f' stroke='#dddddd'/>",
              x + LEFT,
              x + LEFT + WIDTH,
              y,
              y));
      add(
          String.format(
              Locale.ROOT,
              "<text x='%d' y='%.1f' text-anchor='end'>%s</text>",
              x + LEFT - 6,
              y + 4,
              number(tick)));
    }
    for (long chunks : all.stream().mapToLong(m -> m.size().chunks()).distinct().toArray()) {
      double at = x + LEFT + WIDTH * share((double) chunks, least, most);
      add(
          String.format(
              Locale.ROOT,
              "<text x='%.1f' y='%d' text-anchor='middle'>%s</text>",
              at,
              TOP + HEIGHT + 18,
              chunks >= 1_000_000 ? number(chunks / 1e6) + " M" : number(chunks / 1e3) + " k"));
    }
    add(
        String.format(
            Locale.ROOT,
            "<text x='%d' y='%d' text-anchor='middle'>chunks in the vault</text>",
            x + LEFT + WIDTH / 2,
            TOP + HEIGHT + 38));
    for (int i = 0; i < works.size(); i++) {
      List<String> points = new ArrayList<>();
      for (Measurement m : all) {
        if (m.work().equals(works.get(i))) {
          double at = x + LEFT + WIDTH * share(chunks(m), least, most);
          double y = TOP + HEIGHT * (1 - share(Math.max(value.applyAsDouble(m), low), low, high));
          points.add(String.format(Locale.ROOT, "%.1f,%.1f", at, y));
        }
      }
      add(
          String.format(
              Locale.ROOT,
              "<polyline points='%s' fill='none' stroke='%s' stroke-width='2'/>",
              String.join(" ", points),
              COLOURS[i % COLOURS.length]));
    }
  }

  private static double chunks(Measurement measurement) {
    return (double) measurement.size().chunks();
  }

  private static double share(double value, double low, double high) {
    return Math.log(value / low) / Math.log(high / low);
  }

  private static String number(double value) {
    return value == Math.rint(value)
        ? String.format(Locale.ROOT, "%.0f", value)
        : String.format(Locale.ROOT, "%s", value);
  }

  private void add(String line) {
    svg.append(line).append('\n');
  }
}
