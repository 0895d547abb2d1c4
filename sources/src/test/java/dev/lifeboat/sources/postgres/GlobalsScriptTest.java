package dev.lifeboat.sources.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What must hold for names and scripts of any kind, without a server. */
class GlobalsScriptTest {
  @Test
  void parse_quotesCommentsAndCommands_splitsAtStatementsOnly() {
    GlobalsScript script =
        GlobalsScript.parse(
            """
            -- a comment; with a semicolon
            \\restrict abc;
            CREATE ROLE "a;--""b
            c";
            COMMENT ON ROLE x IS 'it''s; -- not';
            ALTER ROLE x SET a TO E'\\\\';
            \\unrestrict abc
            """);
    assertThat(script.statements())
        .containsExactly(
            "CREATE ROLE \"a;--\"\"b\nc\";",
            "COMMENT ON ROLE x IS 'it''s; -- not';",
            "ALTER ROLE x SET a TO E'\\\\';");
  }

  @Test
  void parse_cutOff_isRefused() {
    assertThatThrownBy(() -> GlobalsScript.parse("CREATE ROLE x; ALTER ROLE"))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> GlobalsScript.parse("COMMENT ON ROLE x IS 'half"))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @ParameterizedTest
  @ValueSource(strings = {"plain", "a.b/c%d", "\n\t\u007f", "ü😀\"'", "..", "%2E"})
  void encode_anyIdentifier_decodesToItself(String identifier) {
    String encoded = Names.encode(identifier);
    assertThat(Names.decode(encoded)).isEqualTo(identifier);
    assertThat(encoded).doesNotContain("/", ".", "\n");
  }

  @Test
  void start_notAscii_bytesArriveWhateverTheLocale() throws Exception {
    String argument = "ü😀\n'\"$(x) \\ %s\n";
    try (Subprocess program =
        Subprocess.start(
            Path.of("/bin/sh"),
            List.of("-c", "printf '%s|%s' \"$1\" \"$PGPASSWORD\"", "sh", argument),
            Map.of("PGPASSWORD", argument))) {
      program.input().close();
      assertThat(new String(program.output().readAllBytes(), StandardCharsets.UTF_8))
          .isEqualTo(argument + "|" + argument);
    }
  }

  @Test
  void output_programFails_throwsInsteadOfEnding() throws Exception {
    try (Subprocess program =
        Subprocess.start(
            Path.of("/bin/sh"), List.of("-c", "echo data; echo why >&2; exit 7"), Map.of())) {
      program.input().close();
      assertThatThrownBy(() -> program.output().readAllBytes())
          .isInstanceOf(ToolFailed.class)
          .hasMessageContaining("exit code 7")
          .hasMessageContaining("why");
    }
  }
}
