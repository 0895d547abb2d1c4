package dev.lifeboat.jobs;

import dev.lifeboat.verify.Coverage;
import dev.lifeboat.verify.Finding;
import dev.lifeboat.verify.ReadBudget;
import dev.lifeboat.verify.Verification;
import dev.lifeboat.verify.VerificationProgress;
import dev.lifeboat.verify.VerificationReport;
import dev.lifeboat.verify.VerificationRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/** The inventory of every region, and so much of each one's ciphertext as a night may read. */
public final class RegionVerification implements NightVerification {
  private final Verification verification;
  private final ReadBudget budget;

  /**
   * @param budget for each region
   */
  public RegionVerification(Verification verification, ReadBudget budget) {
    this.verification = verification;
    this.budget = budget;
  }

  @Override
  public Result verify() throws InterruptedException {
    VerificationReport report =
        verification.run(
            new VerificationRequest(
                VerificationReport.Depth.CIPHERTEXT,
                Optional.of(budget),
                Set.of(),
                false,
                List.of()),
            VerificationProgress.NONE);
    SortedMap<String, Long> counts = new TreeMap<>();
    counts.put("objects listed", report.objects());
    counts.put("objects hashed", report.objectsRead());
    counts.put("bytes hashed", report.bytesRead());
    counts.put("snapshots", report.snapshots());
    List<String> findings = new ArrayList<>();
    for (Coverage coverage : report.coverage()) {
      Coverage.Share share = coverage.ciphertext();
      counts.merge("bytes proven in time", share.proven().bytes(), Long::sum);
      if (share.overdue().objects() > 0) {
        findings.add(overdue(coverage));
      }
    }
    SortedSet<String> unreachable = new TreeSet<>();
    for (Finding finding : report.findings()) {
      if (finding instanceof Finding.RegionUnreachable region) {
        unreachable.add(region.region().value());
      } else if (finding instanceof Finding.Orphans orphans) {
        counts.merge("bytes nothing needs", orphans.bytes(), Long::sum);
      } else if (!finding.isAdvice()) {
        findings.add(
            finding.what() + finding.remedy().map(command -> "; run: " + command).orElse(""));
      }
    }
    return new Result(counts, findings, unreachable);
  }

  private static String overdue(Coverage coverage) {
    Coverage.Share share = coverage.ciphertext();
    return "%d objects (%d bytes) in %s were not proven within %d days%s; raise night.verify-budget, or run: lifeboat verify --ciphertext --region %s"
        .formatted(
            share.overdue().objects(),
            share.overdue().bytes(),
            coverage.region(),
            coverage.within().toDays(),
            share
                .oldest()
                .map(oldest ->
                    ", the oldest %s %s"
                        .formatted(oldest.proven() ? "since" : "never, stored", oldest.since()))
                .orElse(""),
            coverage.region());
  }
}
