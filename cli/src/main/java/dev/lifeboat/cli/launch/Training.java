package dev.lifeboat.cli.launch;

import dev.lifeboat.cli.Environment;
import dev.lifeboat.cli.Main;
import dev.lifeboat.vault.Directories;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Runs a small vault once through, for the ahead-of-time cache to learn which classes are loaded
 * and which methods are hot. Its results do not matter; whatever fails here fails later where
 * somebody sees it.
 */
public final class Training {
  private static final String CONFIGURATION =
      """
      vault:
        kit: recovery.kit
        passphrase: {file: passphrase}
        regions:
          - {name: one, directory: {path: one}}
          - {name: two, directory: {path: two}}
      datasets:
        - {name: files, directory: {path: data}, rpo: 26h}
      """;

  private static final List<String> COMMANDS =
      List.of(
          "--help",
          "version",
          "version --json",
          "config validate",
          "config show",
          "config schema",
          "init",
          "nightly",
          "backup files",
          "nightly --json",
          "verify --deep",
          "verify --ciphertext",
          "restore latest --dataset files --to back",
          "doctor",
          "keys show",
          "regions status --json",
          "list",
          "list --json",
          "status",
          "ls latest -R",
          "find *.txt",
          "diff latest latest");

  private Training() {}

  /** Runs the commands in a scratch directory. */
  public static void main(String[] args) throws IOException {
    Main.quietLibraries();
    Path scratch = Files.createTempDirectory("lifeboat-training");
    try (PrintStream nowhere =
        new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8)) {
      Files.writeString(scratch.resolve("lifeboat.yaml"), CONFIGURATION);
      Files.createDirectory(scratch.resolve("data"));
      for (int i = 0; i < 100; i++) {
        Files.writeString(
            scratch.resolve("data/%d.txt".formatted(i)), "line %d%n".formatted(i).repeat(200));
      }
      Environment process = Environment.ofProcess();
      Environment quiet =
          new Environment(
              Map.of(),
              scratch,
              process.clock(),
              process.random(),
              nowhere,
              nowhere,
              _ -> Optional.empty(),
              false,
              false);
      for (String command : COMMANDS) {
        Main.run(quiet, command.split(" ", -1));
      }
    } finally {
      Directories.delete(scratch);
    }
  }
}
