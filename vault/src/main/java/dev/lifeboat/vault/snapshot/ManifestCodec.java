package dev.lifeboat.vault.snapshot;

import dev.lifeboat.vault.Digest;
import dev.lifeboat.vault.VaultException;
import dev.lifeboat.vault.cbor.CborReader;
import dev.lifeboat.vault.cbor.CborWriter;
import dev.lifeboat.vault.pack.PackId;
import dev.lifeboat.vault.region.ObjectKey;
import dev.lifeboat.vault.seal.Aead;
import dev.lifeboat.vault.seal.DatasetName;
import dev.lifeboat.vault.seal.Hpke;
import dev.lifeboat.vault.seal.Kdf;
import dev.lifeboat.vault.seal.Prologue;
import dev.lifeboat.vault.seal.SecretBytes;
import dev.lifeboat.vault.seal.SigningKey;
import dev.lifeboat.vault.seal.TenantId;
import dev.lifeboat.vault.seal.TenantName;
import dev.lifeboat.vault.seal.TenantWriteKeys;
import dev.lifeboat.vault.seal.VaultDocument;
import dev.lifeboat.vault.seal.VaultId;
import dev.lifeboat.vault.seal.VerifyKey;
import dev.lifeboat.vault.seal.WriterName;
import dev.lifeboat.vault.tree.Attributes;
import dev.lifeboat.vault.tree.Content;
import dev.lifeboat.vault.tree.TreeCodec;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Manifests as bytes: sealed, signed, and named by what is in them. */
public final class ManifestCodec {
  private static final String SIGNATURE_LABEL = "lifeboat v1 manifest";
  private static final String HEADER_LABEL = "lifeboat v1 manifest header";
  private static final String BODY_LABEL = "lifeboat v1 manifest body";
  private static final int SALT_BYTES = 32;
  private static final int HEAD_BYTES = Prologue.BYTES + SALT_BYTES;
  private static final int SIGNED_END = VerifyKey.BYTES + VerifyKey.SIGNATURE_BYTES;
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("uuuuMMdd'T'HHmmssSSS'Z'").withZone(ZoneOffset.UTC);

  private ManifestCodec() {}

  /** {@code snapshots/<tenant>/}. */
  public static String prefix(TenantId tenant) {
    return "snapshots/" + tenant + "/";
  }

  /** {@code snapshots/<tenant>/<dataset>/}. */
  public static String prefix(TenantWriteKeys keys, DatasetName dataset) {
    return prefix(keys.id()) + keys.pseudonym(dataset) + "/";
  }

  /** The name that a manifest with this header has. */
  public static ObjectKey key(TenantWriteKeys keys, SnapshotHeader header) {
    return new ObjectKey(
        "%s%s-%s"
            .formatted(prefix(keys, header.dataset()), TIME.format(header.time()), header.id()));
  }

  /** SHA-256 of a manifest. */
  public static Digest digest(byte[] manifest) {
    return Digest.read(Digest.sha256().digest(manifest), 0);
  }

  /**
   * Seals and signs a manifest.
   *
   * @param packs in ascending order of their ids
   */
  public static byte[] seal(
      VaultId vault,
      TenantWriteKeys keys,
      SigningKey signingKey,
      SecureRandom random,
      SnapshotHeader header,
      List<PackReference> packs,
      ManifestBody body) {
    if (packs.size() != header.packs()) {
      throw new IllegalArgumentException(
          "%d packs in the header, but %d references".formatted(header.packs(), packs.size()));
    }
    byte[] salt = new byte[SALT_BYTES];
    random.nextBytes(salt);
    Prologue prologue = new Prologue(Prologue.Kind.MANIFEST, vault, keys.id(), keys.generation());
    byte[] head = ByteBuffer.allocate(HEAD_BYTES).put(prologue.toBytes()).put(salt).array();
    byte[] sealedHeader =
        Aead.sealOnce(headerKey(keys, salt), Digest.sha256().digest(head), encode(header, packs));
    byte[] sealedBody = Hpke.seal(keys.publicKey(), prologue.info(BODY_LABEL, salt), encode(body));
    byte[] signed =
        ByteBuffer.allocate(
                HEAD_BYTES + 8 + sealedHeader.length + sealedBody.length + VerifyKey.BYTES)
            .put(head)
            .putInt(sealedHeader.length)
            .put(sealedHeader)
            .putInt(sealedBody.length)
            .put(sealedBody)
            .put(signingKey.verifyKey().toBytes())
            .array();
    byte[] signature = signingKey.sign(SIGNATURE_LABEL, signed);
    return ByteBuffer.allocate(signed.length + signature.length).put(signed).put(signature).array();
  }

