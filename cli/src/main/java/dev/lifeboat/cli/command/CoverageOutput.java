package dev.lifeboat.cli.command;

import dev.lifeboat.cli.ExitCode;
import dev.lifeboat.cli.output.Table;
import dev.lifeboat.cli.output.Units;
import dev.lifeboat.verify.Coverage;
import dev.lifeboat.verify.Finding;
import dev.lifeboat.verify.VerificationReport;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Shows how much of each region was proven lately. */
final class CoverageOutput {
  private CoverageOutput() {}

  /**
   * Shows it.
   *
   * @return {@link ExitCode#UNPROVEN} if in any region not everything was proven in time, or a
   *     region could not be asked
   */
  static ExitCode show(Command command, VerificationReport report) {
    List<Coverage> all = report.coverage();
    List<String> unasked =
        report.findings().stream()
            .filter(Finding.RegionUnreachable.class::isInstance)
            .map(Finding::what)
            .toList();
    boolean kept = !all.isEmpty() && unasked.isEmpty() && all.stream().allMatch(Coverage::kept);
    if (command.json()) {
      Map<String, Object> fields = new LinkedHashMap<>();
      fields.put("kept", kept);
      fields.put("regions", all.stream().map(CoverageOutput::fields).toList());
      fields.put("unreachable", unasked);
      command.printJson(fields);
      return kept ? ExitCode.DONE : ExitCode.UNPROVEN;
    }
    Table table =
        new Table(
            "REGION", "DEPTH", ">OBJECTS", ">BYTES", ">PROVEN", ">SHARE", ">OVERDUE", "OLDEST");
    for (Coverage region : all) {
      row(table, region, "ciphertext", region.ciphertext());
      row(table, region, "deep", region.deep());
    }
    command.print(table);
    unasked.forEach(command::print);
    for (Coverage region : all) {
      if (!region.kept()) {
        command.print(
            "%s: not everything was proven within %s; run: lifeboat verify --ciphertext --region %s"
                .formatted(region.region(), Units.duration(region.within()), region.region()));
      }
    }
    if (all.isEmpty()) {
      command.print("nothing was there to look at: nothing is proven");
    }
    return kept ? ExitCode.DONE : ExitCode.UNPROVEN;
  }

  private static void row(Table table, Coverage region, String depth, Coverage.Share share) {
    table.row(
        region.region().value(),
        depth,
        Units.count(share.objects().objects()),
        Units.bytes(share.objects().bytes()),
        Units.bytes(share.proven().bytes()),
        percent(share),
        Units.bytes(share.overdue().bytes()),
        share
            .oldest()
            .map(oldest ->
                (oldest.proven() ? "proven " : "never, stored ") + Units.time(oldest.since()))
            .orElse(""));
  }

  /** Rounded down: nothing short of everything is 100 %. */
  private static String percent(Coverage.Share share) {
    return String.format(Locale.ROOT, "%.1f %%", Math.floor(1000 * share.provenShare()) / 10);
  }

  private static Map<String, Object> fields(Coverage region) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("region", region.region().value());
    fields.put("within", region.within());
    fields.put("time", region.now());
    fields.put("kept", region.kept());
    List<Map<String, Object>> depths = new ArrayList<>();
    depths.add(fields("ciphertext", region.ciphertext()));
    depths.add(fields("deep", region.deep()));
    fields.put("depths", depths);
    return fields;
  }

  private static Map<String, Object> fields(String depth, Coverage.Share share) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("depth", depth);
    fields.put("objects", share.objects().objects());
    fields.put("bytes", share.objects().bytes());
    fields.put("provenObjects", share.proven().objects());
    fields.put("provenBytes", share.proven().bytes());
    fields.put("provenShare", share.provenShare());
    fields.put("overdueObjects", share.overdue().objects());
    fields.put("overdueBytes", share.overdue().bytes());
    fields.put("oldest", share.oldest().map(Coverage.Oldest::since).orElse(null));
    fields.put("oldestObject", share.oldest().map(oldest -> oldest.key().value()).orElse(null));
    fields.put("oldestWasProven", share.oldest().map(Coverage.Oldest::proven).orElse(null));
    return fields;
  }
}
