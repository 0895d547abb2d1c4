package dev.lifeboat.cli.wiring;

import dev.lifeboat.cli.CliException;
import dev.lifeboat.cli.ExitCode;
import dev.lifeboat.cli.Invocation;
import dev.lifeboat.cli.config.SecretSource;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Optional;
import java.util.Set;

/** The passphrase of a kit that is being made. */
public final class Passphrases {
  /** Crockford's base 32: no letters that look like digits. */
  private static final String ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";

  private static final int GROUPS = 6;
  private static final int GROUP_LENGTH = 5;

  private Passphrases() {}

  /**
   * A passphrase for a new kit, wiped by the caller: the configured one; a random one, written into
   * the configured file where that is missing; or one typed twice.
   */
  public static char[] forNewKit(Workspace workspace, Invocation invocation) throws IOException {
    Optional<SecretSource> source = workspace.configuration().vault().passphrase();
    Optional<Path> file = source.flatMap(SecretSource::file).filter(path -> !Files.exists(path));
    if (file.isPresent()) {
      char[] made = random(invocation.environment().random());
      write(file.get(), made);
      invocation.say("Made a passphrase and wrote it to " + file.get());
      return made;
    }
    char[] passphrase = workspace.passphrase("Passphrase for the new recovery kit");
    if (source.isEmpty()) {
      char[] again = workspace.passphrase("The same once more");
      boolean same = Arrays.equals(passphrase, again);
      Arrays.fill(again, '\0');
      if (!same) {
        Arrays.fill(passphrase, '\0');
        throw new CliException(ExitCode.REFUSED, "the two passphrases differ; start again");
      }
    }
    return passphrase;
  }

  /** 150 random bits in groups that can be read aloud. */
  static char[] random(SecureRandom random) {
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < GROUPS * GROUP_LENGTH; i++) {
      if (i > 0 && i % GROUP_LENGTH == 0) {
        out.append('-');
      }
      out.append(ALPHABET.charAt(random.nextInt(ALPHABET.length())));
    }
    return out.toString().toCharArray();
  }

  private static void write(Path file, char[] passphrase) throws IOException {
    Path parent = file.getParent();
    if (parent != null) {
      Files.createDirectories(parent);
    }
    try (var channel =
        Files.newByteChannel(
            file,
            Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")))) {
      channel.write(StandardCharsets.UTF_8.encode(new String(passphrase) + System.lineSeparator()));
    }
  }
}
