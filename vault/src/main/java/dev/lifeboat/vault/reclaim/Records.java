package dev.lifeboat.vault.reclaim;

import dev.lifeboat.vault.VaultException;
import dev.lifeboat.vault.cbor.CborReader;
import dev.lifeboat.vault.cbor.CborWriter;
import dev.lifeboat.vault.region.ObjectKey;
import dev.lifeboat.vault.seal.HostKeystore;
import dev.lifeboat.vault.seal.SigningKey;
import dev.lifeboat.vault.seal.VaultDocument;
import dev.lifeboat.vault.seal.VaultId;
import dev.lifeboat.vault.seal.VerifyKey;
import dev.lifeboat.vault.seal.WriterName;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;
import java.util.function.Function;

/**
 * Signs and verifies <em>records</em>: the small objects by which hosts tell each other what they
 * do, readable without any secret. {@code docs/format.md} has the layout.
 */
public final class Records {
  private static final byte[] MAGIC = "LFBR".getBytes(StandardCharsets.US_ASCII);
  private static final int VERSION = 1;
  private static final int SUITE = 1;
  private static final int HEAD = 24;
  private static final int TAIL = VerifyKey.BYTES + VerifyKey.SIGNATURE_BYTES;
  private static final String LABEL = "lifeboat v1 record";

  /** What a record is about: its letter, signed with it, and where such records lie. */
  enum Kind {
    LEASE('L', Lease.PREFIX),
    // Before the marks, whose prefix theirs begins with.
    REPACKED('R', Repacked.PREFIX),
    TRASH('T', Trash.PREFIX),
    FORGOTTEN('F', Forgetting.PREFIX),
    REGION('G', RegionLog.PREFIX),
    COUNT('C', Counts.PREFIX),
    HOLD('H', Holds.PREFIX),
    PROOFS('P', ProofLedger.PREFIX),
    EVIDENCE('E', SealedDocuments.EVIDENCE),
    AUDIT('A', SealedDocuments.AUDIT);

    private final char letter;
    private final String prefix;

    Kind(char letter, String prefix) {
      this.letter = letter;
      this.prefix = prefix;
    }

    String prefix() {
      return prefix;
    }

    char letter() {
      return letter;
    }

    private static Kind of(ObjectKey key) {
      for (Kind kind : values()) {
        if (key.value().startsWith(kind.prefix)) {
          return kind;
        }
      }
      throw new VaultException.Damaged("no object of the vault has the name " + key);
    }
  }

  private final VaultId vault;
  private final WriterName writer;
  private final SigningKey key;
  private final Function<VerifyKey, Optional<WriterName>> writers;

  /**
   * @param writer who signs
   * @param key not taken over: the owner closes it
   * @param writers whose signatures count, by their keys
   */
  public Records(
      VaultId vault,
      WriterName writer,
      SigningKey key,
      Function<VerifyKey, Optional<WriterName>> writers) {
    this.vault = vault;
    this.writer = writer;
    this.key = key;
    this.writers = writers;
  }

  /** Records signed by a host, and verified against the writers of the vault document. */
  public static Records of(HostKeystore host, VaultDocument document) {
    return new Records(document.vault(), host.writer(), host.signingKey(), document::writer);
  }

  WriterName writer() {
    return writer;
  }

  /** A record's content and who vouches for it. */
  record Verified(WriterName writer, CborReader body) {}

  byte[] sign(Kind kind, CborWriter body) {
    byte[] message =
        ByteBuffer.allocate(HEAD + body.size() + VerifyKey.BYTES)
            .put(MAGIC)
            .put((byte) kind.letter)
            .put((byte) VERSION)
            .putShort((short) SUITE)
            .put(vault.toBytes())
            .put(body.toBytes())
            .put(key.verifyKey().toBytes())
            .array();
    byte[] signature = key.sign(LABEL, message);
    byte[] record = Arrays.copyOf(message, message.length + signature.length);
    System.arraycopy(signature, 0, record, message.length, signature.length);
    return record;
  }

  /**
   * Reads a record whose signature is right and whose writer is known.
   *
   * @param what names it in messages
   */
  Verified verify(Kind kind, String what, byte[] record) {
    CborReader body = insecureBodyOf(kind, what, record);
    int signed = record.length - VerifyKey.SIGNATURE_BYTES;
    VerifyKey signer = new VerifyKey(Arrays.copyOfRange(record, record.length - TAIL, signed));
    Optional<WriterName> name = writers.apply(signer);
    if (name.isEmpty()) {
      throw new VaultException.Untrusted(
          "%s is signed by %s, which is no writer of this vault".formatted(what, signer));
    }
    if (!signer.verifies(
        LABEL, Arrays.copyOf(record, signed), Arrays.copyOfRange(record, signed, record.length))) {
      throw new VaultException.Untrusted(what + " has a wrong signature");
    }
    return new Verified(name.get(), body);
  }

  /**
   * Verifies the record of this name, whatever it is about.
   *
   * @throws VaultException.Untrusted if its vault, signature or writer is not right
   * @throws VaultException.Damaged if it is no record, or no record has such a name
   */
  public void verify(ObjectKey key, byte[] record) {
    verify(Kind.of(key), key.toString(), record);
  }

  /** The content without asking who wrote it: for those who only grow more careful by it. */
  CborReader insecureBodyOf(Kind kind, String what, byte[] record) {
    if (record.length < HEAD + TAIL) {
      throw new VaultException.Damaged(
          "%s has %d bytes, too few for a record".formatted(what, record.length));
    }
    if (!Arrays.equals(record, 0, MAGIC.length, MAGIC, 0, MAGIC.length)
        || record[4] != kind.letter) {
      throw new VaultException.Damaged("%s is no record of kind '%c'".formatted(what, kind.letter));
    }
    if (record[5] != VERSION) {
      throw new VaultException.UnsupportedFormat(what, record[5] & 0xff, VERSION);
    }
    int suite = ByteBuffer.wrap(record).getShort(6) & 0xffff;
    if (suite != SUITE) {
      throw new VaultException.UnsupportedFormat(what + " (suite)", suite, SUITE);
    }
    VaultId found = VaultId.of(Arrays.copyOfRange(record, 8, HEAD));
    if (!found.equals(vault)) {
      throw new VaultException.Untrusted(
          "%s belongs to vault %s, not to %s".formatted(what, found, vault));
    }
    return new CborReader(what, record, HEAD, record.length - HEAD - TAIL);
  }
}
