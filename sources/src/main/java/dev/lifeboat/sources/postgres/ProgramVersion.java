package dev.lifeboat.sources.postgres;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The version of one of PostgreSQL's programs.
 *
 * @param text for example {@code 15.20}
 */
record ProgramVersion(int major, String text) {
  private static final Pattern VERSION = Pattern.compile("\\(PostgreSQL\\) (\\d+)(\\S*)");

  /** Asks a program; nothing if it cannot be run, or is no program of PostgreSQL's. */
  static Optional<ProgramVersion> of(Path program) throws InterruptedException {
    try (Subprocess process = Subprocess.start(program, List.of("--version"), Map.of())) {
      process.input().close();
      String said = new String(process.output().readAllBytes(), StandardCharsets.UTF_8);
      Matcher matcher = VERSION.matcher(said);
      return matcher.find()
          ? Optional.of(
              new ProgramVersion(
                  Integer.parseInt(matcher.group(1)), matcher.group(1) + matcher.group(2)))
          : Optional.empty();
    } catch (IOException e) {
      return Optional.empty();
    }
  }
}
