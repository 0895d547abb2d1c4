package dev.lifeboat.verify.drill;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lifeboat.vault.Digest;
import dev.lifeboat.vault.region.ObjectKey;
import dev.lifeboat.vault.region.RegionName;
import dev.lifeboat.vault.seal.DatasetName;
import dev.lifeboat.vault.seal.TenantName;
import dev.lifeboat.vault.snapshot.SnapshotHeader;
import dev.lifeboat.vault.snapshot.SnapshotId;
import dev.lifeboat.vault.snapshot.SnapshotRecord;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class SnapshotChoiceTest {
  private static final Instant NOW = Instant.parse("2026-11-22T06:00:00Z");
  private static final SnapshotRecord OLD = snapshot(1, 100, true);
  private static final SnapshotRecord MIDDLE = snapshot(2, 10, true);
  private static final SnapshotRecord NEW = snapshot(3, 1, true);
  private static final SnapshotRecord PARTIAL = snapshot(4, 0, false);
  private static final List<SnapshotRecord> ALL = List.of(OLD, MIDDLE, NEW, PARTIAL);

  @Test
  void latest_isTheNewestCompleteOne_andTellsOfAPartialOne() {
    SnapshotChoice choice = choose(Scenario.LATEST, ALL).orElseThrow();
    assertThat(choice.record()).isEqualTo(NEW);
    assertThat(choice.deviations()).hasSize(1).first().asString().contains("partial");
  }

  @Test
  void latest_afterTheFailure_doesNotCount() {
    assertThat(
            SnapshotChoice.of(
                    occasion(Scenario.LATEST, Optional.empty(), Optional.empty()),
                    ALL,
                    NOW.minus(Duration.ofDays(5)),
                    new Random(1))
                .orElseThrow()
                .record())
        .isEqualTo(MIDDLE);
  }

  @Test
  void oldest_isTheOldest() {
    assertThat(choose(Scenario.OLDEST, ALL).orElseThrow().record()).isEqualTo(OLD);
  }

  @Test
  void random_staysWithinItsWindow_andDrawsEachInTime() {
    Occasion window = occasion(Scenario.RANDOM, Optional.of(Duration.ofDays(20)), Optional.empty());
    TreeSet<Long> drawn = new TreeSet<>();
    Random random = new Random(1);
    for (int i = 0; i < 100; i++) {
      drawn.add(
          SnapshotChoice.of(window, ALL, NOW, random).orElseThrow().record().header().sequence());
    }
    assertThat(drawn).containsExactly(2L, 3L);
  }

  @Test
  void atTime_isTheNewestNotAfterIt() {
    Occasion at =
        occasion(Scenario.AT_TIME, Optional.empty(), Optional.of(NOW.minus(Duration.ofDays(9))));
    assertThat(SnapshotChoice.of(at, ALL, NOW, new Random(1)).orElseThrow().record())
        .isEqualTo(MIDDLE);
  }

  @Test
  void nothingComplete_isTheNewestPartialOne_andNothingAtAllIsNone() {
    assertThat(choose(Scenario.LATEST, List.of(PARTIAL)).orElseThrow().record()).isEqualTo(PARTIAL);
    assertThat(choose(Scenario.OLDEST, List.of())).isEmpty();
  }

  @Test
  void occasions_thatLackSomething_areRefused() {
    assertThatThrownBy(() -> occasion(Scenario.AT_TIME, Optional.empty(), Optional.empty()))
        .hasMessageContaining("--at");
    assertThatThrownBy(() -> occasion(Scenario.REGION_LOST, Optional.empty(), Optional.empty()))
        .hasMessageContaining("region");
  }

  @Test
  void order_putsWhatIsNeededFirst_andRefusesCircles() {
    assertThat(
            DatasetOrder.of(List.of("a", "b", "c"), Map.of("a", List.of("c"), "c", List.of("b"))))
        .containsExactly("b", "c", "a");
    assertThatThrownBy(
            () -> DatasetOrder.of(List.of("a", "b"), Map.of("a", List.of("b"), "b", List.of("a"))))
        .hasMessageContaining("need each other");
  }

  private static Optional<SnapshotChoice> choose(Scenario scenario, List<SnapshotRecord> all) {
    return SnapshotChoice.of(
        occasion(scenario, Optional.empty(), Optional.empty()), all, NOW, new Random(1));
  }

  private static Occasion occasion(
      Scenario scenario, Optional<Duration> window, Optional<Instant> at) {
    return new Occasion(scenario, window, at, new TreeSet<>());
  }

  private static SnapshotRecord snapshot(long sequence, int daysOld, boolean complete) {
    SnapshotHeader header =
        new SnapshotHeader(
            new SnapshotId("%016x".formatted(sequence)),
            NOW.minus(Duration.ofDays(daysOld)),
            new TenantName("acme"),
            new DatasetName("crm"),
            "directory",
            "host",
            sequence,
            sequence == 1 ? null : new Digest(0, 0, 0, sequence),
            complete,
            new SnapshotHeader.Counts(1, 1, 0, 1, 1, 0, 0, 1, 1, complete ? 0 : 1),
            new TreeMap<>(),
            new TreeSet<>(),
            1);
    return new SnapshotRecord(
        new ObjectKey("snapshots/a/b/" + sequence),
        new Digest(0, 0, 0, sequence),
        header,
        new TreeSet<>(List.of(new RegionName("north"))));
  }
}
