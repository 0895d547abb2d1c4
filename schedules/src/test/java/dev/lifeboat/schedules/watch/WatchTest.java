package dev.lifeboat.schedules.watch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lifeboat.jobs.DatasetGoal;
import dev.lifeboat.jobs.NightWork;
import dev.lifeboat.jobs.report.NightReport;
import dev.lifeboat.schedules.watch.Concern.Kind;
import dev.lifeboat.schedules.watch.Concern.Severity;
import dev.lifeboat.vault.region.ObjectKey;
import dev.lifeboat.vault.region.RegionName;
import dev.lifeboat.vault.seal.DatasetName;
import dev.lifeboat.vault.seal.TenantName;
import dev.lifeboat.verify.Coverage;
import dev.lifeboat.verify.Finding;
import dev.lifeboat.verify.Hurt;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class WatchTest {
  private static final Instant NOW = Instant.parse("2026-11-22T08:00:00Z");
  private static final String CRM = "acme/crm";
  private static final RegionName NORTH = new RegionName("north");
  private static final RegionName SOUTH = new RegionName("south");
  private static final WatchRules RULES =
      new WatchRules(
          Optional.of(Duration.ofDays(35)), Duration.ofMinutes(1), Duration.ofDays(14), 1000);

  private Optional<Instant> newest = Optional.of(NOW.minus(Duration.ofHours(7)));
  private Optional<Instant> newestSouth = newest;
  private boolean durable = true;
  private boolean southAnswers = true;
  private int quorum = 1;
  private List<Finding> findings = List.of();
  private long overdue = 0;
  private Map<String, Instant> drilled = Map.of(CRM, NOW.minus(Duration.ofDays(3)));
  private List<String> evidence = List.of();
  private Observation.Audit audit = Observation.Audit.NONE;
  private Duration skew = Duration.ofSeconds(-2);
  private Duration certificate = Duration.ofDays(14);
  private long free = 1000;
  private List<NightReport.Unprotected> unprotected = List.of();

  private List<Concern> look() {
    DatasetGoal goal =
        new DatasetGoal(
            new TenantName("acme"), new DatasetName("crm"), Optional.of(Duration.ofHours(26)));
    List<NightReport.RegionState> regions = new ArrayList<>();
    regions.add(state(NORTH, true, newest));
    regions.add(state(SOUTH, southAnswers, newestSouth));
    SortedMap<RegionName, Duration> clocks = new TreeMap<>(Map.of(NORTH, skew));
    return new Watch(RULES)
        .look(
            new Observation(
                NOW,
                List.of(goal),
                new NightWork.Survey(
                    quorum,
                    regions,
                    List.of(
                        new NightWork.Standing(
                            CRM, durable ? newest : Optional.empty(), List.of())),
                    unprotected),
                findings,
                List.of(coverage()),
                clocks,
                new TreeMap<>(Map.of("region north", NOW.plus(certificate))),
                drilled,
                evidence,
                audit,
                new Observation.Disk("/var/lib/lifeboat", free)));
  }

  private static NightReport.RegionState state(
      RegionName name, boolean answers, Optional<Instant> newest) {
    Optional<Duration> age = newest.map(time -> Duration.between(time, NOW));
    boolean late = age.isEmpty() || age.get().compareTo(Duration.ofHours(26)) > 0;
    return new NightReport.RegionState(
        name.value(),
        answers,
        answers ? Optional.empty() : Optional.of("connection refused"),
        0,
        Duration.ZERO,
        10,
        1000,
        0,
        Optional.empty(),
        answers
            ? List.of(new NightReport.Copy(CRM, newest, age, late, late ? 2 : 0, 5))
            : List.of());
  }

  private Coverage coverage() {
    Coverage.Share share =
        new Coverage.Share(
            new Coverage.Amount(10, 1000),
            new Coverage.Amount(10 - overdue, 1000 - overdue * 100),
            new Coverage.Amount(overdue, overdue * 100),
            Optional.of(
                new Coverage.Oldest(
                    new ObjectKey("vault/00000001.json"), NOW.minus(Duration.ofDays(9)), true)));
    return new Coverage(NORTH, Duration.ofDays(7), NOW, share, share);
  }

  private Concern only() {
    List<Concern> concerns = look();
    assertThat(concerns).hasSize(1);
    return concerns.getFirst();
  }

  @Test
  void look_everythingInTime_isNoConcern() {
    assertThat(look()).isEmpty();
  }

  @Test
  void look_neverBackedUp_isCritical() {
    newest = Optional.empty();
    newestSouth = Optional.empty();
    drilled = Map.of();

    assertThat(look())
        .extracting(Concern::key)
        .containsExactly(
            "no-snapshot:acme/crm",
            "copy-late:acme/crm in north",
            "copy-late:acme/crm in south",
            "drill-late:acme/crm");
    assertThat(look().getFirst().severity()).isEqualTo(Severity.CRITICAL);
    assertThat(look().getFirst().remedy()).hasValue("lifeboat backup acme/crm");
  }

  @Test
  void look_exactlyAtTheRpo_isInTime_aMomentLaterIsNot() {
    newest = Optional.of(NOW.minus(Duration.ofHours(26)));
    assertThat(look()).isEmpty();

    newest = Optional.of(NOW.minus(Duration.ofHours(26)).minusSeconds(1));
    Concern late = look().getFirst();
    assertThat(late.kind()).isEqualTo(Kind.SNAPSHOT_LATE);
    assertThat(late.severity()).isEqualTo(Severity.CRITICAL);
    assertThat(late.since()).hasValue(NOW.minusSeconds(1));
    assertThat(late.what()).contains("1 d 2 h old, with an RPO of 1 d 2 h");
    assertThat(late.atRisk()).isEqualTo("what was written since 2026-11-21T05:59:59Z");
  }

  @Test
  void look_oneRegionLagsBehind_isAWarningThatNamesIt() {
    newestSouth = Optional.of(NOW.minus(Duration.ofDays(3)));

    Concern late = only();
    assertThat(late.key()).isEqualTo("copy-late:acme/crm in south");
    assertThat(late.severity()).isEqualTo(Severity.WARNING);
    assertThat(late.what()).contains("3 d 0 h old");
    assertThat(late.atRisk()).contains("2 snapshots");
  }

  @Test
  void look_regionSilent_isCriticalWhereFewerThanTheQuorumAnswer() {
    southAnswers = false;
    assertThat(only().severity()).isEqualTo(Severity.WARNING);
    assertThat(only().what()).contains("connection refused");

    quorum = 2;
    assertThat(only().severity()).isEqualTo(Severity.CRITICAL);
    assertThat(only().atRisk()).contains("1 regions answer, and 2 must");
  }

  @Test
  void look_regionSilent_whatTheOthersHoldCounts() {
    southAnswers = false;
    newest = Optional.empty();
    assertThat(look())
        .extracting(Concern::key)
        .containsExactly(
            "no-snapshot:acme/crm", "copy-late:acme/crm in north", "region-silent:south");

    durable = false;
    newest = Optional.of(NOW.minus(Duration.ofHours(7)));
    assertThat(only().key()).isEqualTo("region-silent:south");

    southAnswers = true;
    assertThat(look().getFirst().kind()).isEqualTo(Kind.NO_SNAPSHOT);
  }

  @Test
  void look_manyObjectsMissing_isOneConcernForEachSeverity() {
    List<Finding> many = new ArrayList<>();
    for (int i = 0; i < 500; i++) {
      many.add(
          new Finding.Missing(
              NORTH, new ObjectKey("vault/%08d.json".formatted(i)), hurt("crm/" + i), true));
    }
    many.add(new Finding.Missing(NORTH, new ObjectKey("vault/1.json"), hurt("crm/7"), false));
    many.add(new Finding.Missing(NORTH, new ObjectKey("vault/2.json"), Hurt.NONE, false));
    findings = many;

    assertThat(look()).extracting(Concern::key).containsExactly("damage:lost", "damage:endangered");
    assertThat(look())
        .extracting(Concern::severity)
        .containsExactly(Severity.CRITICAL, Severity.WARNING);
    assertThat(look().getLast().what()).endsWith("and 497 more");
    assertThat(look().getLast().atRisk()).endsWith("and 497 more snapshots");
    assertThat(look().getLast().remedy()).hasValue("lifeboat verify --heal");
    assertThat(look().getFirst().atRisk()).isEqualTo("crm/7");
  }

  private static Hurt hurt(String snapshot) {
    return new Hurt(false, List.of(snapshot));
  }

  @Test
  void look_notReadInTime_saysSinceWhen() {
    overdue = 4;

    Concern overdueNow = only();
    assertThat(overdueNow.key()).isEqualTo("coverage-overdue:north");
    assertThat(overdueNow.since()).hasValue(NOW.minus(Duration.ofDays(2)));
    assertThat(overdueNow.what()).contains("400 bytes in 4 objects");
  }

  @Test
  void look_drillTooLongAgo_saysHowLong() {
    drilled = Map.of(CRM, NOW.minus(Duration.ofDays(35)));
    assertThat(look()).isEmpty();

    drilled = Map.of(CRM, NOW.minus(Duration.ofDays(36)));
    assertThat(only().key()).isEqualTo("drill-late:acme/crm");
    assertThat(only().since()).hasValue(NOW.minus(Duration.ofDays(1)));

    // Another's drill proves nothing of this one.
    drilled = Map.of("acme/uploads", NOW);
    assertThat(only().what()).isEqualTo("no drill of it ever passed");
  }

  @Test
  void certificateThatEndsSoon_isAWarning_andCriticalInItsLastDays() {
    certificate = Duration.ofDays(14).minusSeconds(1);
    assertThat(only().key()).isEqualTo("certificate-expires:region north");
    assertThat(only().severity()).isEqualTo(Concern.Severity.WARNING);
    assertThat(only().what()).startsWith("its certificate is valid for 13 d 23 h more, until ");
    certificate = Duration.ofDays(3).minusSeconds(1);
    assertThat(only().severity()).isEqualTo(Concern.Severity.CRITICAL);
    certificate = Duration.ofSeconds(-1);
    assertThat(only().what()).startsWith("its certificate is not valid since ");
  }

  @Test
  void look_copiesOfAnAuditTrailThatAreBroken_areOneConcern() {
    audit =
        new Observation.Audit(
            List.of("one is gone", "two", "three", "four"), new TreeMap<>(), new TreeMap<>());

    assertThat(only().key()).isEqualTo("audit-broken:vault");
    assertThat(only().severity()).isEqualTo(Concern.Severity.CRITICAL);
    assertThat(only().what()).isEqualTo("one is gone; two; three; and 1 more");
    assertThat(only().remedy()).contains("lifeboat audit verify");
  }

  @Test
  void look_hostThatWorksAndDoesNotCopyItsTrail_isToldOfAfterADay() {
    SortedMap<String, Instant> copied = new TreeMap<>(Map.of("db1", NOW.minus(Duration.ofDays(3))));
    SortedMap<String, Instant> worked =
        new TreeMap<>(Map.of("db1", NOW.minus(Duration.ofDays(2)), "copies-nothing", NOW));
    audit = new Observation.Audit(List.of(), copied, worked);
    assertThat(look()).as("within a day, and a host without any copy").isEmpty();

    worked.put("db1", NOW.minus(Duration.ofHours(47)));
    audit = new Observation.Audit(List.of(), copied, worked);

    assertThat(only().key()).isEqualTo("audit-late:db1");
    assertThat(only().severity()).isEqualTo(Concern.Severity.WARNING);
    assertThat(only().since()).contains(NOW.minus(Duration.ofDays(2)));
    assertThat(only().remedy()).contains("lifeboat audit verify");
  }

  @Test
  void look_surroundings_areToldOfWithoutTheirBeingLate() {
    evidence = List.of("evidence 7 is missing");
    skew = Duration.ofSeconds(61);
    free = 999;
    unprotected = List.of(new NightReport.Unprotected("tenant acme", "sealed to nobody"));

    assertThat(look())
        .extracting(Concern::key)
        .containsExactly(
            "evidence-broken:vault",
            "clock-skew:north",
            "disk-full:/var/lib/lifeboat",
            "unprotected:tenant acme");
    assertThat(look().get(1).what()).isEqualTo("its clock is 1 min 1 s ahead of this machine's");

    skew = Duration.ofSeconds(-61);
    assertThat(look().get(1).what()).contains("behind");
  }
}
