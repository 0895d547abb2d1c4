package dev.lifeboat.verify.drill;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class ProofsTest {
  private static final Instant NOW = Instant.parse("2026-11-22T03:00:00Z");
  private static final Duration MONTH = Duration.ofDays(30);
  private static final Map<String, String> TOOLS = Map.of("lifeboat", "1", "git", "2.39");
  private static final DrillReport.Dataset SHOP = Reports.dataset("shop", 1);
  private static final DrillReport.Dataset CRM = Reports.dataset("crm", 2);

  @Test
  void configuration_changesWithWhatDecidesWhetherFaultsAreNoticed() {
    DrillRequest request = request(Scenario.LATEST, List.of());
    String same = Proofs.configuration(request, List.of(SHOP, CRM), TOOLS);
    assertThat(Proofs.configuration(request, List.of(CRM, SHOP), TOOLS)).isEqualTo(same);

    CustomCheck check =
        new CustomCheck.Command("c", Optional.empty(), "true", Optional.empty(), MONTH);
    assertThat(
            List.of(
                Proofs.configuration(request, List.of(SHOP), TOOLS),
                Proofs.configuration(
                    request, List.of(SHOP, CRM), Map.of("lifeboat", "2", "git", "2.39")),
                Proofs.configuration(
                    request(Scenario.LATEST, List.of(check)), List.of(SHOP, CRM), TOOLS),
                Proofs.configuration(
                    request(Scenario.OLDEST, List.of()), List.of(SHOP, CRM), TOOLS)))
        .doesNotContain(same)
        .doesNotHaveDuplicates();
  }

  @Test
  void configuration_ofTurns_isTheSameWhosesoeverTurnItIs() {
    Occasion first = Occasion.turn(NOW, new TreeSet<>(), "one");
    Occasion second = Occasion.turn(NOW.plusSeconds(9), new TreeSet<>(), "two");
    assertThat(Proofs.configuration(request(first, List.of()), List.of(SHOP), TOOLS))
        .isEqualTo(Proofs.configuration(request(second, List.of()), List.of(SHOP), TOOLS));
  }

  @Test
  void earlier_holdsForItsTimeAndItsConfiguration() {
    DrillReport old = proven(NOW.minus(Duration.ofDays(31)), "a", true);
    DrillReport newer = proven(NOW.minus(Duration.ofDays(29)), "a", true);
    DrillReport other = proven(NOW.minus(Duration.ofDays(1)), "b", true);
    List<DrillReport> all = List.of(old, newer, other);
    assertThat(Proofs.earlier(all, "a", NOW, MONTH)).isEqualTo(newer.proof());
    assertThat(Proofs.earlier(all, "c", NOW, MONTH)).isEmpty();
    assertThat(Proofs.earlier(List.of(old), "a", NOW, MONTH)).isEmpty();
    assertThat(Proofs.earlier(List.of(proven(NOW.plusSeconds(60), "a", true)), "a", NOW, MONTH))
        .as("a clock that was wrong proves nothing")
        .isEmpty();
  }

  @Test
  void earlier_ofARunThatLeansOnAnEarlierOne_doesNotProlongIt() {
    DrillReport first = proven(NOW.minus(Duration.ofDays(31)), "a", true);
    DrillReport second =
        Reports.report(
            NOW.minus(Duration.ofDays(5)),
            "latest",
            Verdict.PASS,
            1,
            Optional.empty(),
            first.proof(),
            SHOP);
    assertThat(Proofs.earlier(List.of(first, second), "a", NOW, MONTH)).isEmpty();
  }

  @Test
  void earlier_selfTestThatFailed_provesNothing() {
    assertThat(Proofs.earlier(List.of(proven(NOW, "a", false)), "a", NOW, MONTH)).isEmpty();
  }

  @Test
  void own_needsFaultsFoundInEveryDataset() {
    DrillReport.SelfTest ofShop = Reports.selfTest("shop", true);
    assertThat(Proofs.own("id", NOW, "a", List.of(SHOP), ofShop))
        .contains(new DrillReport.Proof("a", "id", NOW));
    assertThat(Proofs.own("id", NOW, "a", List.of(SHOP, CRM), ofShop)).isEmpty();
    assertThat(Proofs.own("id", NOW, "a", List.of(SHOP), Reports.selfTest("shop", false)))
        .isEmpty();
  }

  private static DrillReport proven(Instant time, String configuration, boolean detected) {
    return Reports.report(
        time,
        "latest",
        Verdict.PASS,
        1,
        Optional.of(Reports.selfTest("shop", detected)),
        Optional.of(new DrillReport.Proof(configuration, time.toString(), time)),
        SHOP);
  }

  private static DrillRequest request(Scenario scenario, List<CustomCheck> checks) {
    return request(
        new Occasion(scenario, Optional.empty(), Optional.empty(), new TreeSet<>()), checks);
  }

  private static DrillRequest request(Occasion occasion, List<CustomCheck> checks) {
    return new DrillRequest(
        "weekly",
        "lifeboat drill weekly",
        List.of(),
        Map.of(),
        occasion,
        checks,
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        OptionalDouble.empty(),
        SelfTestPlan.ALWAYS);
  }
}
