package dev.lifeboat.verify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lifeboat.vault.region.ObjectInfo;
import dev.lifeboat.vault.region.ObjectKey;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class TurnTest {
  private static final Instant NOW = Instant.parse("2026-03-01T02:00:00Z");
  private static final Duration WEEK = Duration.ofDays(7);

  @Test
  void objects_withoutAnEarlierTime_beginAtTheFirst() {
    assertThat(keys(turn(Optional.empty(), ReadBudget.of(250)).objects(NOW)))
        .containsExactly("o0", "o1", "o2");
  }

  @Test
  void objects_goOnBehindTheLastAndRoundPastTheEnd() {
    assertThat(keys(turn(at("o7", Duration.ofDays(1)), ReadBudget.of(400)).objects(NOW)))
        .containsExactly("o8", "o9", "o0", "o1");
  }

  @Test
  void objects_budgetLargerThanTheRegion_areAllOnce() {
    assertThat(keys(turn(at("o4", Duration.ofDays(1)), ReadBudget.of(1 << 20)).objects(NOW)))
        .hasSize(10)
        .doesNotHaveDuplicates()
        .startsWith("o5");
  }

  @Test
  void objects_everythingWithinAWeek_areADaysShare() {
    ReadBudget week = new ReadBudget(1 << 20, Optional.of(WEEK));

    assertThat(turn(Optional.empty(), week).objects(NOW)).hasSize(2);
    assertThat(turn(at("o3", Duration.ofDays(1)), week).objects(NOW)).hasSize(2);
    assertThat(turn(at("o3", Duration.ofDays(3)), week).objects(NOW)).hasSize(5);
    assertThat(turn(at("o3", Duration.ofDays(30)), week).objects(NOW)).hasSize(10);
  }

  @Test
  void objects_soonAgainOrWithAClockThatWentBack_areFewButNotNone() {
    ReadBudget week = new ReadBudget(1 << 20, Optional.of(WEEK));

    assertThat(turn(at("o3", Duration.ZERO), week).objects(NOW)).hasSize(1);
    assertThat(turn(at("o3", Duration.ofDays(-5)), week).objects(NOW)).isNotEmpty();
  }

  @Test
  void objects_nightAfterNight_haveAllHadTheirTurnWithinTheWeek() {
    ReadBudget week = new ReadBudget(1 << 20, Optional.of(WEEK));
    Set<String> seen = new HashSet<>();
    Optional<Cursor.Position> last = Optional.empty();
    for (int night = 0; night < 7; night++) {
      Instant now = NOW.plus(Duration.ofDays(night));
      List<ObjectInfo> objects = turn(last, week).objects(now);
      seen.addAll(keys(objects));
      last = Turn.end(objects).map(key -> new Cursor.Position(key, now));
    }

    assertThat(seen).hasSize(10);
  }

  @Test
  void tooSlow_budgetBelowTheShare_tellsHowLongARoundTakes() {
    assertThat(turn(Optional.empty(), new ReadBudget(100, Optional.of(WEEK))).tooSlow())
        .contains(Duration.ofDays(10));
    assertThat(turn(Optional.empty(), new ReadBudget(200, Optional.of(WEEK))).tooSlow()).isEmpty();
    assertThat(turn(Optional.empty(), ReadBudget.of(1)).tooSlow()).isEmpty();
  }

  @Test
  void readBudget_withoutTime_isRefused() {
    assertThatThrownBy(() -> new ReadBudget(1, Optional.of(Duration.ZERO)))
        .isInstanceOf(IllegalArgumentException.class);
  }

  /** Ten objects of 100 bytes. */
  private static Turn turn(Optional<Cursor.Position> last, ReadBudget budget) {
    Turn turn = new Turn(last, budget);
    for (int i = 0; i < 10; i++) {
      turn.offer(new ObjectInfo(new ObjectKey("o" + i), 100, NOW));
    }
    return turn;
  }

  private static Optional<Cursor.Position> at(String key, Duration ago) {
    return Optional.of(new Cursor.Position(new ObjectKey(key), NOW.minus(ago)));
  }

  private static List<String> keys(List<ObjectInfo> objects) {
    List<String> keys = new ArrayList<>();
    objects.forEach(object -> keys.add(object.key().value()));
    return keys;
  }
}
