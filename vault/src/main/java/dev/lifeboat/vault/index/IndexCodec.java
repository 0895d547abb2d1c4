package dev.lifeboat.vault.index;

import dev.lifeboat.vault.Digest;
import dev.lifeboat.vault.VaultException;
import dev.lifeboat.vault.cbor.CborReader;
import dev.lifeboat.vault.cbor.CborWriter;
import dev.lifeboat.vault.pack.PackDirectory;
import dev.lifeboat.vault.pack.PackId;
import dev.lifeboat.vault.region.ObjectKey;
import dev.lifeboat.vault.seal.Aead;
import dev.lifeboat.vault.seal.Kdf;
import dev.lifeboat.vault.seal.Prologue;
import dev.lifeboat.vault.seal.TenantId;
import dev.lifeboat.vault.seal.TenantWriteKeys;
import dev.lifeboat.vault.seal.VaultId;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.List;

/** Index objects: the directories of some packs, sealed with the tenant's index key. */
public final class IndexCodec {
  private static final int SALT_BYTES = 32;
  private static final int HEAD_BYTES = Prologue.BYTES + SALT_BYTES;
  private static final String LABEL = "lifeboat v1 index";

  private IndexCodec() {}

  /**
   * One pack of an index object.
   *
   * @param bytes length of the pack
   * @param encodedDirectory its directory in CBOR; not copied
   */
  @SuppressWarnings("ArrayRecordComponent") // compared by nobody
  public record Entry(PackId pack, long bytes, byte[] encodedDirectory) {}

  /** Told of the packs of an index object. */
  public interface Visitor {
    /**
     * Whether the directory of this pack is wanted; decoding it costs more than passing over it.
     */
    boolean wants(PackId pack, long bytes);

    void pack(PackId pack, long bytes, PackDirectory directory);
  }

  /** {@code index/<tenant>/}. */
  public static String prefix(TenantId tenant) {
    return "index/" + tenant + "/";
  }

  /** The name that these bytes have. */
  public static ObjectKey key(TenantId tenant, byte[] object) {
    return new ObjectKey(prefix(tenant) + Digest.read(Digest.sha256().digest(object), 0));
  }

  public static Entry entry(PackId pack, long bytes, PackDirectory directory) {
    CborWriter out = new CborWriter(4096);
    directory.encode(out);
    return new Entry(pack, bytes, out.toBytes());
  }

  public static byte[] seal(
      VaultId vault, TenantWriteKeys keys, SecureRandom random, List<Entry> entries) {
    CborWriter out = new CborWriter(1 << 16);
    out.array(entries.size());
    for (Entry entry : entries) {
      out.array(3).bytes(entry.pack().value().toBytes()).integer(entry.bytes());
      out.raw(entry.encodedDirectory(), 0, entry.encodedDirectory().length);
    }
    byte[] salt = new byte[SALT_BYTES];
    random.nextBytes(salt);
    byte[] head =
        ByteBuffer.allocate(HEAD_BYTES)
            .put(new Prologue(Prologue.Kind.INDEX, vault, keys.id(), keys.generation()).toBytes())
            .put(salt)
            .array();
    byte[] sealed = Aead.sealOnce(key(keys, salt), Digest.sha256().digest(head), out.toBytes());
    return ByteBuffer.allocate(head.length + sealed.length).put(head).put(sealed).array();
  }

  /**
   * Opens an index object.
   *
   * @param prologue read from the object, of the generation of {@code keys}
   * @param what names it in messages
   * @throws VaultException.Damaged if a byte is not as it was
   */
  public static void open(
      String what, Prologue prologue, byte[] object, TenantWriteKeys keys, Visitor visitor) {
    if (prologue.generation() != keys.generation() || !prologue.tenant().equals(keys.id())) {
      throw new IllegalArgumentException("%s is not sealed with these keys".formatted(what));
    }
    if (object.length < HEAD_BYTES) {
      throw new VaultException.Damaged(
          "%s has %d bytes, too few for an index object".formatted(what, object.length));
    }
    byte[] head = Arrays.copyOf(object, HEAD_BYTES);
    byte[] salt = Arrays.copyOfRange(head, Prologue.BYTES, HEAD_BYTES);
    byte[] opened =
        Aead.open(
            key(keys, salt),
            Digest.sha256().digest(head),
            object,
            HEAD_BYTES,
            object.length - HEAD_BYTES);
    if (opened == null) {
      throw new VaultException.Damaged(what + " is damaged, or sealed with another index key");
    }
    CborReader in = new CborReader(what, opened);
    for (int left = in.array(); left > 0; left--) {
      in.array(3);
      byte[] id = in.bytes();
      if (id.length != Digest.BYTES) {
        throw in.damaged("a pack id of %d bytes".formatted(id.length));
      }
      long bytes = in.unsigned(Long.MAX_VALUE);
      PackId pack = new PackId(Digest.read(id, 0));
      if (visitor.wants(pack, bytes)) {
        visitor.pack(pack, bytes, PackDirectory.decode(in));
      } else {
        in.skip();
      }
    }
    in.end();
  }

  private static byte[] key(TenantWriteKeys keys, byte[] salt) {
    return Kdf.derive(keys.indexKey().exposeSecret(), salt, LABEL, 32);
  }
}
