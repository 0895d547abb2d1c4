package dev.lifeboat.vault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class UninterruptedTest {
  @AfterEach
  void clear() {
    boolean _ = Thread.interrupted();
  }

  @Test
  void call_interruptedBeforeAndWhileItWorks_comesToItsEnd() {
    CountDownLatch begun = new CountDownLatch(1);
    Thread caller = Thread.currentThread();
    caller.interrupt();

    String result =
        Uninterrupted.call(
            "test",
            () -> {
              begun.countDown();
              caller.interrupt();
              return Thread.currentThread().isInterrupted() ? "interrupted" : "done";
            });

    assertThat(result).isEqualTo("done");
    assertThat(begun.getCount()).isZero();
    assertThat(Thread.interrupted()).isTrue();
  }

  @Test
  void run_whatItThrows_isThrown() {
    assertThatThrownBy(() ->
            Uninterrupted.run(
                "test",
                () -> {
                  throw new IllegalArgumentException("no");
                }))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("no");
    assertThat(Thread.interrupted()).isFalse();
  }

  @Test
  void run_anError_isThrown() {
    assertThatThrownBy(() ->
            Uninterrupted.run(
                "test",
                () -> {
                  throw new AssertionError("broken");
                }))
        .isInstanceOf(AssertionError.class);
  }
}
