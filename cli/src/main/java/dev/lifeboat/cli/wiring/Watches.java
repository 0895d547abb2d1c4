package dev.lifeboat.cli.wiring;

import dev.lifeboat.jobs.DatasetGoal;
import dev.lifeboat.jobs.NightWork;
import dev.lifeboat.jobs.VaultSurvey;
import dev.lifeboat.schedules.watch.Observation;
import dev.lifeboat.vault.VaultException;
import dev.lifeboat.vault.engine.Vault;
import dev.lifeboat.vault.region.Region;
import dev.lifeboat.vault.region.RegionException;
import dev.lifeboat.vault.region.RegionName;
import dev.lifeboat.vault.region.RegionSet;
import dev.lifeboat.verify.VerificationProgress;
import dev.lifeboat.verify.VerificationReport;
import dev.lifeboat.verify.VerificationRequest;
import dev.lifeboat.verify.audit.AuditCopies;
import dev.lifeboat.verify.audit.AuditTrail;
import dev.lifeboat.verify.audit.CopiesWatch;
import dev.lifeboat.verify.drill.DrillReport;
import dev.lifeboat.verify.evidence.EvidenceBook;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/** Looks at the vault for {@code lifeboat watch}; changes nothing in it. */
public final class Watches {
  private final Workspace workspace;

  public Watches(Workspace workspace) {
    this.workspace = workspace;
  }

  /** What was seen, and the evidence that was read for it. */
  record Seen(Observation observation, EvidenceBook.Contents evidence) {}

  /**
   * Looks once at everything.
   *
   * @throws dev.lifeboat.vault.VaultException.Unreachable if no region can be asked: then nothing
   *     is known at all
   */
  public Observation observe() throws IOException, InterruptedException {
    return see().observation();
  }

  /** The same, and the evidence that was read for it. */
  Seen see() throws IOException, InterruptedException {
    Instant now = workspace.environment().clock().instant();
    Vault vault = workspace.vault();
    SortedMap<RegionName, Duration> skew = skew(vault);
    VerificationReport inventory;
    NightWork.Survey survey;
    Observation.Audit audit;
    List<DatasetGoal> goals = goals();
    // Of its own, because a night may remember listings at the same time.
    Path listings = Files.createTempDirectory(Files.createDirectories(vault.cache("watch")), "");
    try (RegionSet.Remembering _ = vault.regions().rememberListings(listings, List.of())) {
      inventory =
          new Nights(workspace)
              .verification()
              .run(
                  VerificationRequest.coverageWithin(
                      workspace.configuration().night().verifyWithin()),
                  VerificationProgress.NONE);
      VaultSurvey looking =
          new VaultSurvey(vault, workspace.keystore(), workspace.environment().clock());
      survey = looking.look(goals);
      audit = audit(looking.newestByWriter());
    } finally {
      Files.deleteIfExists(listings);
    }
    EvidenceBook.Contents evidence = EvidenceBooks.of(workspace).read();
    Path home = workspace.ensureHome();
    Observation observation =
        new Observation(
            now,
            goals,
            survey,
            inventory.findings(),
            inventory.coverage(),
            skew,
            new CertificateEnds(workspace.configuration()).ends(),
            drilled(evidence),
            evidence.problems(),
            audit,
            new Observation.Disk(home.toString(), Files.getFileStore(home).getUsableSpace()));
    return new Seen(observation, evidence);
  }

  /**
   * @param worked newest snapshot of each host
   */
  private Observation.Audit audit(SortedMap<String, Instant> worked)
      throws IOException, InterruptedException {
    AuditTrail own = AuditTrails.local(workspace);
    CopiesWatch.Seen seen;
    try {
      seen = AuditTrails.watch(workspace).look(own);
    } catch (VaultException.Unreachable e) {
      // Told of the regions.
      return Observation.Audit.NONE;
    }
    SortedMap<String, Instant> all = new TreeMap<>();
    if (workspace.configuration().audit().copy()) {
      all.putAll(worked);
      String here = workspace.keystore().writer().value();
      AuditCopies.overdue(own)
          .ifPresent(time -> all.merge(here, time, (a, b) -> a.isAfter(b) ? a : b));
    }
    return new Observation.Audit(seen.problems(), seen.copied(), all);
  }

  private List<DatasetGoal> goals() {
    Duration rpo = workspace.configuration().watch().rpo();
    return workspace.configuration().datasets().stream()
        .map(dataset ->
            new DatasetGoal(
                dataset.tenant(), dataset.name(), Optional.of(dataset.rpo().orElse(rpo))))
        .toList();
  }

  /** Of regions that answer; the others are told of by whoever lists them. */
  private SortedMap<RegionName, Duration> skew(Vault vault) {
    SortedMap<RegionName, Duration> skew = new TreeMap<>();
    for (Region region : vault.regions().regions()) {
      try {
        Instant before = workspace.environment().clock().instant();
        skew.put(region.name(), Duration.between(before, region.now()));
      } catch (RegionException e) {
        // Silent.
      }
    }
    return skew;
  }

  /** When a drill of each dataset passed last. */
  private static Map<String, Instant> drilled(EvidenceBook.Contents evidence) {
    Map<String, Instant> drilled = new HashMap<>();
    for (EvidenceBook.Entry entry : evidence.entries()) {
      Optional<DrillReport> drill = entry.evidence().drill();
      drill.ifPresent(report ->
          report
              .proven()
              .forEach(dataset ->
                  drilled.merge(dataset.id(), report.ended(), (a, b) -> a.isAfter(b) ? a : b)));
    }
    return drilled;
  }
}
