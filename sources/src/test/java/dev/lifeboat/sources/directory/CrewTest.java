package dev.lifeboat.sources.directory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 2, unit = TimeUnit.MINUTES)
class CrewTest {
  @Test
  void took_readingTakesNoTime_staysSmall() {
    try (Crew crew = new Crew(2, 8)) {
      for (int i = 0; i < 1000; i++) {
        crew.took(1_000_000, 200_000);
      }
      assertThat(crew.size()).isEqualTo(3);
    }
  }

  @Test
  void took_mostlyReading_growsAsFarAsItMay() {
    try (Crew crew = new Crew(2, 8)) {
      crew.took(1_000_000, 1_000_000);
      assertThat(crew.size()).isEqualTo(2);
      for (int i = 0; i < 100; i++) {
        crew.took(1_000_000, 990_000);
      }
      assertThat(crew.size()).isEqualTo(8);
    }
  }

  @Test
  void submit_crewThatHasGrown_worksAtOnceWithAll() throws Exception {
    try (Crew crew = new Crew(1, 6)) {
      for (int i = 0; i < 100; i++) {
        crew.took(1_000, 1_000);
      }
      // Nobody gets on before all six are here.
      CountDownLatch here = new CountDownLatch(6);
      for (int i = 0; i < 60; i++) {
        crew.submit(() -> {
          here.countDown();
          try {
            assertThat(here.await(1, TimeUnit.MINUTES)).isTrue();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
        });
      }
      crew.await();
      assertThat(here.getCount()).isZero();
    }
  }

  @Test
  void submit_workThatFailed_isThrownAtTheWalker() {
    try (Crew crew = new Crew(2, 2)) {
      assertThatThrownBy(
              () -> {
                while (true) {
                  crew.submit(() -> {
                    throw new IllegalStateException("no");
                  });
                }
              })
          .hasMessage("no");
    }
  }
}
