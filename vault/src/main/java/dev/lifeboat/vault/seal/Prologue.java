package dev.lifeboat.vault.seal;

import dev.lifeboat.vault.VaultException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * The 44 bytes that every binary object begins with: what it is, whose, and in which version and
 * suite it is written. Nothing else of an object is looked at before its prologue is understood.
 *
 * @param generation of the tenant's keys, from 1
 */
public record Prologue(Kind kind, VaultId vault, TenantId tenant, int generation) {
  /** Length in bytes. */
  public static final int BYTES = 44;

  /** The version of the format that this program writes and reads. */
  public static final int FORMAT_VERSION = 1;

  /** The suite of algorithms that this program writes and reads. */
  public static final int SUITE = 1;

  private static final byte[] MAGIC = "LFBT".getBytes(StandardCharsets.US_ASCII);

  /** What an object is. */
  public enum Kind {
    PACK('P', "pack"),
    INDEX('I', "index object"),
    MANIFEST('M', "manifest"),
    KEY('K', "key object");

    private final char letter;
    private final String noun;

    Kind(char letter, String noun) {
      this.letter = letter;
      this.noun = noun;
    }

    /** As in a sentence: {@code "index object"}. */
    public String noun() {
      return noun;
    }
  }

  public Prologue {
    if (generation < 1) {
      throw new IllegalArgumentException("key generations start at 1, not " + generation);
    }
  }

  /**
   * Reads the prologue at the start of {@code bytes}.
   *
   * @param kind what the object must be
   * @param what names the object in messages, usually its key
   * @throws VaultException.Damaged if it is too short, or no object of that kind
   * @throws VaultException.UnsupportedFormat if it has another version or suite
   */
  public static Prologue read(byte[] bytes, Kind kind, String what) {
    if (bytes.length < BYTES) {
      throw new VaultException.Damaged(
          "%s has %d bytes, too few for the prologue of a %s"
              .formatted(what, bytes.length, kind.noun));
    }
    ByteBuffer in = ByteBuffer.wrap(bytes, 0, BYTES);
    byte[] magic = new byte[MAGIC.length];
    in.get(magic);
    if (!Arrays.equals(magic, MAGIC)) {
      throw new VaultException.Damaged(what + " does not begin like an object of a vault (LFBT)");
    }
    int letter = in.get() & 0xff;
    if (letter != kind.letter) {
      throw new VaultException.Damaged(
          "%s is of kind 0x%02x, not a %s ('%c')".formatted(what, letter, kind.noun, kind.letter));
    }
    int version = in.get() & 0xff;
    if (version != FORMAT_VERSION) {
      throw new VaultException.UnsupportedFormat(what, version, FORMAT_VERSION);
    }
    int suite = in.getShort() & 0xffff;
    if (suite != SUITE) {
      throw VaultException.UnsupportedFormat.suite(what, suite, SUITE);
    }
    byte[] vault = new byte[16];
    in.get(vault);
    byte[] tenant = new byte[16];
    in.get(tenant);
    int generation = in.getInt();
    if (generation < 1) {
      throw new VaultException.Damaged(
          "%s names key generation %d".formatted(what, Integer.toUnsignedLong(generation)));
    }
    return new Prologue(kind, VaultId.of(vault), TenantId.of(tenant), generation);
  }

  /** The 44 bytes. */
  public byte[] toBytes() {
    return ByteBuffer.allocate(BYTES)
        .put(MAGIC)
        .put((byte) kind.letter)
        .put((byte) FORMAT_VERSION)
        .putShort((short) SUITE)
        .put(vault.toBytes())
        .put(tenant.toBytes())
        .putInt(generation)
        .array();
  }

  /** {@code label ‖ 0x00 ‖ prologue ‖ more}: the HPKE info that binds a message to its object. */
  public byte[] info(String label, byte[] more) {
    byte[] text = label.getBytes(StandardCharsets.UTF_8);
    return ByteBuffer.allocate(text.length + 1 + BYTES + more.length)
        .put(text)
        .put((byte) 0)
        .put(toBytes())
        .put(more)
        .array();
  }
}
