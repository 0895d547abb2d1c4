package dev.lifeboat.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DemoIT {
  @Test
  void demo_withEverythingThisMachineHas_comesBack(@TempDir Path directory) throws IOException {
    // A name as people give them: nothing on the way may take a space or a comma for its own.
    TestEnvironment here =
        new TestEnvironment(Files.createDirectory(directory.resolve("the demo, 100 %")));

    ExitCode code = here.run("demo");

    assertThat(code).as(here.out() + here.err()).isEqualTo(ExitCode.DONE);
    assertThat(here.out())
        .contains("Everything came back")
        .contains("byte for byte")
        .contains("rows of H2")
        .contains("rows of PostgreSQL")
        .contains("repository website");
  }

  @Test
  void demo_inADirectoryThatExists_isRefused(@TempDir Path directory) {
    TestEnvironment here = new TestEnvironment(directory);

    assertThat(here.run("demo", "--in", directory.toString())).isEqualTo(ExitCode.REFUSED);
  }
}
