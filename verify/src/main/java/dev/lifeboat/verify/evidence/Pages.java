package dev.lifeboat.verify.evidence;

import dev.lifeboat.verify.drill.DrillReport;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** What all pages have: style, head and foot. Nothing is fetched from anywhere. */
final class Pages {
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss 'UTC'", Locale.ROOT)
          .withZone(ZoneOffset.UTC);

  private static final String STYLE =
      """
      :root{color-scheme:light;--ink:#17222e;--soft:#5b6875;--line:#d8dee5;--good:#14683a;--goodbg:#dff3e6;--bad:#9c1c1c;--badbg:#fbe3e3;--none:#7a5200;--nonebg:#fdf0d5;--blue:#1f5f99}
      *{box-sizing:border-box}
      body{font:15px/1.5 system-ui,"Segoe UI","Liberation Sans",Arial,sans-serif;color:var(--ink);max-width:62rem;margin:2rem auto;padding:0 1.5rem;background:#fff}
      header{border-bottom:3px solid var(--ink);padding-bottom:.8rem;margin-bottom:1.2rem}
      h1{font-size:1.55rem;line-height:1.25;margin:.1rem 0 .3rem}
      h2{font-size:1.12rem;margin:2rem 0 .5rem;border-bottom:1px solid var(--line);padding-bottom:.2rem;break-after:avoid}
      h3{font-size:1rem;margin:1.2rem 0 .4rem;break-after:avoid}
      p{margin:.4rem 0}
      .soft{color:var(--soft)}
      .tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(11rem,1fr));gap:.8rem;margin:1rem 0}
      .tile{border:1px solid var(--line);border-radius:6px;padding:.6rem .8rem;break-inside:avoid}
      .tile b{display:block;font-size:1.25rem;line-height:1.4;font-variant-numeric:tabular-nums}
      .tile span.k{color:var(--soft);font-size:.82rem}
      table{border-collapse:collapse;width:100%;margin:.5rem 0 1rem;font-size:.88rem}
      th{text-align:left;color:var(--soft);font-weight:600;border-bottom:1px solid var(--ink);padding:.25rem .5rem .25rem 0;vertical-align:bottom}
      td{border-bottom:1px solid var(--line);padding:.3rem .5rem .3rem 0;vertical-align:top;overflow-wrap:anywhere;min-width:5.2em}
      td:first-child{min-width:7.5em}
      .n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap;padding-right:.9rem}
      tr{break-inside:avoid}
      .badge{display:inline-block;border-radius:4px;padding:0 .45rem;font-weight:600;font-size:.86em;white-space:nowrap}
      .badge.good{color:var(--good);background:var(--goodbg)}
      .badge.bad{color:var(--bad);background:var(--badbg)}
      .badge.none{color:var(--none);background:var(--nonebg)}
      h1 .badge{font-size:1rem;vertical-align:middle;padding:.1rem .7rem}
      dl{display:grid;grid-template-columns:max-content 1fr;gap:.15rem 1.2rem;margin:.5rem 0}
      dt{color:var(--soft)}dd{margin:0;overflow-wrap:anywhere}
      ul{margin:.3rem 0;padding-left:1.3rem}
      code{font:.86em/1.5 ui-monospace,"Liberation Mono",Consolas,monospace;overflow-wrap:anywhere}
      svg.chart{width:100%;height:auto;display:block;break-inside:avoid}
      svg text{font-size:12px;fill:var(--soft)}
      figure{margin:.6rem 0;break-inside:avoid}figcaption{font-weight:600;font-size:.92rem}
      .grid{stroke:var(--line)}.bar{fill:var(--blue)}.bar.beside{fill:#8db8dd}.line{fill:none;stroke:var(--blue);stroke-width:2}
      .goal{stroke:var(--bad);stroke-dasharray:5 4;stroke-width:1.4}.dot{fill:var(--blue)}.dot.failed{fill:var(--bad)}
      footer{margin-top:2.5rem;border-top:1px solid var(--ink);padding-top:.6rem;font-size:.84rem;color:var(--soft);break-inside:avoid}
      @media print{body{margin:0;max-width:none;padding:0;font-size:11px}a{color:inherit}*{-webkit-print-color-adjust:exact;print-color-adjust:exact}}
      @page{size:A4;margin:16mm 14mm}
      """;

  private Pages() {}

  static String time(Instant time) {
    return TIME.format(time);
  }

  static String bytes(long bytes) {
    if (bytes < 1024) {
      return bytes + " B";
    }
    double rest = bytes;
    int unit = -1;
    while (rest >= 1024 && unit < 4) {
      rest /= 1024;
      unit++;
    }
    return String.format(
        Locale.ROOT, "%.1f %s", rest, List.of("KiB", "MiB", "GiB", "TiB", "PiB").get(unit));
  }

  static String count(long number) {
    return String.format(Locale.ROOT, "%,d", number);
  }

  /** Begins a page. */
  static Html begin(String title) {
    return new Html()
        .raw(
            """
            <!DOCTYPE html>
            <html lang="en"><head><meta charset="utf-8">
            <meta name="viewport" content="width=device-width,initial-scale=1">
            <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
            <title>\
            """)
        .text(title)
        .raw("</title><style>\n" + STYLE + "</style></head><body>\n");
  }

  static void tile(Html html, String value, String caption) {
    html.raw("<div class=\"tile\"><b>").text(value).raw("</b><span class=\"k\">").text(caption);
    html.raw("</span></div>\n");
  }

  static void pair(Html html, String name, String value) {
    html.raw("<dt>").text(name).raw("</dt><dd>").text(value).raw("</dd>\n");
  }

  /** Ends a page, with a place for the signed JSON. */
  static EvidenceFile.Page end(Html html, Evidence evidence, String writer, String key) {
    html.raw("<footer><p>Signed by host ")
        .text(writer)
        .raw(" with the Ed25519 key <code>")
        .text(key);
    html.raw("</code>, which the vault document ").text(evidence.vault());
    html.raw(" lists. This file holds the signed data; to verify it offline: <code>");
    html.text("lifeboat evidence verify FILE --key " + key).raw("</code></p><p>Evidence ");
    html.text("%s, number %d of this vault".formatted(evidence.id(), evidence.sequence()));
    html.text(
        evidence
            .previous()
            .map(link -> "; before it " + link.id() + ", SHA-256 " + link.sha256())
            .orElse("; the first"));
    html.raw(".</p></footer>\n");
    return new EvidenceFile.Page(html.toString(), "\n</body></html>\n");
  }

  /**
   * Everything that a drill checked, as a table.
   *
   * @param none what to say if that is nothing
   */
  static void checks(Html html, DrillReport report, String none) {
    List<List<String>> rows = new ArrayList<>();
    for (DrillReport.Dataset dataset : report.datasets()) {
      for (DrillReport.Check check : dataset.checks()) {
        rows.add(
            List.of(
                dataset.id(),
                check.name(),
                check.expected(),
                check.actual(),
                count(check.count()),
                check.passed() ? "passed" : "FAILED"));
      }
    }
    if (rows.isEmpty()) {
      html.el("p", none);
    } else {
      html.table(List.of("Dataset", "Check", "Expected", "Actual", ">Count", "Result"), rows);
    }
  }
}