  /** The prologue, for choosing the keys. */
  public static Prologue prologue(ObjectKey key, byte[] manifest) {
    return Prologue.read(manifest, Prologue.Kind.MANIFEST, key.value());
  }

  /**
   * Verifies a manifest and opens its header.
   *
   * @param key under which it lies
   * @param keys of the generation that its prologue names
   * @throws VaultException.Untrusted if signature, writer or name are not right
   * @throws VaultException.Damaged if it is no manifest
   * @throws VaultException.UnsupportedFormat if it is of another version of the format
   */
  public static VerifiedManifest open(
      ObjectKey key, byte[] manifest, VaultDocument document, TenantWriteKeys keys) {
    Prologue prologue = prologue(key, manifest);
    if (!prologue.vault().equals(document.vault()) || !prologue.tenant().equals(keys.id())) {
      throw new VaultException.Untrusted(
          "%s is of tenant %s in vault %s".formatted(key, prologue.tenant(), prologue.vault()));
    }
    Parts parts = parts(key, manifest);
    WriterName writer = verifySignature(key, manifest, document);
    byte[] opened =
        Aead.open(
            headerKey(keys, parts.salt),
            Digest.sha256().digest(Arrays.copyOf(manifest, HEAD_BYTES)),
            manifest,
            parts.headerAt,
            parts.headerBytes);
    if (opened == null) {
      throw new VaultException.KeyUnavailable(
          "the index key of tenant %s, generation %d, does not open %s"
              .formatted(keys.name(), keys.generation(), key));
    }
    VerifiedManifest verified = decodeHeader(key.value(), opened);
    SnapshotHeader header = verified.header();
    if (!header.writer().equals(writer.value())
        || !header.tenant().equals(keys.name())
        || !key(keys, header).equals(key)) {
      throw new VaultException.Untrusted(
          "%s holds the manifest of snapshot %s of %s by %s: somebody moved it"
              .formatted(key, header.id(), header.dataset(), header.writer()));
    }
    return verified;
  }

  /** As {@link #open}, for those who do not ask for the packs. */
  public static SnapshotHeader header(
      ObjectKey key, byte[] manifest, VaultDocument document, TenantWriteKeys keys) {
    return open(key, manifest, document, keys).header();
  }

  /**
   * Verifies what can be verified without an index key: form, vault and signature.
   *
   * @return who wrote it
   * @throws VaultException.Untrusted if vault, signature or writer are not right
   * @throws VaultException.Damaged if it is no manifest
   */
  public static WriterName verifySignature(ObjectKey key, byte[] manifest, VaultDocument document) {
    if (!prologue(key, manifest).vault().equals(document.vault())) {
      throw new VaultException.Untrusted(key + " is a manifest of another vault");
    }
    parts(key, manifest);
    byte[] signed = Arrays.copyOf(manifest, manifest.length - VerifyKey.SIGNATURE_BYTES);
    byte[] signature = Arrays.copyOfRange(manifest, signed.length, manifest.length);
    VerifyKey signer =
        new VerifyKey(Arrays.copyOfRange(signed, signed.length - VerifyKey.BYTES, signed.length));
    if (!signer.verifies(SIGNATURE_LABEL, signed, signature)) {
      throw new VaultException.Untrusted(
          key + " is not signed by the writer it names, or it is damaged");
    }
    return document
        .writer(signer)
        .orElseThrow(() ->
            new VaultException.Untrusted(
                "%s is signed by %s, which is no writer of this vault".formatted(key, signer)));
  }

