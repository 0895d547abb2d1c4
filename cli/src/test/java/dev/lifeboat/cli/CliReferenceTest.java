package dev.lifeboat.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

/** Keeps docs/cli.md the same as what {@code --help} prints. */
class CliReferenceTest {
  private static final Path PUBLISHED = Path.of("../docs/cli.md");

  /** Mend with: mvn -pl cli -am test -Dtest=CliReferenceTest -Dlifeboat.update=true */
  @Test
  void reference_asPublished_isWhatHelpPrints() throws Exception {
    CommandLine line =
        Main.commandLine(new Invocation(new TestEnvironment(Path.of("/")).environment()));
    StringBuilder reference =
        new StringBuilder(
            """
            # Command line

            What `--help` prints for each command. The flags that all commands share stand with the first, and may be written before or behind a command's name.
            """);
    add(reference, line, true);
    if (Boolean.getBoolean("lifeboat.update")) {
      Files.writeString(PUBLISHED, reference);
    }

    assertThat(Files.readString(PUBLISHED)).isEqualTo(reference.toString());
  }

  private static void add(StringBuilder out, CommandLine line, boolean top) {
    String name = line.getCommandSpec().qualifiedName();
    out.append("\n## ").append(name).append("\n```\n");
    String help = line.getUsageMessage(CommandLine.Help.Ansi.OFF);
    out.append(top ? help : withoutCommonOptions(help)).append("```\n");
    line.getSubcommands().values().forEach(sub -> add(out, sub, false));
  }

  private static String withoutCommonOptions(String help) {
    StringBuilder kept = new StringBuilder();
    boolean common = false;
    for (String text : help.lines().toList()) {
      if (text.matches(
          "\\s+(-h, )?--(config=FILE|debug|dry-run|help|home=DIR|json|log-format=FORMAT|operator=NAME|quiet)\\s.*")) {
        common = true;
      } else if (!text.matches("\\s{16,}\\S.*")) {
        common = false;
      }
      // A description goes on far to the right in the lines behind its option.
      if (!common && !text.isBlank()) {
        kept.append(text).append('\n');
      }
    }
    return kept.toString();
  }

  @Test
  void everyOptionAndCommand_hasADescription() {
    CommandLine line =
        Main.commandLine(new Invocation(new TestEnvironment(Path.of("/")).environment()));
    check(line);
  }

  private static void check(CommandLine line) {
    assertThat(line.getCommandSpec().usageMessage().description())
        .as(line.getCommandSpec().qualifiedName())
        .isNotEmpty();
    line.getCommandSpec()
        .args()
        .forEach(arg -> assertThat(arg.description()).as(arg.toString()).isNotEmpty());
    line.getSubcommands().values().forEach(CliReferenceTest::check);
  }

  @Test
  void commandLine_ofArgumentsThatNameACommand_hasThatOneAlone() {
    Invocation invocation = new Invocation(new TestEnvironment(Path.of("/")).environment());
    for (String name : Main.commandLine(invocation).getSubcommands().keySet()) {
      assertThat(subcommands("--debug", "--config", "list", "--home", "ls", name, "version"))
          .containsExactly(name);
      assertThat(subcommands("--home=/x", name, "--help")).containsExactly(name);
    }
  }

  @Test
  void commandLine_ofArgumentsThatNameNone_hasAll() {
    assertThat(subcommands()).hasSizeGreaterThan(15);
    assertThat(subcommands("--help")).isEqualTo(subcommands());
    assertThat(subcommands("bakup", "list")).isEqualTo(subcommands());
    assertThat(subcommands("--config")).isEqualTo(subcommands());
  }

  private static Set<String> subcommands(String... arguments) {
    Invocation invocation = new Invocation(new TestEnvironment(Path.of("/")).environment());
    return Main.commandLine(invocation, arguments).getSubcommands().keySet();
  }
}
