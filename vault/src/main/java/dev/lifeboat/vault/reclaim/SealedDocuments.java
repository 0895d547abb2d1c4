package dev.lifeboat.vault.reclaim;

import dev.lifeboat.vault.VaultException;
import dev.lifeboat.vault.cbor.CborReader;
import dev.lifeboat.vault.cbor.CborWriter;
import dev.lifeboat.vault.region.MergedListing;
import dev.lifeboat.vault.region.ObjectKey;
import dev.lifeboat.vault.region.PutReport;
import dev.lifeboat.vault.region.RegionName;
import dev.lifeboat.vault.region.RegionSet;
import dev.lifeboat.vault.seal.Aead;
import dev.lifeboat.vault.seal.Kdf;
import dev.lifeboat.vault.seal.TenantId;
import dev.lifeboat.vault.seal.TenantWriteKeys;
import dev.lifeboat.vault.seal.WriterName;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Evidence and copies of audit trails in the regions: documents that are written once and never
 * removed, signed by their writer, and sealed with the index keys of all tenants that they name, so
 * that a listing or a stolen bucket tells nobody's name. Anybody can verify one; whoever has all of
 * those keys can read it.
 */
public final class SealedDocuments {
  /** Prefix of evidence. */
  public static final String EVIDENCE = "evidence/";

  /** Prefix of copies of audit trails. */
  public static final String AUDIT = "audit/";

  private static final int SALT = 32;

  private final Records.Kind kind;
  private final String label;
  private final RegionSet regions;
  private final Records records;
  private final SecureRandom random;

  private SealedDocuments(
      Records.Kind kind, String label, RegionSet regions, Records records, SecureRandom random) {
    this.kind = kind;
    this.label = label;
    this.regions = regions;
    this.records = records;
    this.random = random;
  }

  /** The evidence of a vault. */
  public static SealedDocuments evidence(RegionSet regions, Records records, SecureRandom random) {
    return new SealedDocuments(
        Records.Kind.EVIDENCE, "lifeboat v1 evidence", regions, records, random);
  }

  /** The copies of audit trails in a vault. */
  public static SealedDocuments audit(RegionSet regions, Records records, SecureRandom random) {
    return new SealedDocuments(Records.Kind.AUDIT, "lifeboat v1 audit", regions, records, random);
  }

  /** A document as it was found, and who stored it. */
  public static final class Found {
    private final WriterName writer;
    private final byte[] document;

    private Found(WriterName writer, byte[] document) {
      this.writer = writer;
      this.document = document;
    }

    public WriterName writer() {
      return writer;
    }

    /** Not a copy: for reading. */
    public byte[] document() {
      return document;
    }
  }

  /**
   * A name for a document made now, behind the one before it also where the clock stands still or
   * went back: their order is the order of the names.
   *
   * @param last last segment of that one's name
   */
  public ObjectKey newKey(Instant now, Optional<String> last) {
    Instant least = last.map(name -> RecordNames.time(name).plusMillis(1)).orElse(Instant.EPOCH);
    return new ObjectKey(
        kind.prefix() + RecordNames.next(now.isBefore(least) ? least : now, random));
  }

  /**
   * Stores a document in all regions.
   *
   * @param tenants that it names, the newest generation of each; not empty
   * @return where it is; replication brings it to the other regions
   * @throws VaultException.Unreachable if fewer regions than the quorum took it
   */
  public SortedSet<RegionName> store(
      ObjectKey key, byte[] document, Collection<TenantWriteKeys> tenants) {
    if (tenants.isEmpty()) {
      throw new IllegalArgumentException("a document is sealed with the keys of some tenant");
    }
    List<TenantWriteKeys> sorted =
        tenants.stream().sorted(Comparator.comparing(tenant -> tenant.id().hex())).toList();
    byte[] salt = new byte[SALT];
    random.nextBytes(salt);
    CborWriter body = new CborWriter().map(4).text("key").text(key.value());
    body.text("keys").array(sorted.size());
    for (TenantWriteKeys tenant : sorted) {
      body.array(2).bytes(tenant.id().toBytes()).integer(tenant.generation());
    }
    body.text("salt").bytes(salt);
    body.text("sealed").bytes(Aead.sealOnce(sealKey(sorted, salt), salt, document));
    byte[] record = records.sign(kind, body);
    PutReport report = regions.put(key, ByteBuffer.wrap(record));
    if (!report.reaches(regions.quorum())) {
      throw new VaultException.Unreachable(
          "%s is in %d of %d regions, %d are needed: try again when more can be reached"
              .formatted(key, report.held().size(), regions.regions().size(), regions.quorum()),
          List.copyOf(report.failed().values()));
    }
    return new TreeSet<>(report.held());
  }