  /**
   * Opens the body of a manifest whose header was verified.
   *
   * @throws VaultException.KeyUnavailable if the private key is another one
   */
  public static ManifestBody body(ObjectKey key, byte[] manifest, SecretBytes privateKey) {
    Prologue prologue = prologue(key, manifest);
    Parts parts = parts(key, manifest);
    byte[] sealed = Arrays.copyOfRange(manifest, parts.bodyAt, parts.bodyAt + parts.bodyBytes);
    return decodeBody(
        key.value(), Hpke.open(privateKey, prologue.info(BODY_LABEL, parts.salt), sealed));
  }

  /** Where header and body lie. */
  private static final class Parts {
    private final byte[] salt;
    private final int headerAt = HEAD_BYTES + 4;
    private final int headerBytes;
    private final int bodyAt;
    private final int bodyBytes;

    private Parts(byte[] salt, int headerBytes, int bodyBytes) {
      this.salt = salt;
      this.headerBytes = headerBytes;
      this.bodyAt = headerAt + headerBytes + 4;
      this.bodyBytes = bodyBytes;
    }
  }

  private static Parts parts(ObjectKey key, byte[] manifest) {
    long left = (long) manifest.length - HEAD_BYTES - 8 - SIGNED_END;
    ByteBuffer in = ByteBuffer.wrap(manifest);
    if (left >= 0) {
      long headerBytes = Integer.toUnsignedLong(in.getInt(HEAD_BYTES));
      if (headerBytes <= left) {
        int body = (int) (left - headerBytes);
        if (in.getInt(HEAD_BYTES + 4 + (int) headerBytes) == body) {
          return new Parts(
              Arrays.copyOfRange(manifest, Prologue.BYTES, HEAD_BYTES), (int) headerBytes, body);
        }
      }
    }
    throw new VaultException.Damaged(
        "%s is no whole manifest: its %d bytes do not fit the lengths in it"
            .formatted(key, manifest.length));
  }

  private static byte[] encode(SnapshotHeader header, List<PackReference> packs) {
    CborWriter out = new CborWriter(1024);
    Digest previous = header.previous();
    out.map(11 + (previous == null ? 0 : 1) + (header.tags().isEmpty() ? 0 : 1));
    out.text("id").bytes(ByteBuffer.allocate(8).putLong(id(header.id())).array());
    if (!header.tags().isEmpty()) {
      out.text("tags").array(header.tags().size());
      header.tags().forEach(out::text);
    }
    out.text("time").integer(header.time().toEpochMilli());
    out.text("packs").array(packs.size());
    for (PackReference pack : packs) {
      out.array(4).bytes(pack.pack().value().toBytes()).integer(pack.bytes());
      out.integer(pack.frames()).bytes(pack.live().toByteArray());
    }
    out.text("tools");
    encode(header.tools(), out);
    SnapshotHeader.Counts counts = header.counts();
    out.text("counts").array(10);
    out.integer(counts.files()).integer(counts.directories()).integer(counts.others());
    out.integer(counts.bytes()).integer(counts.newFiles()).integer(counts.changedFiles());
    out.integer(counts.unchangedFiles()).integer(counts.bytesRead());
    out.integer(counts.bytesAdded()).integer(counts.problems());
    out.text("source").text(header.source());
    out.text("tenant").text(header.tenant().value());
    out.text("writer").text(header.writer());
    out.text("dataset").text(header.dataset().value());
    out.text("complete").bool(header.complete());
    if (previous != null) {
      out.text("previous").bytes(previous.toBytes());
    }
    out.text("sequence").integer(header.sequence());
    return out.toBytes();
  }

