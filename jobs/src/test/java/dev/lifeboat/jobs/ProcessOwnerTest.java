package dev.lifeboat.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

final class ProcessOwnerTest {
  @Test
  void format_andParse_areInverse() {
    assertThat(ProcessOwner.parse(ProcessOwner.self().format())).contains(ProcessOwner.self());
    assertThat(ProcessOwner.parse("")).isEmpty();
    assertThat(ProcessOwner.parse("pid=x\nstarted=now\nhost=h\n")).isEmpty();
  }

  @Test
  void isAnotherAlive_tellsAProcessFromALaterOneWithItsPid() throws Exception {
    Process sleeper = new ProcessBuilder("sleep", "600").start();
    ProcessOwner self = ProcessOwner.self();
    ProcessOwner other =
        new ProcessOwner(sleeper.pid(), sleeper.info().startInstant().orElseThrow(), self.host());
    try {
      assertThat(self.isAnotherAlive()).isFalse();
      assertThat(other.isAnotherAlive()).isTrue();
      assertThat(
              new ProcessOwner(
                      other.pid(), other.started().minus(Duration.ofHours(1)), other.host())
                  .isAnotherAlive())
          .isFalse();
      assertThat(new ProcessOwner(other.pid(), other.started(), "elsewhere").isAnotherAlive())
          .isFalse();
    } finally {
      sleeper.destroyForcibly().waitFor();
    }
    assertThat(other.isAnotherAlive()).isFalse();
  }
}
