package dev.lifeboat.vault.snapshot;

import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.regex.Pattern;

/** 8 random bytes, as 16 hexadecimal digits. */
public record SnapshotId(String hex) implements Comparable<SnapshotId> {
  private static final Pattern SHAPE = Pattern.compile("[0-9a-f]{16}");

  public SnapshotId {
    if (!SHAPE.matcher(hex).matches()) {
      throw new IllegalArgumentException("not a snapshot id: " + hex);
    }
  }

  public static SnapshotId random(SecureRandom random) {
    byte[] bytes = new byte[8];
    random.nextBytes(bytes);
    return new SnapshotId(HexFormat.of().formatHex(bytes));
  }

  @Override
  public int compareTo(SnapshotId other) {
    return hex.compareTo(other.hex);
  }

  @Override
  public String toString() {
    return hex;
  }
}