  private static long id(SnapshotId id) {
    return Long.parseUnsignedLong(id.hex(), 16);
  }

  private static VerifiedManifest decodeHeader(String what, byte[] bytes) {
    CborReader in = new CborReader(what, bytes);
    HeaderFields fields = new HeaderFields();
    CborReader.Keys keys = in.map();
    for (String key = keys.next(); key != null; key = keys.next()) {
      fields.read(key, in);
    }
    in.end();
    try {
      return fields.header(in);
    } catch (IllegalArgumentException e) {
      throw in.damaged(String.valueOf(e.getMessage()));
    }
  }

  /** What was found of a header so far. */
  private static final class HeaderFields {
    private @Nullable SnapshotId id;
    private @Nullable Instant time;
    private @Nullable List<PackReference> packs;
    private SortedMap<String, String> tools = new TreeMap<>();
    private final SortedSet<String> tags = new TreeSet<>();
    private SnapshotHeader.@Nullable Counts counts;
    private @Nullable String source;
    private @Nullable String tenant;
    private @Nullable String writer;
    private @Nullable String dataset;
    private @Nullable Boolean complete;
    private @Nullable Digest previous;
    private long sequence;

    private void read(String key, CborReader in) {
      switch (key) {
        case "id" ->
            id = new SnapshotId("%016x".formatted(ByteBuffer.wrap(exactly(in, 8)).getLong()));
        case "tags" -> {
          for (int left = in.array(); left > 0; left--) {
            tags.add(in.text());
          }
        }
        case "time" -> time = Instant.ofEpochMilli(in.integer());
        case "packs" -> packs = packs(in);
        case "tools" -> tools = texts(in);
        case "counts" -> counts = counts(in);
        case "source" -> source = in.text();
        case "tenant" -> tenant = in.text();
        case "writer" -> writer = in.text();
        case "dataset" -> dataset = in.text();
        case "complete" -> complete = in.bool();
        case "previous" -> previous = Digest.read(exactly(in, Digest.BYTES), 0);
        case "sequence" -> sequence = in.unsigned(Long.MAX_VALUE);
        default -> in.skip();
      }
    }

    private VerifiedManifest header(CborReader in) {
      SnapshotId id = this.id;
      Instant time = this.time;
      List<PackReference> packs = this.packs;
      SnapshotHeader.Counts counts = this.counts;
      String source = this.source;
      String tenant = this.tenant;
      String writer = this.writer;
      String dataset = this.dataset;
      Boolean complete = this.complete;
      if (id == null
          || time == null
          || packs == null
          || counts == null
          || source == null
          || tenant == null
          || writer == null
          || dataset == null
          || complete == null
          || sequence == 0) {
        throw in.damaged("a field of the header is missing");
      }
      return new VerifiedManifest(
          new SnapshotHeader(
              id,
              time,
              new TenantName(tenant),
              new DatasetName(dataset),
              source,
              writer,
              sequence,
              previous,
              complete,
              counts,
              tools,
              tags,
              packs.size()),
          packs);
    }

    private static List<PackReference> packs(CborReader in) {
      int count = in.array();
      List<PackReference> packs = new ArrayList<>(count);
      for (int i = 0; i < count; i++) {
        in.array(4);
        PackId pack = new PackId(Digest.read(exactly(in, Digest.BYTES), 0));
        long bytes = in.unsigned(Long.MAX_VALUE);
        int frames = (int) in.unsigned(Integer.MAX_VALUE);
        try {
          packs.add(new PackReference(pack, bytes, frames, BitSet.valueOf(in.bytes())));
        } catch (IllegalArgumentException e) {
          throw in.damaged(String.valueOf(e.getMessage()));
        }
      }
      return packs;
    }

