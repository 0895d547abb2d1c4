package dev.lifeboat.vault.region;

import dev.lifeboat.vault.Digest;
import dev.lifeboat.vault.pack.PackId;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The name of an object: segments of lower-case letters, digits, {@code . _ -}, separated by {@code
 * /}. No segment is empty or starts with a dot, so that every region can store every key as it is
 * and a directory keeps its own temporary files apart.
 */
public record ObjectKey(String value) implements Comparable<ObjectKey> {
  private static final Pattern SHAPE =
      Pattern.compile("[A-Za-z0-9_-][A-Za-z0-9._-]*(/[A-Za-z0-9_-][A-Za-z0-9._-]*)*");

  /** Prefix of all packs. */
  public static final String PACKS = "packs/";

  public ObjectKey {
    if (value.length() > 512 || !SHAPE.matcher(value).matches()) {
      throw new IllegalArgumentException("not an object key: " + value);
    }
  }

  /** {@code packs/ab/abcd…}. */
  public static ObjectKey of(PackId pack) {
    String hex = pack.toString();
    return new ObjectKey(PACKS + hex.substring(0, 2) + "/" + hex);
  }

  /** The pack of this name; nothing if it is no name of a pack, whatever else it names. */
  public Optional<PackId> pack() {
    int name = PACKS.length() + 3;
    return value.length() == name + 2 * Digest.BYTES
            && value.startsWith(PACKS)
            && value.regionMatches(PACKS.length(), value, name, 2)
            && value.charAt(name - 1) == '/'
            && Digest.isNamedAt(value, name)
        ? Optional.of(new PackId(Digest.namedAt(value, name)))
        : Optional.empty();
  }

  /** The part after the last slash. */
  public String lastSegment() {
    return value.substring(value.lastIndexOf('/') + 1);
  }

  @Override
  public int compareTo(ObjectKey other) {
    return value.compareTo(other.value);
  }

  @Override
  public String toString() {
    return value;
  }
}
