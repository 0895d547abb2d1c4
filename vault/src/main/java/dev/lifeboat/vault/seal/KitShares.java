package dev.lifeboat.vault.seal;

import dev.lifeboat.vault.VaultException;
import java.security.SecureRandom;
import java.util.List;

/**
 * The recovery kit as printed shares: any {@code threshold} of them make it, fewer tell nothing.
 */
public final class KitShares {
  private KitShares() {}

  /**
   * Splits a kit.
   *
   * @param threshold 2 to {@code count}
   * @param count at most 255
   * @return a block of text for each share, to be printed and handed to different people
   */
  public static List<String> split(RecoveryKit kit, int threshold, int count, SecureRandom random) {
    return Pending.body();
  }

  /**
   * Makes the kit again. White space and case do not matter; text around a share is ignored. The
   * caller closes the kit.
   *
   * @throws VaultException.KeyUnavailable if shares are too few, of different sets, given twice, or
   *     mistyped; the message says which and in what line
   * @throws VaultException.UnsupportedFormat if a newer program printed them
   */
  public static RecoveryKit combine(List<String> shares) {
    return Pending.body();
  }
}
