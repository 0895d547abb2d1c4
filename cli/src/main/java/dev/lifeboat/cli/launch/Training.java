package dev.lifeboat.cli.launch;

import dev.lifeboat.cli.Environment;
import dev.lifeboat.cli.ExitCode;
import dev.lifeboat.cli.Main;
import dev.lifeboat.vault.Directories;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Runs a small vault once through, with a region in a directory and one in a bucket, for the
 * ahead-of-time cache to learn which classes are loaded and which methods are hot.
 */
public final class Training {
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

  /** Runs the commands, and says on standard error which did not end well. */
  public static void main(String[] args)
      throws IOException, GeneralSecurityException, InterruptedException {
    Main.quietLibraries();
    run()
        .forEach((command, code) ->
            System.err.println(
                "lifeboat: while training: %s ended with %s".formatted(command, code)));
  }

  /**
   * Runs the commands in a scratch directory.
   *
   * @return those that did not end well
   */
  private static Map<String, ExitCode> run()
      throws IOException, GeneralSecurityException, InterruptedException {
    Map<String, ExitCode> failed = new LinkedHashMap<>();
    Path scratch = Files.createTempDirectory("lifeboat-training");
    try (PrintStream nowhere =
            new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8);
        TrainingBucket bucket = new TrainingBucket(scratch.resolve("authority.pem"))) {
      Files.writeString(
          scratch.resolve("lifeboat.yaml"),
          """
          vault:
            kit: recovery.kit
            passphrase: {file: passphrase}
            regions:
              - {name: one, directory: {path: one}}
              - name: two
                s3:
                  bucket: %s
                  endpoint: "%s"
                  tls: {ca: authority.pem}
                  credentials: {access-key: training, secret-key: {file: secret}}
          datasets:
            - {name: files, directory: {path: data}, rpo: 26h}
          """
              .formatted(TrainingBucket.name(), bucket.endpoint()));
      Path secret = Files.writeString(scratch.resolve("secret"), "training");
      Files.setPosixFilePermissions(secret, PosixFilePermissions.fromString("rw-------"));
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
        ExitCode code = Main.run(quiet, command.split(" ", -1));
        if (code != ExitCode.DONE) {
          failed.put(command, code);
        }
      }
    } finally {
      Directories.delete(scratch);
    }
    return failed;
  }
}
