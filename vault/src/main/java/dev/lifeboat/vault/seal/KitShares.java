package dev.lifeboat.vault.seal;

import dev.lifeboat.vault.Digest;
import dev.lifeboat.vault.VaultException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.bouncycastle.crypto.threshold.ShamirSecretSplitter;
import org.bouncycastle.crypto.threshold.ShamirSplitSecret;
import org.bouncycastle.crypto.threshold.ShamirSplitSecretShare;

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
    if (threshold < 2 || threshold > count || count > 255) {
      throw new IllegalArgumentException(
          "%d of %d shares: at least 2 must be needed, and at most 255 made"
              .formatted(threshold, count));
    }
    byte[] set = new byte[Share.SET_BYTES];
    random.nextBytes(set);
    ShamirSecretSplitter splitter =
        ShamirSecretSplitter.getInstance(
            ShamirSecretSplitter.Algorithm.AES, SecretBytes.BYTES, random);
    ShamirSplitSecretShare[] points =
        splitter.resplit(kit.exposeSecret().exposeSecret(), threshold, count).getSecretShares();
    List<String> shares = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      byte[] point = encoded(points[i]);
      try (Share share =
          new Share(
              threshold, count, i + 1, set, kit.vault(), check(kit), SecretBytes.copyOf(point))) {
        shares.add(share.print());
      } finally {
        Arrays.fill(point, (byte) 0);
      }
    }
    return List.copyOf(shares);
  }

  /**
   * Makes the kit again from one text for each share. White space and case do not matter; text
   * around a share is ignored. The caller closes the kit.
   *
   * @throws VaultException.KeyUnavailable if shares are too few, of different sets, given twice, or
   *     mistyped; the message says which and in what line
   * @throws VaultException.UnsupportedFormat if a newer program printed them
   */
  public static RecoveryKit combine(List<String> texts) {
    List<Share> parsed = new ArrayList<>();
    List<String> faults = new ArrayList<>();
    for (int i = 0; i < texts.size(); i++) {
      Share.parse(texts.get(i), i + 1, faults).ifPresent(parsed::add);
    }
    try {
      if (!faults.isEmpty()) {
        throw new VaultException.KeyUnavailable(String.join("; ", faults));
      }
      refuseMixed(parsed);
      return combineSet(parsed);
    } finally {
      parsed.forEach(Share::close);
    }
  }

  private static void refuseMixed(List<Share> shares) {
    if (shares.isEmpty()) {
      throw new VaultException.KeyUnavailable("no share of the recovery kit is given");
    }
    Share first = shares.getFirst();
    Set<Integer> indexes = new TreeSet<>();
    for (Share share : shares) {
      if (!share.isOfSetOf(first)) {
        throw new VaultException.KeyUnavailable(
            "%s and %s do not belong together: shares of different sets never make a kit"
                .formatted(first, share));
      }
      if (!indexes.add(share.index())) {
        throw new VaultException.KeyUnavailable(
            "%s is given twice; %d different ones are needed".formatted(share, first.threshold()));
      }
    }
    if (shares.size() < first.threshold()) {
      throw new VaultException.KeyUnavailable(
          "%d shares of set %s are needed, but only %s here"
              .formatted(
                  first.threshold(),
                  first.setHex(),
                  shares.size() == 1
                      ? "share %d is".formatted(first.index())
                      : "shares %s are"
                          .formatted(
                              indexes.stream()
                                  .map(String::valueOf)
                                  .collect(Collectors.joining(", ")))));
    }
  }

  private static RecoveryKit combineSet(List<Share> shares) {
    Share first = shares.getFirst();
    ShamirSplitSecretShare[] points =
        shares.stream()
            .limit(first.threshold())
            .map(share -> new ShamirSplitSecretShare(share.point().exposeSecret(), share.index()))
            .toArray(ShamirSplitSecretShare[]::new);
    byte[] secret;
    try {
      secret =
          ShamirSplitSecret.getInstance(ShamirSecretSplitter.Algorithm.AES, points).getSecret();
    } catch (IOException e) {
      throw new UncheckedIOException("shares are in memory", e);
    }
    RecoveryKit kit = RecoveryKit.fromSecret(first.vault(), SecretBytes.copyOf(secret));
    Arrays.fill(secret, (byte) 0);
    if (!MessageDigest.isEqual(check(kit), first.check())) {
      kit.close();
      throw new VaultException.KeyUnavailable(
          "the shares of set %s make another kit than they were made from: one of them is wrong; try others of the set"
              .formatted(first.setHex()));
    }
    return kit;
  }

  private static byte[] encoded(ShamirSplitSecretShare point) {
    try {
      return point.getEncoded();
    } catch (IOException e) {
      throw new UncheckedIOException("shares are in memory", e);
    }
  }

  /** Tells the right kit from a wrong one, and nothing of its secret: the root key is public. */
  private static byte[] check(RecoveryKit kit) {
    byte[] label = "lifeboat v1 kit check".getBytes(StandardCharsets.UTF_8);
    byte[] root = kit.rootKey().verifyKey().toBytes();
    byte[] message =
        ByteBuffer.allocate(label.length + 1 + root.length)
            .put(label)
            .put((byte) 0)
            .put(root)
            .array();
    return Arrays.copyOf(Digest.sha256().digest(message), Share.CHECK_BYTES);
  }
}
