package dev.lifeboat.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lifeboat.jobs.report.NightOutcome;
import dev.lifeboat.jobs.report.NightReport;
import dev.lifeboat.vault.engine.Vault;
import dev.lifeboat.vault.engine.VaultFixture;
import dev.lifeboat.vault.seal.DatasetName;
import dev.lifeboat.vault.snapshot.SnapshotRecord;
import dev.lifeboat.vault.snapshot.SnapshotView;
import dev.lifeboat.vault.tree.Node;
import dev.lifeboat.vault.tree.TreePath;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Nights over a real vault in memory. */
final class VaultWorkTest {
  @TempDir Path scratch;
  private VaultFixture fixture;
  private Vault vault;

  @BeforeEach
  void open() throws Exception {
    fixture = VaultFixture.inMemory();
    vault = fixture.open();
    Files.createDirectories(scratch.resolve("uploads"));
    Files.writeString(scratch.resolve("uploads/a"), "one");
    Files.createDirectories(scratch.resolve("mail"));
    Files.writeString(scratch.resolve("mail/b"), "two");
  }

  @AfterEach
  void close() {
    fixture.close();
  }

  private NightPlan plan(String... folders) {
    NightVerification verification =
        () ->
            new NightVerification.Result(
                new TreeMap<>(Map.of("objects", 1L)), List.of(), new TreeSet<>(List.of()));
    VaultWork work =
        new VaultWork(
            vault, fixture.host(), fixture.clock(), new NoUpkeep(), Optional.of(verification));
    List<DatasetPlan> datasets =
        Arrays.stream(folders)
            .map(folder ->
                new DatasetPlan(
                    VaultFixture.TENANT,
                    new DatasetName(folder),
                    new FolderSource(scratch.resolve(folder)),
                    Optional.empty()))
            .toList();
    return new NightPlan(scratch.resolve("home"), datasets, work, 2, NightProgress.NONE);
  }

  private NightReport night(String... folders) {
    NightReport report = new Nightly(fixture.clock()).run(plan(folders));
    fixture.clock().advance(Duration.ofDays(1));
    return report;
  }

  @Test
  void night_twoDatasets_canBeReadBackFromBothRegions() throws Exception {
    NightReport report = night("uploads", "mail");

    assertThat(report.outcome()).isEqualTo(NightOutcome.COMPLETE);
    assertThat(report.datasets()).allMatch(NightReport.Dataset::durable);
    assertThat(report.datasets().getFirst().regions()).containsExactly("r0", "r1");
    assertThat(report.datasets().getFirst().expectations()).isEqualTo(1);
    assertThat(report.totals().counts().bytesRead()).isEqualTo(6);
    assertThat(report.regions()).allMatch(region -> region.reachable() && region.objects() > 0);
    List<SnapshotRecord> snapshots = vault.snapshots(fixture.tenant().write());
    assertThat(snapshots).hasSize(2);
    for (SnapshotRecord snapshot : snapshots) {
      try (SnapshotView view = vault.open(snapshot, fixture.tenant())) {
        boolean uploads = snapshot.header().dataset().value().equals("uploads");
        Node.File file = (Node.File) view.find(TreePath.parse(uploads ? "a" : "b")).orElseThrow();
        try (InputStream in = view.open(file.content())) {
          assertThat(new String(in.readAllBytes(), StandardCharsets.UTF_8))
              .isEqualTo(uploads ? "one" : "two");
        }
      }
    }
  }

  @Test
  void night_keyWithoutSecondRecipient_saysSo() {
    assertThat(night("uploads").unprotected())
        .anyMatch(each -> each.subject().equals("tenant acme") && each.reason().contains("nobody"));
  }

  @Test
  void night_partialAndMissingSources_areTold() throws Exception {
    Files.writeString(scratch.resolve("mail/c.locked"), "x");

    NightReport report = night("uploads", "mail", "nowhere");

    assertThat(report.datasets())
        .extracting(NightReport.Dataset::state)
        .containsExactly(
            NightReport.State.COMPLETE, NightReport.State.PARTIAL, NightReport.State.UNREACHABLE);
    assertThat(report.datasets().get(1).problems())
        .containsExactly("c.locked: unreadable: Permission denied");
    assertThat(report.outcome()).isEqualTo(NightOutcome.UNREACHABLE);
  }

  @Test
  void committedSince_findsOnlyWhatThisNightCommitted() throws Exception {
    NightReport report = night("uploads");
    NightPlan plan = plan("uploads", "mail");

    assertThat(plan.work().committedSince(plan.datasets().getFirst(), report.started()))
        .get()
        .extracting(NightReport.Dataset::snapshot)
        .isEqualTo(report.datasets().getFirst().snapshot());
    assertThat(plan.work().committedSince(plan.datasets().get(1), report.started())).isEmpty();
    assertThat(
            plan.work().committedSince(plan.datasets().getFirst(), report.started().plusMillis(1)))
        .isEmpty();
  }
}
