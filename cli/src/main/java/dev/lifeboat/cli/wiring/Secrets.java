package dev.lifeboat.cli.wiring;

import dev.lifeboat.cli.CliException;
import dev.lifeboat.cli.ExitCode;
import dev.lifeboat.cli.config.SecretSource;
import dev.lifeboat.sources.Secret;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/** Fetches secrets from where the configuration says they are. */
public final class Secrets {
  private static final int MAX_BYTES = 64 * 1024;
  private static final Set<PosixFilePermission> OTHERS =
      Set.of(
          PosixFilePermission.GROUP_WRITE,
          PosixFilePermission.OTHERS_READ,
          PosixFilePermission.OTHERS_WRITE);

  private final Map<String, String> variables;
  private final long timeoutSeconds;

  /**
   * Secrets of a process.
   *
   * @param variables its environment
   * @param timeoutSeconds how long a command may take
   */
  public Secrets(Map<String, String> variables, long timeoutSeconds) {
    this.variables = variables;
    this.timeoutSeconds = timeoutSeconds;
  }

  /**
   * The password that an option {@code --password-env} names the variable of; closed by the caller.
   */
  public Secret ofOption(String variable) {
    String value = variables.get(variable);
    if (value == null) {
      throw new CliException(
          ExitCode.USAGE, "--password-env %s: it is not set".formatted(variable));
    }
    return new Secret(value.toCharArray());
  }

  /**
   * The secret, which the caller closes.
   *
   * @param what it is for, for messages
   * @throws CliException with {@link ExitCode#KEY_UNAVAILABLE} if it cannot be had, never showing
   *     it
   */
  public Secret fetch(SecretSource source, String what) {
    byte[] bytes =
        source
            .file()
            .map(file -> fromFile(file, what))
            .or(() -> source.env().map(name -> fromVariable(name, what)))
            .orElseGet(() -> fromCommand(source, what));
    try {
      CharBuffer text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes));
      char[] all = text.array();
      int end = 0;
      while (end < text.limit() && all[end] != '\n' && all[end] != '\r') {
        end++;
      }
      char[] line = Arrays.copyOf(all, end);
      Arrays.fill(all, '\0');
      if (end == 0) {
        throw unavailable(what, source + " is empty");
      }
      try {
        return new Secret(line);
      } finally {
        Arrays.fill(line, '\0');
      }
    } catch (CharacterCodingException e) {
      throw unavailable(what, source + " is not UTF-8");
    } finally {
      Arrays.fill(bytes, (byte) 0);
    }
  }

  private static byte[] fromFile(Path file, String what) {
    try {
      if (Files.getFileStore(file).supportsFileAttributeView("posix")
          && Files.getPosixFilePermissions(file).stream().anyMatch(OTHERS::contains)) {
        throw unavailable(
            what, "%s can be read or changed by others: chmod 600 it".formatted(file));
      }
      if (Files.isRegularFile(file) && Files.size(file) > MAX_BYTES) {
        throw unavailable(what, file + " is too large for a secret");
      }
      return Files.readAllBytes(file);
    } catch (IOException e) {
      throw unavailable(
          what,
          Files.exists(file)
              ? file + " cannot be read: check its owner and mode"
              : file + " is missing");
    }
  }

  private byte[] fromVariable(String name, String what) {
    String value = variables.get(name);
    if (value == null) {
      throw unavailable(what, "environment variable %s is not set".formatted(name));
    }
    return value.getBytes(StandardCharsets.UTF_8);
  }

  private byte[] fromCommand(SecretSource source, String what) {
    Process process = null;
    try {
      process =
          new ProcessBuilder("/bin/sh", "-c", source.command().orElseThrow())
              .redirectInput(ProcessBuilder.Redirect.from(new java.io.File("/dev/null")))
              .redirectError(ProcessBuilder.Redirect.INHERIT)
              .start();
      byte[] output;
      try (InputStream stream = process.getInputStream()) {
        output = stream.readNBytes(MAX_BYTES);
      }
      if (!process.waitFor(timeoutSeconds, TimeUnit.SECONDS)) {
        throw unavailable(what, "its command did not end within %d s".formatted(timeoutSeconds));
      }
      if (process.exitValue() != 0) {
        throw unavailable(what, "its command failed with exit code " + process.exitValue());
      }
      return output;
    } catch (IOException e) {
      throw unavailable(what, "its command cannot be run: " + e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CliException(ExitCode.INTERRUPTED, "interrupted while waiting for a command");
    } finally {
      if (process != null) {
        process.destroyForcibly();
      }
    }
  }

  private static CliException unavailable(String what, String why) {
    return new CliException(ExitCode.KEY_UNAVAILABLE, "%s: %s".formatted(what, why));
  }
}
