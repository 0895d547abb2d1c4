package dev.lifeboat.vault.pack;

import dev.lifeboat.vault.Digest;

/** SHA-256 of a pack's bytes; also its name. */
public record PackId(Digest value) implements Comparable<PackId> {
  /** Parses 64 hexadecimal digits. */
  public static PackId parse(String hex) {
    return new PackId(Digest.parse(hex));
  }

  @Override
  public int compareTo(PackId other) {
    return value.compareTo(other.value);
  }

  @Override
  public int hashCode() {
    return value.hashCode();
  }

  @Override
  public String toString() {
    return value.toString();
  }
}
