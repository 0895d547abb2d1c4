package dev.lifeboat.schedules.http;

import dev.lifeboat.vault.Digest;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/**
 * Who may come in: whoever sends the one {@code Authorization} that is right. Keeps a digest of it
 * alone, and compares digests, in a time that says nothing of how much was right.
 */
public final class Gate {
  private final String scheme;
  private final byte[] expected;

  private Gate(String scheme, byte[] credentials) {
    this.scheme = scheme;
    this.expected = Digest.sha256().digest(credentials);
    Arrays.fill(credentials, (byte) 0);
  }

  /** Opens to a bearer token, which stays the caller's to wipe. */
  public static Gate ofToken(char[] token) {
    return new Gate("Bearer", bytes(token));
  }

  /** Opens to a name and a password, which stays the caller's to wipe. */
  public static Gate ofPassword(String user, char[] password) {
    byte[] name = (user + ":").getBytes(StandardCharsets.UTF_8);
    byte[] secret = bytes(password);
    byte[] both = Arrays.copyOf(name, name.length + secret.length);
    System.arraycopy(secret, 0, both, name.length, secret.length);
    byte[] encoded = Base64.getEncoder().encode(both);
    Arrays.fill(secret, (byte) 0);
    Arrays.fill(both, (byte) 0);
    return new Gate("Basic", encoded);
  }

  private static byte[] bytes(char[] text) {
    // No character takes more than three bytes, and a pair of them four.
    ByteBuffer encoded = ByteBuffer.allocate(3 * text.length);
    var _ = StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(text), encoded, true);
    byte[] bytes = Arrays.copyOf(encoded.array(), encoded.position());
    Arrays.fill(encoded.array(), (byte) 0);
    return bytes;
  }

  /** Whether a header opens. */
  boolean opensTo(@Nullable String authorization) {
    String start = scheme + " ";
    boolean named =
        authorization != null && authorization.regionMatches(true, 0, start, 0, start.length());
    String credentials =
        named && authorization != null ? authorization.substring(start.length()) : "";
    return MessageDigest.isEqual(
            expected, Digest.sha256().digest(credentials.strip().getBytes(StandardCharsets.UTF_8)))
        && named;
  }

  /** What a client is told that did not get in. */
  String challenge() {
    return scheme + " realm=\"lifeboat\"";
  }

  @Override
  public String toString() {
    return scheme + " (secret)";
  }
}
