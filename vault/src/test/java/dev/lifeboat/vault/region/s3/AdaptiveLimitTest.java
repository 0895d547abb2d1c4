package dev.lifeboat.vault.region.s3;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class AdaptiveLimitTest {
  private final AdaptiveLimit limit = new AdaptiveLimit();

  @Test
  void overloaded_manyAtOnce_halvesOnce() throws Exception {
    List<AdaptiveLimit.Permit> permits = new ArrayList<>();
    for (int i = 0; i < AdaptiveLimit.FIRST; i++) {
      permits.add(limit.acquire());
    }
    permits.forEach(AdaptiveLimit.Permit::overloaded);
    assertThat(limit.current()).isEqualTo(AdaptiveLimit.FIRST / 2);

    limit.acquire().overloaded();
    assertThat(limit.current()).isEqualTo(AdaptiveLimit.FIRST / 4);
  }

  @Test
  void overloaded_forever_leavesOne() throws Exception {
    for (int i = 0; i < 20; i++) {
      limit.acquire().overloaded();
    }
    assertThat(limit.current()).isEqualTo(1);
    limit.acquire().ended();
  }

  @Test
  void succeeded_often_growsSlowlyUpToTheMost() throws Exception {
    for (int i = 0; i < AdaptiveLimit.FIRST + 1; i++) {
      limit.acquire().succeeded();
    }
    assertThat(limit.current()).isEqualTo(AdaptiveLimit.FIRST + 1);
    for (int i = 0; i < 5_000; i++) {
      limit.acquire().succeeded();
    }
    assertThat(limit.current()).isEqualTo(AdaptiveLimit.MOST);
  }

  @Test
  void acquire_allTaken_waitsForTheNextThatEnds() throws Exception {
    AdaptiveLimit.Permit first = limit.acquire();
    for (int i = 1; i < AdaptiveLimit.FIRST; i++) {
      limit.acquire();
    }
    Thread waiting =
        Thread.ofVirtual()
            .start(() -> {
              try {
                limit.acquire().ended();
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            });
    while (waiting.getState() != Thread.State.WAITING) {
      Thread.onSpinWait();
    }
    first.ended();
    waiting.join();
  }
}