    private static SnapshotHeader.Counts counts(CborReader in) {
      in.array(10);
      long[] n = new long[10];
      for (int i = 0; i < n.length; i++) {
        n[i] = in.unsigned(Long.MAX_VALUE);
      }
      return new SnapshotHeader.Counts(n[0], n[1], n[2], n[3], n[4], n[5], n[6], n[7], n[8], n[9]);
    }
  }

  private static byte[] encode(ManifestBody body) {
    CborWriter out = new CborWriter(1024);
    out.map(4);
    out.text("root");
    TreeCodec.encodeContent(body.root(), out);
    out.text("problems").array(body.problems().size());
    for (Problem problem : body.problems()) {
      out.array(3).text(problem.subject()).integer(code(problem.kind())).text(problem.detail());
    }
    out.text("attributes");
    TreeCodec.encodeAttributes(body.rootAttributes(), out);
    Expectations expectations = body.expectations();
    out.text("expectations").array(4);
    out.text(expectations.source()).integer(expectations.version());
    encode(expectations.facts(), out);
    encode(expectations.limits(), out);
    return out.toBytes();
  }

  private static ManifestBody decodeBody(String what, byte[] bytes) {
    CborReader in = new CborReader(what, bytes);
    Content root = null;
    Attributes attributes = null;
    Expectations expectations = null;
    List<Problem> problems = new ArrayList<>();
    CborReader.Keys keys = in.map();
    for (String key = keys.next(); key != null; key = keys.next()) {
      switch (key) {
        case "root" -> root = TreeCodec.decodeContent(in);
        case "problems" -> {
          for (int left = in.array(); left > 0; left--) {
            in.array(3);
            String subject = in.text();
            Problem.Kind kind = kind(in);
            problems.add(new Problem(subject, kind, in.text()));
          }
        }
        case "attributes" -> attributes = TreeCodec.decodeAttributes(in);
        case "expectations" -> {
          in.array(4);
          String source = in.text();
          int version = (int) in.unsigned(Integer.MAX_VALUE);
          expectations = new Expectations(source, version, texts(in), texts(in));
        }
        default -> in.skip();
      }
    }
    in.end();
    if (root == null || attributes == null || expectations == null) {
      throw in.damaged("a field of the body is missing");
    }
    return new ManifestBody(attributes, root, expectations, problems);
  }

  private static int code(Problem.Kind kind) {
    return switch (kind) {
      case UNREADABLE -> 0;
      case VANISHED -> 1;
      case CHANGED_WHILE_READ -> 2;
      case UNSUPPORTED -> 3;
    };
  }

  private static Problem.Kind kind(CborReader in) {
    long code = in.unsigned(Integer.MAX_VALUE);
    for (Problem.Kind kind : Problem.Kind.values()) {
      if (code(kind) == code) {
        return kind;
      }
    }
    throw in.damaged("a problem of unknown kind %d".formatted(code));
  }

  /** A map of texts as an array of names and values in turn. */
  private static void encode(SortedMap<String, String> texts, CborWriter out) {
    out.array(2 * texts.size());
    for (Map.Entry<String, String> entry : texts.entrySet()) {
      out.text(entry.getKey()).text(entry.getValue());
    }
  }

  private static SortedMap<String, String> texts(CborReader in) {
    int elements = in.array();
    if (elements % 2 != 0) {
      throw in.damaged("a name without a value");
    }
    SortedMap<String, String> texts = new TreeMap<>();
    for (int i = 0; i < elements; i += 2) {
      String name = in.text();
      if (texts.put(name, in.text()) != null) {
        throw in.damaged("'%s' twice".formatted(name));
      }
    }
    return texts;
  }

  private static byte[] exactly(CborReader in, int length) {
    byte[] bytes = in.bytes();
    if (bytes.length != length) {
      throw in.damaged("%d bytes instead of %d".formatted(bytes.length, length));
    }
    return bytes;
  }

  private static byte[] headerKey(TenantWriteKeys keys, byte[] salt) {
    return Kdf.derive(keys.indexKey().exposeSecret(), salt, HEADER_LABEL, 32);
  }
}
