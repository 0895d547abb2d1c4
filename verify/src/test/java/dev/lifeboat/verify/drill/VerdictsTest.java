package dev.lifeboat.verify.drill;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class VerdictsTest {
  private static final DrillReport.Check RIGHT = new DrillReport.Check("a", "1", "1", 3, true);
  private static final DrillReport.Check WRONG = new DrillReport.Check("b", "1", "2", 1, false);
  private static final DrillReport.Check EMPTY = new DrillReport.Check("c", "0", "0", 0, true);

  @Test
  void dataset_nothingChecked_isNotRun() {
    assertThat(Verdicts.dataset(List.of(), Optional.empty())).isEqualTo(Verdict.NOT_RUN);
    assertThat(Verdicts.dataset(List.of(EMPTY), Optional.empty())).isEqualTo(Verdict.NOT_RUN);
  }

  @Test
  void dataset_oneCheckFailed_fails() {
    assertThat(Verdicts.dataset(List.of(RIGHT, WRONG), Optional.empty())).isEqualTo(Verdict.FAIL);
    assertThat(Verdicts.dataset(List.of(RIGHT), Optional.of("lost"))).isEqualTo(Verdict.FAIL);
    assertThat(Verdicts.dataset(List.of(RIGHT, EMPTY), Optional.empty())).isEqualTo(Verdict.PASS);
  }

  @Test
  void drill_withoutDatasets_isNotRun() {
    assertThat(judge(List.of(), goals(2, 1), Optional.empty(), List.of()).verdict())
        .isEqualTo(Verdict.NOT_RUN);
  }

  @Test
  void drill_goals_areMetOrFailed() {
    List<DrillReport.Dataset> sound = List.of(dataset(RIGHT));
    assertThat(judge(sound, goals(2, 2), Optional.empty(), List.of()).verdict())
        .isEqualTo(Verdict.PASS);
    Verdicts.Judgement late = judge(sound, goals(1, 2), Optional.empty(), List.of());
    assertThat(late.verdict()).isEqualTo(Verdict.FAIL);
    assertThat(late.reasons()).containsExactly("RTO is 2.000 s, the goal is 1.000 s");
  }

  @Test
  void drill_teardownFailed_fails() {
    assertThat(
            judge(List.of(dataset(RIGHT)), goals(2, 1), Optional.empty(), List.of("left over"))
                .verdict())
        .isEqualTo(Verdict.FAIL);
  }

  @Test
  void drill_oneDatasetFailedAndOneNotRun_fails() {
    assertThat(
            judge(List.of(dataset(WRONG), dataset(EMPTY)), goals(2, 1), Optional.empty(), List.of())
                .verdict())
        .isEqualTo(Verdict.FAIL);
    assertThat(
            judge(List.of(dataset(RIGHT), dataset(EMPTY)), goals(2, 1), Optional.empty(), List.of())
                .verdict())
        .isEqualTo(Verdict.NOT_RUN);
  }

  @Test
  void selfTest_passedOverOneOrSeededNone_failsTheDrill() {
    List<DrillReport.Dataset> sound = List.of(dataset(RIGHT));
    DrillReport.SelfTest good = SelfTest.judge(List.of(fault(true, true), fault(false, false)));
    DrillReport.SelfTest blind = SelfTest.judge(List.of(fault(true, true), fault(true, false)));
    DrillReport.SelfTest none = SelfTest.judge(List.of(fault(false, false)));
    assertThat(judge(sound, goals(2, 1), Optional.of(good), List.of()).verdict())
        .isEqualTo(Verdict.PASS);
    assertThat(judge(sound, goals(2, 1), Optional.of(blind), List.of()).verdict())
        .isEqualTo(Verdict.FAIL);
    assertThat(judge(sound, goals(2, 1), Optional.of(none), List.of()).verdict())
        .isEqualTo(Verdict.FAIL);
  }

  private static DrillReport.Fault fault(boolean possible, boolean detected) {
    return new DrillReport.Fault("f", "t/d", "h2", "s", possible, "e", "n", detected);
  }

  private static Verdicts.Judgement judge(
      List<DrillReport.Dataset> datasets,
      DrillReport.Goals goals,
      Optional<DrillReport.SelfTest> selfTest,
      List<String> trouble) {
    return Verdicts.drill(datasets, goals, selfTest, trouble);
  }

  private static DrillReport.Goals goals(int rtoGoal, int rto) {
    return new DrillReport.Goals(
        Optional.of(Duration.ofSeconds(rtoGoal)),
        Optional.of(Duration.ofSeconds(rto)),
        Optional.empty(),
        Optional.empty(),
        Instant.EPOCH);
  }

  private static DrillReport.Dataset dataset(DrillReport.Check check) {
    return new DrillReport.Dataset(
        "t",
        "d",
        "h2",
        Optional.empty(),
        "",
        0,
        0,
        List.of(),
        List.of(check),
        List.of(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Verdicts.dataset(List.of(check), Optional.empty()),
        Optional.empty());
  }
}
