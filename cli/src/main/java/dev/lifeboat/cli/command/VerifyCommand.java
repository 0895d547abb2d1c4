package dev.lifeboat.cli.command;

import dev.lifeboat.cli.CliException;
import dev.lifeboat.cli.ExitCode;
import dev.lifeboat.cli.Invocation;
import dev.lifeboat.cli.config.ByteSize;
import dev.lifeboat.cli.config.Durations;
import dev.lifeboat.cli.output.Units;
import dev.lifeboat.cli.wiring.Nights;
import dev.lifeboat.cli.wiring.Workspace;
import dev.lifeboat.vault.region.RegionName;
import dev.lifeboat.vault.seal.TenantName;
import dev.lifeboat.vault.seal.TenantReadKeys;
import dev.lifeboat.verify.Finding;
import dev.lifeboat.verify.Hurt;
import dev.lifeboat.verify.ReadBudget;
import dev.lifeboat.verify.VerificationReport;
import dev.lifeboat.verify.VerificationReport.Depth;
import dev.lifeboat.verify.VerificationRequest;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;

/** {@code lifeboat verify}. */
@CommandLine.Command(
    name = "verify",
    description = {
      "Check that the regions hold what they must, and mend what they do not.",
      "Without a depth, the inventory: listings against references."
    })
public final class VerifyCommand extends Command {
  @CommandLine.Option(
      names = "--ciphertext",
      description = "Read every object and compare it with its name or signature.")
  private boolean ciphertext;

  @CommandLine.Option(
      names = "--budget",
      paramLabel = "SIZE",
      description =
          "With --ciphertext: read so much of each region, the least recently proven first.")
  private @Nullable String budget;

  @CommandLine.Option(
      names = "--time",
      paramLabel = "DURATION",
      description =
          "With --ciphertext: begin nothing more after this time, the least recently proven first.")
  private @Nullable String time;

  @CommandLine.Option(
      names = "--cost",
      paramLabel = "AMOUNT",
      description =
          "With --ciphertext: read for so much money in each region, by its cost.read-per-gb, the least recently proven first.")
  private @Nullable BigDecimal cost;

  @CommandLine.Option(
      names = "--coverage",
      description =
          "Tell how much of each region was proven within night.verify-within, and read nothing. Exit 9 if not all of it was.")
  private boolean coverage;

  @CommandLine.Option(
      names = "--deep",
      description =
          "Also decrypt every snapshot from each region and compare it with its chunk ids. Needs the recovery kit.")
  private boolean deep;

  @CommandLine.Option(
      names = "--heal",
      description = "Mend what another region has unharmed; the bad bytes are set aside.")
  private boolean heal;

  @CommandLine.Option(
      names = "--region",
      paramLabel = "NAME",
      description = "Look at this region only; may be given again. The others still help to heal.")
  private List<String> regions = List.of();

  VerifyCommand(Invocation invocation) {
    super(invocation);
  }

  @Override
  Optional<String> job() {
    return coverage ? Optional.empty() : Optional.of("verify");
  }

  @Override
  ExitCode execute() throws Exception {
    Depth depth = depth();
    Optional<ReadBudget> readBudget = readBudget();
    try (Workspace workspace = Workspace.open(invocation())) {
      Set<RegionName> only = regions.stream().map(Names::region).collect(Collectors.toSet());
      for (RegionName name : only) {
        if (workspace.regions().region(name).isEmpty()) {
          throw new CliException(
              ExitCode.USAGE,
              "there is no region %s; configured are %s"
                  .formatted(
                      name, workspace.regions().regions().stream().map(r -> r.name()).toList()));
        }
      }
      List<TenantReadKeys> keys = new ArrayList<>();
      if (depth == Depth.DEEP) {
        for (TenantName tenant : workspace.knownTenants()) {
          keys.addAll(workspace.readKeys(tenant));
        }
      }
      VerificationReport report;
      try (VerifyMeter meter = new VerifyMeter(invocation())) {
        report =
            new Nights(workspace)
                .verification()
                .run(
                    new VerificationRequest(
                        depth,
                        readBudget,
                        only,
                        heal && !dryRun(),
                        keys,
                        coverage
                            ? Optional.of(workspace.configuration().night().verifyWithin())
                            : Optional.empty()),
                    meter);
      }
      if (coverage) {
        return CoverageOutput.show(this, report);
      }
      if (json()) {
        printJson(fields(report));
      } else {
        show(report);
      }
      return report.sound() ? ExitCode.DONE : ExitCode.UNPROVEN;
    }
  }

