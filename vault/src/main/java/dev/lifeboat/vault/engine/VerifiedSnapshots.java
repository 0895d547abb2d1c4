package dev.lifeboat.vault.engine;

import dev.lifeboat.vault.Digest;
import dev.lifeboat.vault.VaultException;
import dev.lifeboat.vault.cbor.CborReader;
import dev.lifeboat.vault.cbor.CborWriter;
import dev.lifeboat.vault.seal.DatasetName;
import dev.lifeboat.vault.seal.Kdf;
import dev.lifeboat.vault.seal.TenantName;
import dev.lifeboat.vault.seal.VaultDocument;
import dev.lifeboat.vault.snapshot.SnapshotHeader;
import dev.lifeboat.vault.snapshot.SnapshotId;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * What was learnt of manifests that were read and verified before, in a file for each dataset of
 * the local cache. Manifests never change, so that what was verified once need not be fetched and
 * verified every night; which of them there <em>are</em> is never asked here, only of the regions.
 *
 * <p>A file counts only with its HMAC, whose key comes from the tenant's index key, the vault
 * document, and the generations of keys at hand: damaged, of another vault, or of a time when other
 * writers were trusted, it is as good as absent.
 */
final class VerifiedSnapshots {
  private static final int VERSION = 2;
  private static final String LABEL = "lifeboat cache of snapshots";
  private static final int MAC_BYTES = 32;

  private final LocalCache cache;
  private final VaultDocument document;

  VerifiedSnapshots(LocalCache cache, VaultDocument document) {
    this.cache = cache;
    this.document = document;
  }

  /**
   * One manifest that was verified.
   *
   * @param bytes its length
   */
  record Row(long bytes, Digest digest, SnapshotHeader header) {}

  /**
   * What is known of the manifests of a dataset.
   *
   * @param directory where they lie, ending with a slash
   * @return rows by the last segments of the manifests' keys
   */
  Map<String, Row> load(String directory, KeyRing keys) {
    byte[] file = cache.get(name(directory));
    if (file == null || file.length < MAC_BYTES) {
      return new HashMap<>();
    }
    int end = file.length - MAC_BYTES;
    byte[] mac = Arrays.copyOfRange(file, end, file.length);
    if (!MessageDigest.isEqual(mac, mac(keys, directory, file, end))) {
      return new HashMap<>();
    }
    try {
      CborReader in = new CborReader("a cache of snapshots", file, 0, end);
      in.array(2);
      if (in.integer() != VERSION) {
        return new HashMap<>();
      }
      int rows = in.array();
      Map<String, Row> found = HashMap.newHashMap(rows);
      for (int i = 0; i < rows; i++) {
        in.array(4);
        String name = in.text();
        found.put(name, new Row(in.integer(), digest(in), header(in)));
      }
      in.end();
      return found;
    } catch (VaultException | IllegalArgumentException e) {
      return new HashMap<>();
    }
  }

  /** Replaces what is known of a dataset. */
  void store(String directory, KeyRing keys, SortedMap<String, Row> rows) {
    CborWriter out = new CborWriter(1024 + 300 * rows.size());
    out.array(2).integer(VERSION).array(rows.size());
    rows.forEach((name, row) -> {
      out.array(4).text(name).integer(row.bytes()).bytes(row.digest().toBytes());
      encode(row.header(), out);
    });
    byte[] body = out.toBytes();
    byte[] file = Arrays.copyOf(body, body.length + MAC_BYTES);
    System.arraycopy(mac(keys, directory, file, body.length), 0, file, body.length, MAC_BYTES);
    cache.put(name(directory), file);
  }

  private static String name(String directory) {
    return "verified/" + directory.substring(0, directory.length() - 1);
  }

  private byte[] mac(KeyRing keys, String directory, byte[] bytes, int length) {
    CborWriter salt = new CborWriter();
    salt.text(directory).bytes(document.vault().toBytes()).integer(document.generation());
    document.writers().forEach((writer, key) -> salt.text(writer.value()).bytes(key.toBytes()));
    salt.text(keys.newest().name().value());
    keys.numbers().forEach(salt::integer);
    byte[] key = Kdf.derive(keys.newest().indexKey().exposeSecret(), salt.toBytes(), LABEL, 32);
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(key, "HmacSHA256"));
      mac.update(bytes, 0, length);
      return mac.doFinal();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("this JDK lacks HMAC-SHA-256", e);
    }
  }

  private static void encode(SnapshotHeader header, CborWriter out) {
    Digest previous = header.previous();
    out.array(13).text(header.id().hex()).integer(header.time().toEpochMilli());
    out.text(header.tenant().value()).text(header.dataset().value()).text(header.source());
    out.text(header.writer()).integer(header.sequence());
    out.bytes(previous == null ? new byte[0] : previous.toBytes()).bool(header.complete());
    SnapshotHeader.Counts c = header.counts();
    out.array(10).integer(c.files()).integer(c.directories()).integer(c.others());
    out.integer(c.bytes()).integer(c.newFiles()).integer(c.changedFiles());
    out.integer(c.unchangedFiles()).integer(c.bytesRead()).integer(c.bytesAdded());
    out.integer(c.problems());
    out.array(2 * header.tools().size());
    header.tools().forEach((tool, version) -> out.text(tool).text(version));
    out.array(header.tags().size());
    header.tags().forEach(out::text);
    out.integer(header.packs());
  }

  private static SnapshotHeader header(CborReader in) {
    in.array(13);
    SnapshotId id = new SnapshotId(in.text());
    Instant time = Instant.ofEpochMilli(in.integer());
    TenantName tenant = new TenantName(in.text());
    DatasetName dataset = new DatasetName(in.text());
    String source = in.text();
    String writer = in.text();
    long sequence = in.integer();
    byte[] bytes = in.bytes();
    @Nullable Digest previous = bytes.length == 0 ? null : digest(bytes, in);
    boolean complete = in.bool();
    in.array(10);
    List<Long> n = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      n.add(in.integer());
    }
    SnapshotHeader.Counts counts =
        new SnapshotHeader.Counts(
            n.get(0), n.get(1), n.get(2), n.get(3), n.get(4), n.get(5), n.get(6), n.get(7),
            n.get(8), n.get(9));
    SortedMap<String, String> tools = new TreeMap<>();
    for (int left = in.array(); left > 0; left -= 2) {
      String tool = in.text();
      tools.put(tool, in.text());
    }
    SortedSet<String> tags = new TreeSet<>();
    for (int left = in.array(); left > 0; left--) {
      tags.add(in.text());
    }
    int packs = (int) in.unsigned(Integer.MAX_VALUE);
    return new SnapshotHeader(
        id, time, tenant, dataset, source, writer, sequence, previous, complete, counts, tools,
        tags, packs);
  }

  private static Digest digest(CborReader in) {
    return digest(in.bytes(), in);
  }

  private static Digest digest(byte[] bytes, CborReader in) {
    if (bytes.length != Digest.BYTES) {
      throw in.damaged("a digest of %d bytes".formatted(bytes.length));
    }
    return Digest.read(bytes, 0);
  }
}
