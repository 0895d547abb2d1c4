package dev.lifeboat.verify.evidence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lifeboat.vault.VaultException;
import dev.lifeboat.vault.engine.Vault;
import dev.lifeboat.vault.engine.VaultFixture;
import dev.lifeboat.vault.reclaim.Records;
import dev.lifeboat.vault.reclaim.SealedDocuments;
import dev.lifeboat.vault.region.ObjectKey;
import dev.lifeboat.vault.seal.SigningKey;
import dev.lifeboat.vault.seal.WriterName;
import dev.lifeboat.verify.drill.DrillReport;
import dev.lifeboat.verify.drill.Verdict;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class EvidenceBookTest {
  private final VaultFixture fixture = VaultFixture.inMemory();
  private final Vault vault = fixture.open();
  private final EvidenceBook book =
      new EvidenceBook(
          SealedDocuments.evidence(
              vault.regions(), Records.of(fixture.host(), fixture.document()), fixture.random()),
          fixture.host(),
          fixture.document(),
          fixture.clock(),
          "lifeboat test");

  @AfterEach
  void close() {
    fixture.close();
  }

  @Test
  void add_drills_areLinkedAndReadBackAsTheyWere() throws Exception {
    List<DrillReport> drills = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      drills.add(drill(i, Verdict.PASS, "crm"));
      book.add(drills.get(i));
      fixture.clock().advance(Duration.ofDays(7));
    }

    EvidenceBook.Contents contents = book.read();

    assertThat(contents.problems()).isEmpty();
    assertThat(contents.entries().stream().map(entry -> entry.evidence().drill().orElseThrow()))
        .containsExactlyElementsOf(drills);
    assertThat(contents.entries().getLast().evidence().previous().orElseThrow())
        .isEqualTo(contents.entries().get(1).link());
    assertThat(fixture.objects(0).keySet()).isEqualTo(fixture.objects(1).keySet());
  }

  @Test
  void add_document_namesNobodyInTheRegion() throws Exception {
    book.add(drill(1, Verdict.PASS, "crm"));

    fixture
        .objects(0)
        .forEach((key, bytes) ->
            assertThat(new String(bytes, StandardCharsets.ISO_8859_1))
                .as("%s", key)
                .doesNotContain("acme")
                .doesNotContain("crm"));
  }

  @Test
  void read_evidenceRemovedOrReplaced_isAProblem() throws Exception {
    for (int i = 0; i < 4; i++) {
      book.add(drill(i, Verdict.PASS, "crm"));
      fixture.clock().advance(Duration.ofDays(7));
    }
    List<ObjectKey> keys = List.copyOf(fixture.objects(0).keySet());
    byte[] first = object(keys.get(0));
    byte[] second = object(keys.get(1));
    remove(keys.get(1));
    assertThat(book.read().problems())
        .singleElement()
        .asString()
        .contains("is missing")
        .contains(keys.get(1).lastSegment());

    put(keys.get(1), first);
    assertThat(book.read().problems())
        .as("an old one shown under another name")
        .anyMatch(problem -> problem.contains(keys.get(1).lastSegment()));
    remove(keys.get(1));
    put(keys.get(1), second);
    assertThat(book.read().problems()).isEmpty();

    byte[] bad = second.clone();
    bad[second.length / 2] ^= 1;
    fixture.memory(0).tamper(keys.get(1), bad);
    assertThat(book.read().problems()).as("the other region has it").isEmpty();
    fixture.memory(1).tamper(keys.get(1), bad);
    assertThat(book.read().problems()).isNotEmpty();
  }

  @Test
  void read_everyFile_verifiesOfflineAndNoByteOfItMayChange() throws Exception {
    EvidenceFile file = book.add(drill(1, Verdict.FAIL, "crm")).file();
    for (String text : List.of(file.json(), file.html())) {
      byte[] good = text.getBytes(StandardCharsets.UTF_8);
      assertThat(EvidenceFile.read("good", good).key())
          .isEqualTo(fixture.host().signingKey().verifyKey());
      for (int at = 0; at < good.length - 1; at += 37) {
        byte[] bad = good.clone();
        bad[at] ^= 1;
        assertThatThrownBy(() -> EvidenceFile.read("bad", bad))
            .as("byte %d of %d: %s", at, good.length, text.substring(Math.max(0, at - 20), at))
            .isInstanceOf(VaultException.class);
      }
    }
    assertThatThrownBy(() ->
            EvidenceFile.read(
                "page", file.html().replace(">FAIL<", ">PASS<").getBytes(StandardCharsets.UTF_8)))
        .isInstanceOf(VaultException.Untrusted.class)
        .hasMessageContaining("page");
    assertThatThrownBy(() ->
            EvidenceFile.read("two", (file.html() + file.html()).getBytes(StandardCharsets.UTF_8)))
        .isInstanceOf(VaultException.class);
  }

  @Test
  void read_forgedByAnotherKey_isTold() throws Exception {
    EvidenceFile file = book.add(drill(1, Verdict.FAIL, "crm")).file();
    try (SigningKey thief = SigningKey.generate(fixture.random())) {
      EvidenceFile forged =
          EvidenceFile.sign(
              file.statement().replace("\"FAIL\"", "\"PASS\""),
              new EvidenceFile.Page("<!DOCTYPE html>\n", ""),
              new WriterName("host-1"),
              thief);

      EvidenceFile read =
          EvidenceFile.read("forged", forged.json().getBytes(StandardCharsets.UTF_8));

      assertThat(read.key()).isNotEqualTo(fixture.host().signingKey().verifyKey());
      assertThat(fixture.document().writer(read.key())).isEmpty();
    }
  }

  @Test
  void page_valuesOfAnybody_areEscaped() throws Exception {
    String evil = "</script><script>alert('x')</script>\"&\u202egnp.exe\u0007";
    EvidenceFile file = book.add(drill(1, Verdict.PASS, evil)).file();

    assertThat(file.html())
        .doesNotContain("<script>alert")
        .doesNotContain("\u202e")
        .contains("&lt;/script&gt;&lt;script&gt;alert(&#39;x&#39;)");
    assertThat(file.html().split("</script>", -1)).hasSize(2);
    EvidenceFile read = EvidenceFile.read("it", file.html().getBytes(StandardCharsets.UTF_8));
    assertThat(Evidence.of(read).drill().orElseThrow().datasets().getFirst().dataset())
        .isEqualTo(evil);
  }

  @Test
  void pack_ofAPeriod_tellsWhatWasNotProvenAndFollowsNotes() throws Exception {
    EvidenceBook.Entry failed = book.add(drill(1, Verdict.FAIL, "crm"));
    EvidenceBook.Entry note =
        book.add(
            new Note(
                failed.evidence().id(),
                "the index was missing",
                "ops",
                Optional.of(LocalDate.parse("2026-11-05")),
                false,
                Optional.empty(),
                "auditor"),
            book.read());
    EvidenceBook.Entry other =
        book.add(
            new Note(
                failed.evidence().id(),
                "disk was slow",
                "ops",
                Optional.empty(),
                false,
                Optional.empty(),
                "auditor"),
            book.read());
    fixture.clock().advance(Duration.ofDays(7));
    EvidenceBook.Entry passed = book.add(drill(8, Verdict.PASS, "crm"));
    book.add(
        new Note(
            other.evidence().id(),
            "new disk",
            "",
            Optional.empty(),
            true,
            Optional.of(passed.evidence().id()),
            "ops"),
        book.read());
    book.add(drill(9, Verdict.PASS, "files", Optional.of(Duration.ofHours(3))));
    EvidencePack.Period period = EvidencePack.Period.of("quarter", fixture.clock().instant(), true);
    assertThat(period.name()).isEqualTo("2026-Q4");

    EvidencePack pack =
        EvidencePack.of(
            book.read(),
            period,
            List.of("acme/crm", "acme/files"),
            List.of("north", "south"),
            List.of(),
            fixture.clock().instant());

    assertThat(pack.drills()).hasSize(3);
    assertThat(pack.datasets().get("acme/crm")).isPresent();
    assertThat(pack.notProven())
        .contains(
            "Dataset acme/files passed no drill in this period.",
            "No drill that passed read from region south.")
        .noneMatch(gap -> gap.contains("acme/crm"));
    assertThat(pack.followUps())
        .extracting(EvidencePack.FollowUp::state)
        .containsExactly(EvidencePack.State.OVERDUE, EvidencePack.State.CLOSED);
    assertThat(pack.followUps().getFirst().id()).isEqualTo(note.evidence().id());
    assertThat(pack.followUps().getLast().retest()).contains(passed.evidence().id());
    EvidenceBook.Entry stored = book.add(pack, book.read());
    assertThat(book.read().problems()).isEmpty();
    assertThat(stored.file().html()).contains("164.308").contains("NOT TESTED");
    save(stored, "pack");
    save(passed, "drill");
    save(failed, "failed");
  }

  @Test
  void periods_areWholeMonthsQuartersAndYears() {
    Instant now = Instant.parse("2026-02-03T00:00:00Z");

    assertThat(EvidencePack.Period.of("month", now, false).name()).isEqualTo("2026-01");
    assertThat(EvidencePack.Period.of("quarter", now, false))
        .isEqualTo(
            new EvidencePack.Period(
                "2025-Q4",
                Instant.parse("2025-10-01T00:00:00Z"),
                Instant.parse("2026-01-01T00:00:00Z")));
    assertThat(EvidencePack.Period.of("year", now, true).name()).isEqualTo("2026");
    assertThatThrownBy(() -> EvidencePack.Period.of("week", now, true))
        .isInstanceOf(IllegalArgumentException.class);
  }

  /** To be looked at: {@code -Dlifeboat.pages=DIRECTORY}. */
  private static void save(EvidenceBook.Entry entry, String name) throws Exception {
    String directory = System.getProperty("lifeboat.pages");
    if (directory != null) {
      Files.writeString(Path.of(directory, name + ".html"), entry.file().html());
    }
  }

  private byte[] object(ObjectKey key) {
    return Objects.requireNonNull(fixture.objects(0).get(key));
  }

  private void remove(ObjectKey key) throws Exception {
    fixture.memory(0).delete(key);
    fixture.memory(1).delete(key);
  }

  private void put(ObjectKey key, byte[] bytes) {
    vault.regions().put(key, ByteBuffer.wrap(bytes));
  }

  private DrillReport drill(int day, Verdict verdict, String dataset) {
    return drill(day, verdict, dataset, Optional.empty());
  }

  private DrillReport drill(int day, Verdict verdict, String dataset, Optional<Duration> estimate) {
    Instant time = fixture.clock().instant();
    boolean passed = verdict == Verdict.PASS;
    List<DrillReport.Stage> stages =
        List.of(
            stage("key access", 0, 900, false),
            stage("plan", 900, 400, false),
            stage("fetch", 1_300, 41_000, false),
            stage("decrypt", 1_500, 40_100, true),
            stage("write", 1_600, 43_000, true),
            stage("start", 45_000, 3_500, false),
            stage("replay", 48_500, 22_000, false),
            stage("check", 70_500, 31_000 + 1000L * day, false),
            stage("teardown", 101_500 + 1000L * day, 1_200, false));
    return new DrillReport(
        DrillReport.VERSION,
        "20261122T030000Z-%04d".formatted(day),
        "weekly crm",
        time,
        time.plusSeconds(110),
        "backup",
        "host-1.example.net",
        "lifeboat drill weekly-crm",
        new TreeMap<>(Map.of("lifeboat", "0.1.0", "postgres", "17.6", "java", "25.0.3")),
        new DrillReport.ScenarioRun(
            "region-lost",
            "Region south is gone: its credentials are not in use and nothing is read from it.",
            List.of("south"),
            List.of("north")),
        new TreeMap<>(
            Map.of(
                "network", "private socket, no TCP",
                "credentials", "none of any source",
                "files", "scratch directory of mode 0700")),
        List.of(
            new DrillReport.Dataset(
                "acme",
                dataset,
                "postgres",
                Optional.of(
                    new DrillReport.Copy(
                        "7f3a91c2d4e5f607",
                        "5f0c3a8e".repeat(8),
                        time.minusSeconds(26_000),
                        true,
                        "the oldest snapshot of north that no drill has restored",
                        List.of("north", "south"),
                        2,
                        "kit")),
                "a PostgreSQL 17.6 that Lifeboat started",
                812_345_678,
                41,
                List.of(new DrillReport.RegionUse("north", 231, 301_234_567, 1)),
                List.of(
                    new DrillReport.Check("sealed facts", "164 facts", "164 facts", 164, true),
                    new DrillReport.Check(
                        "table checksums",
                        "41 tables as captured",
                        passed
                            ? "41 tables as captured"
                            : "public.orders: 8,112 rows, sealed 8,120",
                        41,
                        passed),
                    new DrillReport.Check("pg_amcheck", "no corruption", "no corruption", 96, true),
                    new DrillReport.Check(
                        "select count(*) from orders where total < 0", "0", "0", 1, true)),
                stages,
                Optional.of(Duration.ofMillis(101_500 + 1000L * day)),
                Optional.of(Duration.ofHours(7).plusMinutes(13)),
                estimate,
                verdict,
                Optional.empty())),
        List.of(),
        new DrillReport.Goals(
            Optional.of(Duration.ofMinutes(4)),
            Optional.of(Duration.ofMillis(101_500 + 1000L * day)),
            Optional.of(Duration.ofHours(26)),
            Optional.of(Duration.ofHours(7).plusMinutes(13)),
            time.minusSeconds(30)),
        verdict,
        List.of(
            passed
                ? "41 objects came back, 4 checks over 302 things passed, both goals were met"
                : "table checksums: public.orders has 8,112 rows, 8,120 were sealed"),
        Optional.of(
            new DrillReport.SelfTest(
                true,
                List.of(
                    new DrillReport.Fault(
                        "bit flip",
                        "acme/crm",
                        "postgres",
                        "packs/ab/ab12, bit 81,020",
                        true,
                        "wrong bytes",
                        "wrong bytes in pack ab12",
                        true),
                    new DrillReport.Fault(
                        "moved ref",
                        "acme/crm",
                        "postgres",
                        "a database has no refs",
                        false,
                        "",
                        "",
                        false)))),
        Optional.of(
            new DrillReport.Proof("ab".repeat(32), "20261122T030000Z-%04d".formatted(day), time)),
        List.of("Logins of roles: their passwords are not in the backup."),
        List.of("The operator confirmed the passphrase by hand."));
  }

  private static DrillReport.Stage stage(String name, long began, long took, boolean overlaps) {
    return new DrillReport.Stage(name, Duration.ofMillis(began), Duration.ofMillis(took), overlaps);
  }
}
