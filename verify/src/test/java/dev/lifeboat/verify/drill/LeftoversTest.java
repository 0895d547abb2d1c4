package dev.lifeboat.verify.drill;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lifeboat.sources.fence.Children;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LeftoversTest {
  @TempDir private Path drills;

  @Test
  void sweep_applicationOfADrillThatDied_isEndedWithoutAsking() throws Exception {
    String id = "test-" + ProcessHandle.current().pid();
    Path directory = Files.createDirectory(drills.resolve(id));
    Files.createFile(directory.resolve(DrillJournal.FILE));
    ProcessBuilder application =
        new ProcessBuilder("/bin/sh", "-c", "trap '' QUIT TERM INT; sleep 600");
    application.environment().put(Children.MARK, id);
    application.environment().put(Leftovers.PROBE, id + "-0-probe-1");
    Process process = application.start();
    try {
      assertThat(Leftovers.sweep(drills, new DirectoryDrillResults(drills)))
          .singleElement()
          .asString()
          .contains(id, "did not come to its end");
      assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
      assertThat(Leftovers.marked(id)).isEmpty();
      assertThat(directory).doesNotExist();
    } finally {
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly();
    }
  }
}