  /**
   * Names of all documents, oldest first.
   *
   * @throws VaultException.Unreachable if so many regions cannot be listed that one may be missed
   */
  public List<ObjectKey> list() throws InterruptedException {
    List<ObjectKey> keys = new ArrayList<>();
    try (MergedListing listing = regions.merged(kind.prefix())) {
      for (MergedListing.Row row = listing.next(); row != null; row = listing.next()) {
        keys.add(row.key());
      }
      if (listing.failed().size() >= regions.quorum()) {
        throw new VaultException.Unreachable(
            kind.prefix() + " cannot be listed for certain",
            List.copyOf(listing.failed().values()));
      }
    }
    return keys;
  }

  /**
   * Reads a document from whichever region has it unharmed.
   *
   * @param keys of the tenants that are known here, all generations
   * @throws VaultException.KeyUnavailable if it names a tenant that is not among them
   */
  public Found read(ObjectKey key, Collection<TenantWriteKeys> keys) {
    AtomicReference<@Nullable Found> found = new AtomicReference<>();
    byte[] _ =
        regions.read(
            key,
            bytes -> {
              try {
                found.set(open(key, bytes, keys));
                return true;
              } catch (VaultException.Damaged | VaultException.Untrusted e) {
                return false;
              }
            });
    Found opened = found.get();
    if (opened == null) {
      throw new VaultException.Damaged(key + " cannot be read");
    }
    return opened;
  }

  private Found open(ObjectKey key, byte[] bytes, Collection<TenantWriteKeys> known) {
    Records.Verified verified = records.verify(kind, key.toString(), bytes);
    CborReader body = verified.body();
    String own = "";
    byte[] salt = new byte[0];
    byte[] sealed = new byte[0];
    SortedMap<String, Integer> needed = new TreeMap<>();
    CborReader.Keys members = body.map();
    for (String name = members.next(); name != null; name = members.next()) {
      switch (name) {
        case "key" -> own = body.text();
        case "keys" -> {
          for (int left = body.array(); left > 0; left--) {
            body.array(2);
            byte[] id = body.bytes();
            if (id.length != TenantId.BYTES) {
              throw body.damaged("a tenant's id of %d bytes".formatted(id.length));
            }
            needed.put(TenantId.of(id).hex(), (int) body.unsigned(Integer.MAX_VALUE));
          }
        }
        case "salt" -> salt = body.bytes();
        case "sealed" -> sealed = body.bytes();
        default -> body.skip();
      }
    }
    body.end();
    if (!own.equals(key.value())) {
      throw new VaultException.Untrusted("%s was written as '%s'".formatted(key, own));
    }
    List<TenantWriteKeys> tenants = new ArrayList<>();
    needed.forEach((id, generation) ->
        tenants.add(
            find(known, id, generation)
                .orElseThrow(() ->
                    new VaultException.KeyUnavailable(
                        "%s names tenant %s, whose keys of generation %d are not here"
                            .formatted(key, id, generation)))));
    byte[] document = Aead.open(sealKey(tenants, salt), salt, sealed, 0, sealed.length);
    if (document == null) {
      throw new VaultException.Damaged(key + " does not open with the keys that it names");
    }
    return new Found(verified.writer(), document);
  }

  private static Optional<TenantWriteKeys> find(
      Collection<TenantWriteKeys> known, String id, int generation) {
    return known.stream()
        .filter(tenant -> tenant.id().hex().equals(id) && tenant.generation() == generation)
        .findFirst();
  }

  /** All keys together, in the order of the tenants' ids. */
  private byte[] sealKey(List<TenantWriteKeys> tenants, byte[] salt) {
    ByteArrayOutputStream secret = new ByteArrayOutputStream();
    for (TenantWriteKeys tenant : tenants) {
      secret.writeBytes(tenant.indexKey().exposeSecret());
    }
    byte[] all = secret.toByteArray();
    try {
      return Kdf.derive(all, salt, label, 32);
    } finally {
      Arrays.fill(all, (byte) 0);
    }
  }
}