  private Depth depth() {
    if (ciphertext && deep) {
      throw new CliException(ExitCode.USAGE, "--deep includes --ciphertext: give one of them");
    }
    if (coverage && (ciphertext || deep || heal)) {
      throw new CliException(ExitCode.USAGE, "--coverage reads nothing: give it alone");
    }
    if ((budget != null || time != null || cost != null) && !ciphertext) {
      throw new CliException(ExitCode.USAGE, "--budget, --time and --cost go with --ciphertext");
    }
    if (deep) {
      return Depth.DEEP;
    }
    return ciphertext ? Depth.CIPHERTEXT : Depth.INVENTORY;
  }

  private Optional<ReadBudget> readBudget() {
    if (budget == null && time == null && cost == null) {
      return Optional.empty();
    }
    try {
      return Optional.of(
          new ReadBudget(
              budget == null ? Long.MAX_VALUE : ByteSize.parse(budget).bytes(),
              Optional.empty(),
              Optional.ofNullable(time).map(Durations::parse),
              Optional.ofNullable(cost).map(BigDecimal::doubleValue)));
    } catch (IllegalArgumentException e) {
      throw new CliException(ExitCode.USAGE, "--budget, --time, --cost: " + e.getMessage());
    }
  }

  private void show(VerificationReport report) {
    report.healed().forEach(what -> print("mended: " + what));
    for (Finding finding : report.findings()) {
      print("%s: %s".formatted(finding.severity(), finding.what()));
      hurt(finding.hurt());
      finding.remedy().ifPresent(command -> print("  run: " + command));
    }
    report.notes().forEach(note -> print("note: " + note));
    print(
        "%s: %s objects of %d snapshots in %d regions listed, %s read (%s), %s frames decoded (%s)"
            .formatted(
                report.sound() ? "sound" : "NOT SOUND",
                Units.count(report.objects()),
                report.snapshots(),
                report.regions().size(),
                Units.count(report.objectsRead()),
                Units.bytes(report.bytesRead()),
                Units.count(report.framesDecoded()),
                Units.bytes(report.bytesDecoded())));
    if (report.findings().isEmpty() && !report.sound()) {
      print("nothing was there to look at: nothing is proven");
    }
  }

  private void hurt(Hurt hurt) {
    if (hurt.everything()) {
      print("  hurts: every snapshot");
    } else if (!hurt.snapshots().isEmpty()) {
      print("  hurts: " + String.join(", ", hurt.snapshots()));
    }
  }

  private static Map<String, Object> fields(VerificationReport report) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("depth", report.depth().name().toLowerCase(Locale.ROOT));
    fields.put("sound", report.sound());
    fields.put("regions", report.regions().stream().map(RegionName::value).toList());
    fields.put("snapshots", report.snapshots());
    fields.put("objectsListed", report.objects());
    fields.put("objectsRead", report.objectsRead());
    fields.put("bytesRead", report.bytesRead());
    fields.put("framesDecoded", report.framesDecoded());
    fields.put("bytesDecoded", report.bytesDecoded());
    fields.put("findings", report.findings().stream().map(VerifyCommand::fields).toList());
    fields.put("mended", report.healed());
    fields.put("notes", report.notes());
    return fields;
  }

  private static Map<String, Object> fields(Finding finding) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("kind", finding.kind());
    fields.put("severity", finding.severity().name().toLowerCase(Locale.ROOT));
    fields.put("what", finding.what());
    fields.put("hurtsEverything", finding.hurt().everything());
    fields.put("hurts", finding.hurt().snapshots());
    fields.put("remedy", finding.remedy().orElse(null));
    return fields;
  }
}
