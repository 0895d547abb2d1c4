package dev.lifeboat.sources.fence;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
final class ChildrenTest {
  @TempDir private Path directory;
  private Children children;

  @BeforeEach
  void setUp() throws Exception {
    children = Children.of(directory, "test").withNetwork();
  }

  private Children.Result shell(String script, Duration patience) throws Exception {
    return children.run(List.of("/bin/sh", "-c", script), patience);
  }

  @Test
  void run_aProgram_hasItsCodeAndWhatItSaid() throws Exception {
    Children.Result result = shell("echo out; echo err >&2; exit 7", Duration.ofMinutes(1));

    assertThat(result).isEqualTo(new Children.Result(7, "out\nerr\n"));
    assertThat(result.firstLine()).isEqualTo("out");
  }

  @Test
  void run_aProgramThatTakesTooLong_isKilledWithWhatItStarted() throws Exception {
    Children.Result result =
        shell(
            "echo $$ > pid; echo here; sleep 300 & wait".replace("pid", directory + "/pid"),
            Duration.ofSeconds(1));

    assertThat(result.code()).isEqualTo(-1);
    assertThat(result.output()).isEqualTo("here\n\nkilled: not done after 1 s");
    assertThat(isAlive()).isFalse();
  }

  /** Somebody stops a drill, and it is in the middle of a check that takes minutes. */
  @Test
  void run_whoeverWaitsIsToldToStop_killsTheProgram() throws Exception {
    AtomicReference<Exception> thrown = new AtomicReference<>();
    Thread waiting =
        Thread.ofPlatform()
            .start(() -> {
              try {
                Children.Result _ =
                    shell("echo $$ > %s/pid; sleep 300".formatted(directory), Duration.ofHours(1));
              } catch (Exception e) {
                thrown.set(e);
              }
            });
    while (!Files.exists(directory.resolve("pid")) || Files.size(directory.resolve("pid")) == 0) {
      Thread.sleep(10);
    }

    waiting.interrupt();
    waiting.join();

    assertThat(thrown.get()).isInstanceOf(InterruptedException.class);
    assertThat(isAlive()).isFalse();
  }

  private boolean isAlive() throws Exception {
    long pid = Long.parseLong(Files.readString(directory.resolve("pid")).strip());
    ProcessHandle handle = ProcessHandle.of(pid).orElse(null);
    if (handle != null) {
      handle.onExit().get();
    }
    return ProcessHandle.of(pid).map(ProcessHandle::isAlive).orElse(false);
  }
}
