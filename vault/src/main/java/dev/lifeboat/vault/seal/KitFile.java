package dev.lifeboat.vault.seal;

import dev.lifeboat.vault.VaultException;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Path;
import java.security.SecureRandom;

/** The recovery kit in a file, under a passphrase stretched by Argon2id (RFC 9106). */
public final class KitFile {
  /** RFC 9106's second recommended option: 64 MiB, three passes, four lanes. */
  public static final Cost RECOMMENDED = new Cost(64 * 1024, 3, 4);

  private KitFile() {}

  /**
   * What a guess costs.
   *
   * @param memoryKib at least 8 for each lane, at most 1 GiB
   * @param passes 1 to 64
   * @param lanes 1 to 64
   */
  public record Cost(int memoryKib, int passes, int lanes) {}

  /**
   * Writes a kit into a new file, mode 0600, complete and on disk when this returns.
   *
   * @param passphrase at least 8 characters; the caller wipes it
   * @throws FileAlreadyExistsException if there is a file: a kit is never overwritten
   */
  public static void write(
      Path file, RecoveryKit kit, char[] passphrase, Cost cost, SecureRandom random)
      throws IOException {
    Pending.body();
  }

  /** At {@link #RECOMMENDED} cost. */
  public static void write(Path file, RecoveryKit kit, char[] passphrase, SecureRandom random)
      throws IOException {
    write(file, kit, passphrase, RECOMMENDED, random);
  }

  /**
   * Opens the kit. The caller closes it, and wipes the passphrase.
   *
   * @throws VaultException.KeyUnavailable if the file is missing or the passphrase is wrong
   * @throws VaultException.UnsupportedFormat if a newer program wrote it
   * @throws VaultException.Damaged if it is no kit file
   */
  public static RecoveryKit read(Path file, char[] passphrase) throws IOException {
    return Pending.body();
  }
}
