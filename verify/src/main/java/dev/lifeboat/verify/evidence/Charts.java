package dev.lifeboat.verify.evidence;

import dev.lifeboat.verify.drill.DrillReport;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Pictures as inline SVG: when each stage ran, and how times went from drill to drill. */
final class Charts {
  private static final int WIDTH = 760;
  private static final int LEFT = 170;
  private static final int RIGHT = 90;
  private static final int ROW = 24;

  private Charts() {}

  /** One measurement of a drill. */
  record Point(Instant time, Duration value, Optional<Duration> goal, boolean passed) {}

  /** A bar for each stage, over the time since the drill began. */
  static void timeline(Html html, List<DrillReport.Stage> stages) {
    long end = stages.stream().mapToLong(s -> s.began().plus(s.took()).toMillis()).max().orElse(0);
    if (end <= 0) {
      html.el("p", "No stage took any time.");
      return;
    }
    int height = stages.size() * ROW + 34;
    html.raw(
        "<svg class=\"chart\" viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"Stages over time\">"
            .formatted(WIDTH, height));
    int width = WIDTH - LEFT - RIGHT;
    for (int i = 0; i <= 4; i++) {
      int x = LEFT + width * i / 4;
      html.raw(
          "<line class=\"grid\" x1=\"%d\" y1=\"4\" x2=\"%d\" y2=\"%d\"/>"
              .formatted(x, x, height - 26));
      label(html, x, height - 8, "middle", words(Duration.ofMillis(end * i / 4)));
    }
    int y = 4;
    for (DrillReport.Stage stage : stages) {
      double x = LEFT + (double) width * stage.began().toMillis() / end;
      double bar = Math.max(1.5, (double) width * stage.took().toMillis() / end);
      label(html, LEFT - 8, y + 16, "end", stage.name());
      html.raw(
          String.format(
              Locale.ROOT,
              "<rect class=\"%s\" x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"%d\" rx=\"2\"/>",
              stage.overlaps() ? "bar beside" : "bar",
              x,
              y + 4,
              bar,
              ROW - 8));
      label(html, (int) Math.ceil(x + bar) + 6, y + 16, "start", words(stage.took()));
      y += ROW;
    }
    html.raw("</svg>\n");
  }

  /** A line through the measurements, oldest first, and the goal of each. */
  static void trend(Html html, String title, List<Point> points) {
    int height = 170;
    int left = 96;
    int width = WIDTH - left - 12;
    int base = height - 30;
    html.raw("<figure><figcaption>").text(title).raw("</figcaption>");
    if (points.isEmpty()) {
      html.el("p", "It was not measured yet.").raw("</figure>");
      return;
    }
    long most = 1;
    for (Point point : points) {
      most = Math.max(most, point.value().toMillis());
      most = Math.max(most, point.goal().map(Duration::toMillis).orElse(0L));
    }
    double scale = (base - 14) / (most * 1.08);
    html.raw(
        "<svg class=\"chart\" viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"Trend\">"
            .formatted(WIDTH, height));
    for (int i = 0; i <= 2; i++) {
      double y = base - most * scale * i / 2;
      html.raw(
          String.format(
              Locale.ROOT,
              "<line class=\"grid\" x1=\"%d\" y1=\"%.1f\" x2=\"%d\" y2=\"%.1f\"/>",
              left,
              y,
              left + width,
              y));
      label(html, left - 8, (int) y + 4, "end", words(Duration.ofMillis(most * i / 2)));
    }
    StringBuilder line = new StringBuilder();
    StringBuilder goals = new StringBuilder();
    for (int i = 0; i < points.size(); i++) {
      Point point = points.get(i);
      double x = x(i, points.size(), left, width);
      line.append(
          String.format(Locale.ROOT, "%.1f,%.1f ", x, base - point.value().toMillis() * scale));
      if (point.goal().isPresent()) {
        double half = points.size() == 1 ? width : (width - 16.0) / (points.size() - 1) / 2;
        double from = x - half;
        double to = x + half;
        double y = base - point.goal().get().toMillis() * scale;
        goals.append(
            String.format(
                Locale.ROOT,
                "<line class=\"goal\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>",
                Math.max(left, from),
                y,
                Math.min(left + width, to),
                y));
      }
    }
    html.raw(goals.toString()).raw("<polyline class=\"line\" points=\"" + line + "\"/>");
    for (int i = 0; i < points.size(); i++) {
      Point point = points.get(i);
      html.raw(
          String.format(
              Locale.ROOT,
              "<circle class=\"%s\" cx=\"%.1f\" cy=\"%.1f\" r=\"4\"/>",
              point.passed() ? "dot" : "dot failed",
              x(i, points.size(), left, width),
              base - point.value().toMillis() * scale));
    }
    label(html, left, height - 8, "start", day(points.getFirst().time()));
    if (points.size() > 1) {
      label(html, left + width, height - 8, "end", day(points.getLast().time()));
    }
    html.raw("</svg></figure>\n");
  }

  private static double x(int i, int points, int left, int width) {
    return points == 1 ? left + width / 2.0 : left + 8 + (width - 16.0) * i / (points - 1);
  }

  private static void label(Html html, int x, int y, String anchor, String text) {
    html.raw("<text x=\"%d\" y=\"%d\" text-anchor=\"%s\">".formatted(x, y, anchor))
        .text(text)
        .raw("</text>");
  }

  private static String day(Instant time) {
    return LocalDate.ofInstant(time, ZoneOffset.UTC).toString();
  }

  /** A duration for people: two units at the most. */
  static String words(Duration time) {
    if (time.isNegative()) {
      return "-" + words(time.negated());
    }
    long seconds = time.toSeconds();
    if (seconds < 10) {
      return time.isZero() ? "0 s" : String.format(Locale.ROOT, "%.2f s", time.toMillis() / 1000.0);
    }
    if (seconds < 60) {
      return seconds + " s";
    }
    if (seconds < 3600) {
      return seconds % 60 == 0
          ? "%d min".formatted(seconds / 60)
          : "%d min %02d s".formatted(seconds / 60, seconds % 60);
    }
    if (seconds < 2 * 86_400) {
      return seconds / 60 % 60 == 0
          ? "%d h".formatted(seconds / 3600)
          : "%d h %02d min".formatted(seconds / 3600, seconds / 60 % 60);
    }
    return "%d d %d h".formatted(seconds / 86_400, seconds / 3600 % 24);
  }
}
