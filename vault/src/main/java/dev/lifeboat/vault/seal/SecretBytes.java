package dev.lifeboat.vault.seal;

import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Arrays;

/** 32 secret bytes. Wiped when closed; shows nothing of itself in logs. */
public final class SecretBytes implements AutoCloseable {
  /** Length in bytes. */
  public static final int BYTES = 32;

  private final byte[] bytes;
  private volatile boolean closed;

  private SecretBytes(byte[] bytes) {
    this.bytes = bytes;
  }

  /** Copies 32 bytes; the caller wipes its own. */
  public static SecretBytes copyOf(byte[] bytes) {
    if (bytes.length != BYTES) {
      throw new IllegalArgumentException("a secret has 32 bytes, not " + bytes.length);
    }
    return new SecretBytes(bytes.clone());
  }

  public static SecretBytes random(SecureRandom random) {
    byte[] bytes = new byte[BYTES];
    random.nextBytes(bytes);
    return new SecretBytes(bytes);
  }

  /** The secret itself, not a copy: do not keep it, log it, or change it. */
  public byte[] exposeSecret() {
    if (closed) {
      throw new IllegalStateException("secret is closed");
    }
    return bytes;
  }

  /** An independent secret with the same bytes. */
  public SecretBytes copy() {
    return copyOf(exposeSecret());
  }

  @Override
  public void close() {
    closed = true;
    Arrays.fill(bytes, (byte) 0);
  }

  /** Compares in constant time. */
  @Override
  public boolean equals(Object other) {
    return other instanceof SecretBytes that && MessageDigest.isEqual(bytes, that.bytes);
  }

  @Override
  public int hashCode() {
    return System.identityHashCode(SecretBytes.class);
  }

  @Override
  public String toString() {
    return "SecretBytes[redacted]";
  }
}
