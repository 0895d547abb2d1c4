package dev.lifeboat.cli.command;

import dev.lifeboat.cli.ExitCode;
import dev.lifeboat.cli.Invocation;
import dev.lifeboat.cli.config.RegionSection;
import dev.lifeboat.cli.output.Table;
import dev.lifeboat.cli.wiring.RegionTrials;
import dev.lifeboat.cli.wiring.Workspace;
import dev.lifeboat.vault.region.RegionProbe;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import picocli.CommandLine;

/** {@code lifeboat regions test}. */
@CommandLine.Command(
    name = "test",
    description = {
      "Try out what a region really does, with objects that are removed again: put, conditional",
      "put, ranges, multipart, checksums, versions, lock, delete, clock, TLS, round trip,",
      "throughput. Exit 9 if something fails that nothing works without."
    })
final class RegionsTestCommand extends Command {
  @CommandLine.Parameters(paramLabel = "NAME", description = "The region.")
  private String name = "";

  RegionsTestCommand(Invocation invocation) {
    super(invocation);
  }

  @Override
  ExitCode execute() throws Exception {
    try (Workspace workspace = Workspace.open(invocation())) {
      RegionTrials trials = new RegionTrials(workspace);
      RegionSection section = trials.section(name);
      List<RegionProbe.Result> results = trials.run(section);
      boolean failed = results.stream().anyMatch(r -> r.verdict() == RegionProbe.Verdict.FAILED);
      if (json()) {
        List<Map<String, Object>> list = new ArrayList<>();
        for (RegionProbe.Result result : results) {
          Map<String, Object> fields = new LinkedHashMap<>();
          fields.put("region", name);
          fields.put("trial", result.trial());
          fields.put("verdict", word(result));
          fields.put("detail", result.detail());
          list.add(fields);
        }
        printJson(list);
      } else {
        Table table = new Table("TRIAL", "", "DETAIL");
        results.forEach(result -> table.row(result.trial(), word(result), result.detail()));
        print(table);
        print(protection(results));
      }
      return failed ? ExitCode.UNPROVEN : ExitCode.DONE;
    }
  }

  private static String word(RegionProbe.Result result) {
    return result.verdict().name().toLowerCase(Locale.ROOT);
  }

  /** What follows for whoever steals the backup host. */
  private static String protection(List<RegionProbe.Result> results) {
    if (yes(results, "delete of what is locked")) {
      return "Protection: for the days of the lock nobody can delete what is stored here.";
    }
    if (!yes(results, "delete")) {
      return "Protection: these credentials cannot delete; whoever owns the bucket can.";
    }
    return yes(results, "versions")
        ? "Protection: what is deleted through these credentials can be found again, unless its versions are deleted too."
        : "Protection: none. Whoever has these credentials can delete everything here; see: lifeboat regions policy, and lock in docs/regions.md.";
  }

  private static boolean yes(List<RegionProbe.Result> results, String trial) {
    return results.stream()
        .anyMatch(r -> r.trial().equals(trial) && r.verdict() == RegionProbe.Verdict.YES);
  }
}
