package dev.lifeboat.cli.command;

import dev.lifeboat.cli.CliException;
import dev.lifeboat.cli.ExitCode;
import dev.lifeboat.cli.Invocation;
import dev.lifeboat.cli.config.DatasetSection;
import dev.lifeboat.cli.wiring.EvidenceBooks;
import dev.lifeboat.cli.wiring.Nights;
import dev.lifeboat.cli.wiring.Workspace;
import dev.lifeboat.verify.VerificationProgress;
import dev.lifeboat.verify.VerificationReport;
import dev.lifeboat.verify.VerificationRequest;
import dev.lifeboat.verify.drill.Verdict;
import dev.lifeboat.verify.evidence.EvidenceBook;
import dev.lifeboat.verify.evidence.EvidencePack;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;

/** {@code lifeboat evidence pack}. */
@CommandLine.Command(
    name = "pack",
    description = {
      "Put together what was shown in a month, quarter or year, and what was not, for auditors; sign it,",
      "store it, and write its page. Exit 9 if evidence is missing or forged; the pack says so too."
    })
final class EvidencePackCommand extends Command {
  @CommandLine.Option(
      names = "--period",
      paramLabel = "PERIOD",
      required = true,
      description = "month, quarter or year: the one that ended last.")
  private String period = "";

  @CommandLine.Option(names = "--current", description = "The period that is under way instead.")
  private boolean current;

  @CommandLine.Option(
      names = "--to",
      paramLabel = "FILE",
      description = "Where to write it: the page if the name ends with .html, else the JSON.")
  private @Nullable String to;

  EvidencePackCommand(Invocation invocation) {
    super(invocation);
  }

  @Override
  ExitCode execute() throws Exception {
    Instant now = invocation().environment().clock().instant();
    EvidencePack.Period span;
    try {
      span = EvidencePack.Period.of(period, now, current);
    } catch (IllegalArgumentException e) {
      throw new CliException(ExitCode.USAGE, "--period: " + e.getMessage());
    }
    String file = to;
    if (file != null) {
      EvidenceCommand.refuseExisting(invocation().path(file));
    }
    try (Workspace workspace = Workspace.open(invocation())) {
      EvidenceBook book = EvidenceBooks.of(workspace);
      EvidenceBook.Contents contents = book.read();
      VerificationReport coverage =
          new Nights(workspace)
              .verification()
              .run(
                  VerificationRequest.coverageWithin(
                      workspace.configuration().night().verifyWithin()),
                  VerificationProgress.NONE);
      EvidencePack pack =
          EvidencePack.of(
              contents,
              span,
              workspace.configuration().datasets().stream().map(DatasetSection::id).toList(),
              workspace.regions().regions().stream().map(region -> region.name().value()).toList(),
              coverage.coverage(),
              now);
      if (dryRun()) {
        print("would pack %d drills of %s".formatted(pack.drills().size(), pack.period()));
        return ExitCode.DONE;
      }
      EvidenceBook.Entry entry = book.add(pack, contents);
      if (file != null) {
        EvidenceCommand.write(invocation().path(file), entry);
      }
      if (json()) {
        Map<String, Object> fields = new LinkedHashMap<>(EvidenceCommand.fields(entry));
        fields.put("period", pack.period());
        fields.put("passed", pack.count(Verdict.PASS));
        fields.put("failed", pack.count(Verdict.FAIL));
        fields.put("notRun", pack.count(Verdict.NOT_RUN));
        fields.put("notProven", pack.notProven());
        fields.put("problems", pack.problems());
        printJson(fields);
      } else {
        print(
            "pack of %s is evidence %s: %d drills passed, %d failed, %d did not run"
                .formatted(
                    pack.period(),
                    entry.evidence().id(),
                    pack.count(Verdict.PASS),
                    pack.count(Verdict.FAIL),
                    pack.count(Verdict.NOT_RUN)));
        pack.notProven().forEach(gap -> print("not proven: " + gap));
        pack.problems().forEach(problem -> print("PROBLEM: " + problem));
      }
      return pack.problems().isEmpty() ? ExitCode.DONE : ExitCode.UNPROVEN;
    }
  }
}
