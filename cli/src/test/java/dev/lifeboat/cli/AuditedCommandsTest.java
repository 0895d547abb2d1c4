package dev.lifeboat.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lifeboat.cli.wiring.AuditedCommands;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

class AuditedCommandsTest {
  @Test
  void everyCommand_isRecordedOrSomebodyDecidedThatItIsNot() {
    check(Main.commandLine(new Invocation(new TestEnvironment(Path.of("/")).environment())));
  }

  private static void check(CommandLine line) {
    if (line.getSubcommands().isEmpty()) {
      assertThat(AuditedCommands.isKnown(AuditedCommands.words(line.getCommandSpec())))
          .as(
              "%s: put it into AuditedCommands, among those that are recorded if it reads data of customers or changes anything",
              line.getCommandSpec().qualifiedName())
          .isTrue();
    }
    line.getSubcommands().values().forEach(AuditedCommandsTest::check);
  }

  @Test
  void masked_passwordsInAddresses_areNotShown() {
    assertThat(AuditedCommands.masked("postgres://admin:s3cret@db:5432/?sslmode=require"))
        .isEqualTo("postgres://admin:(masked)@db:5432/?sslmode=require");
    assertThat(AuditedCommands.masked("https://h/x?token=abc&a=b"))
        .isEqualTo("https://h/x?token=(masked)&a=b");
    assertThat(AuditedCommands.masked("docs/2026: notes@home")).isEqualTo("docs/2026: notes@home");
  }
}
