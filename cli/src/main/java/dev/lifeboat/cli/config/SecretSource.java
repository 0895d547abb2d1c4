package dev.lifeboat.cli.config;

import java.nio.file.Path;
import java.util.Optional;

/** Where a secret comes from. The secret itself never stands in the configuration. */
public record SecretSource(
    Place at,
    @Doc(
            value = "File whose first line is the secret; others must not be able to read it.",
            choice = "source")
        Optional<Path> file,
    @Doc(value = "Name of the environment variable that holds the secret.", choice = "source")
        Optional<String> env,
    @Doc(
            value = "Command, run by /bin/sh, whose first line of output is the secret.",
            choice = "source")
        Optional<String> command) {

  /** For people: where it comes from, never what it is. */
  @Override
  public String toString() {
    return file.map(path -> "file " + path)
        .or(() -> env.map(name -> "environment variable " + name))
        .orElse("a command");
  }
}
