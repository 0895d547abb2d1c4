package dev.lifeboat.bench.scale;

import dev.lifeboat.vault.Digest;
import dev.lifeboat.vault.cbor.CborWriter;
import dev.lifeboat.vault.pack.PackId;
import dev.lifeboat.vault.seal.Aead;
import dev.lifeboat.vault.seal.DatasetName;
import dev.lifeboat.vault.seal.HostKeystore;
import dev.lifeboat.vault.seal.Kdf;
import dev.lifeboat.vault.seal.Prologue;
import dev.lifeboat.vault.seal.RecoveryKit;
import dev.lifeboat.vault.seal.SigningKey;
import dev.lifeboat.vault.seal.TenantKeys;
import dev.lifeboat.vault.seal.TenantName;
import dev.lifeboat.vault.seal.TenantWriteKeys;
import dev.lifeboat.vault.seal.VaultDocument;
import dev.lifeboat.vault.seal.WriterName;
import dev.lifeboat.vault.snapshot.ManifestCodec;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Arrays;
import java.util.BitSet;

/**
 * Names and metadata of a vault that does not exist: the same number always gives the same pack id,
 * and the same manifest, signed and sealed as {@code docs/format.md} says. Only the sealed body,
 * which nothing but a restore opens, is zeros.
 */
final class SyntheticVault {
  private static final Instant FIRST = Instant.parse("2026-01-01T02:00:00Z");
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("uuuuMMdd'T'HHmmssSSS'Z'").withZone(ZoneOffset.UTC);
  private static final int BODY_BYTES = 2_000;

  private final Size size;
  private final HostKeystore host;
  private final VaultDocument document;
  private final TenantWriteKeys tenant;
  private final long stride;
  private final int[] manifestBytes = new int[Size.SNAPSHOTS_PER_DATASET];
  private final String[] directories;
  private final int[] order;

  SyntheticVault(Size size) {
    this.size = size;
    SecureRandom random = seeded();
    RecoveryKit kit = RecoveryKit.generate(random);
    SigningKey key = SigningKey.generate(random);
    WriterName writer = new WriterName("host");
    document = VaultDocument.create(kit, FIRST).withWriter(writer, key.verifyKey(), FIRST);
    host = new HostKeystore(writer, key, document);
    tenant = TenantKeys.create(new TenantName("tenant"), random).write();
    host.add(tenant.copy());
    stride = Long.divideUnsigned(-1L, size.packs());
    directories = new String[size.datasets()];
    for (int i = 0; i < directories.length; i++) {
      directories[i] = ManifestCodec.prefix(tenant, dataset(i));
    }
    order = new int[directories.length];
    Integer[] sorted = new Integer[directories.length];
    Arrays.setAll(sorted, i -> i);
    Arrays.sort(sorted, (a, b) -> directories[a].compareTo(directories[b]));
    Arrays.setAll(order, i -> sorted[i]);
    for (int n = 0; n < manifestBytes.length; n++) {
      manifestBytes[n] = manifest(0, n).length;
    }
  }

  private static SecureRandom seeded() {
    try {
      SecureRandom random = SecureRandom.getInstance("SHA1PRNG");
      random.setSeed(1);
      return random;
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("this JDK lacks SHA1PRNG", e);
    }
  }

  Size size() {
    return size;
  }

  HostKeystore host() {
    return host;
  }

  VaultDocument document() {
    return document;
  }

  TenantWriteKeys tenant() {
    return tenant;
  }

  private static DatasetName dataset(int number) {
    return new DatasetName("dataset-%06d".formatted(number));
  }

  /** Where the manifests of the dataset lie that is listed as the so-many-eth. */
  String directory(int place) {
    return directories[order[place]];
  }

  String manifestName(int place, int n) {
    return "%s-%016x".formatted(TIME.format(time(n)), id(order[place], n));
  }

  int manifestBytes(int n) {
    return manifestBytes[n];
  }

  byte[] manifestAt(int place, int n) {
    return manifest(order[place], n);
  }

  private static Instant time(int n) {
    return FIRST.plus(Duration.ofDays(n));
  }

  private static long id(int dataset, int n) {
    return mix(1_000_003L * dataset + n);
  }

  /** Ids ascend with their numbers, evenly over the whole range, as hashes lie. */
  PackId pack(int number) {
    long a = number * stride + Long.remainderUnsigned(mix(number), stride);
    return new PackId(new Digest(a, mix(~number), mix(number + 17L), number));
  }

  /** The number of a pack's id. */
  int number(PackId pack) {
    return (int) pack.value().d();
  }

  private static long mix(long value) {
    long z = (value + 0x9e3779b97f4a7c15L) * 0xbf58476d1ce4e5b9L;
    z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
    return z ^ (z >>> 31);
  }

  private byte[] manifest(int dataset, int n) {
    byte[] salt = new byte[32];
    ByteBuffer.wrap(salt).putLong(dataset).putLong(n);
    byte[] prologue =
        new Prologue(Prologue.Kind.MANIFEST, document.vault(), tenant.id(), tenant.generation())
            .toBytes();
    byte[] head =
        ByteBuffer.allocate(prologue.length + salt.length).put(prologue).put(salt).array();
    byte[] key =
        Kdf.derive(tenant.indexKey().exposeSecret(), salt, "lifeboat v1 manifest header", 32);
    byte[] header = Aead.sealOnce(key, sha256(head), header(dataset, n));
    byte[] signed =
        ByteBuffer.allocate(head.length + 8 + header.length + BODY_BYTES + 32)
            .put(head)
            .putInt(header.length)
            .put(header)
            .putInt(BODY_BYTES)
            .put(new byte[BODY_BYTES])
            .put(host.signingKey().verifyKey().toBytes())
            .array();
    byte[] signature = host.signingKey().sign("lifeboat v1 manifest", signed);
    return ByteBuffer.allocate(signed.length + signature.length).put(signed).put(signature).array();
  }

  private byte[] header(int dataset, int n) {
    BitSet live = new BitSet();
    live.set(0, Size.CHUNKS_PER_PACK);
    byte[] frames = live.toByteArray();
    CborWriter out = new CborWriter(1024);
    out.map(n == 0 ? 11 : 12);
    out.text("id").bytes(ByteBuffer.allocate(8).putLong(id(dataset, n)).array());
    out.text("time").integer(time(n).toEpochMilli());
    int packs = size.referred(n);
    out.text("packs").array(packs);
    int first = dataset * size.packsPerDataset();
    for (int i = 0; i < packs; i++) {
      out.array(4).bytes(pack(first + i).value().toBytes()).integer(Size.PACK_BYTES);
      out.integer(Size.CHUNKS_PER_PACK).bytes(frames);
    }
    out.text("tools").array(2).text("lifeboat").text("1");
    out.text("counts").array(10);
    for (int i = 0; i < 10; i++) {
      out.integer(100_000L + n);
    }
    out.text("source").text("directory").text("tenant").text("tenant").text("writer").text("host");
    out.text("dataset").text(dataset(dataset).value()).text("complete").bool(true);
    if (n > 0) {
      out.text("previous").bytes(new byte[Digest.BYTES]);
    }
    out.text("sequence").integer(n + 1);
    return out.toBytes();
  }

  private static byte[] sha256(byte[] bytes) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(bytes);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("this JDK lacks SHA-256", e);
    }
  }
}
