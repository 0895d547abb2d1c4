package dev.lifeboat.vault.reclaim;

import dev.lifeboat.vault.VaultException;
import dev.lifeboat.vault.cbor.CborReader;
import dev.lifeboat.vault.cbor.CborWriter;
import dev.lifeboat.vault.region.MergedListing;
import dev.lifeboat.vault.region.ObjectKey;
import dev.lifeboat.vault.region.PutReport;
import dev.lifeboat.vault.region.RegionException;
import dev.lifeboat.vault.region.RegionName;
import dev.lifeboat.vault.region.RegionSet;
import dev.lifeboat.vault.seal.WriterName;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * When the bytes of objects were last proven, in all regions, for all hosts: each host keeps one
 * signed record of what it has read itself, and replaces it by a newer one when it has read more. A
 * record that is missing, forged or old makes others read more, never less.
 *
 * <p>Costs one listing a run, and reading each record that this host has not seen yet; those it has
 * seen lie in a directory of its own, and are verified again each time.
 */
public final class ProofLedger {
  /** Prefix of these records. */
  public static final String PREFIX = "ledger/proofs/";

  /** So many statements of a host are kept, the newest. */
  static final int MOST = 512;

  /** Objects that are named one by one: so many at the most, and only by the latest readings. */
  public static final int MOST_YOUNG = 4096;

  private static final int YOUNG_READINGS = 3;

  /** When so many older records of a host have piled up, they are removed. */
  private static final int PILED_UP = 8;

  private final RegionSet regions;
  private final Records records;
  private final SecureRandom random;
  private final Path seen;

  /**
   * @param seen directory of this host for records that it has read; lost, they are read again
   */
  public ProofLedger(RegionSet regions, Records records, SecureRandom random, Path seen) {
    this.regions = regions;
    this.records = records;
    this.random = random;
    this.seen = seen;
  }

  /**
   * What is known of all regions.
   *
   * @param proofs of all hosts
   * @param own of this host alone
   * @param refused records that count for nothing, and why
   * @param old records that newer ones of the same host make superfluous
   * @param latest in the name of this host's newest record; the far past if it has none
   */
  public record State(
      List<Proof> proofs,
      List<Proof> own,
      List<String> refused,
      List<ObjectKey> old,
      Instant latest) {
    public State {
      proofs = List.copyOf(proofs);
      own = List.copyOf(own);
      refused = List.copyOf(refused);
      old = List.copyOf(old);
    }
  }

  /** Reads the newest record of each host that verifies. Regions out of reach are passed over. */
  public State read() throws InterruptedException {
    Map<String, SortedSet<ObjectKey>> listed = list();
    List<Proof> all = new ArrayList<>();
    List<Proof> own = new ArrayList<>();
    List<String> refused = new ArrayList<>();
    List<String> kept = new ArrayList<>();
    List<ObjectKey> old = new ArrayList<>();
    Instant[] latest = {Instant.EPOCH};
    listed.forEach((host, keys) -> {
      for (ObjectKey key : new TreeSet<>(keys).descendingSet()) {
        try {
          List<Proof> proofs = decode(key, bytes(key));
          kept.add(fileName(key));
          all.addAll(proofs);
          if (host.equals(records.writer().value())) {
            own.addAll(proofs);
            latest[0] = RecordNames.time(key.lastSegment());
          }
          SortedSet<ObjectKey> before = keys.headSet(key);
          if (before.size() >= PILED_UP) {
            old.addAll(before);
          }
          return;
        } catch (VaultException e) {
          refused.add(String.valueOf(e.getMessage()));
        }
      }
    });
    forgetSeen(kept);
    return new State(all, own, refused, old, latest[0]);
  }

  /**
   * Adds to what this host has read, and stores all of that anew in every region that takes it.
   *
   * @param before as it was {@link #read}
   * @param added newer than all that this host said before
   * @return regions that hold it; nobody needs to mind where none does, but that all is read again
   */
  public PutReport add(State before, List<Proof> added, Instant now) throws InterruptedException {
    List<Proof> all = prune(before.own(), added);
    // Behind the last one also where the clock went back: the newest name is the one that counts.
    Instant time = now.isAfter(before.latest()) ? now : before.latest().plusMillis(1);
    ObjectKey key = new ObjectKey(PREFIX + records.writer() + "/" + RecordNames.next(time, random));
    byte[] record = encode(key, all);
    PutReport report = regions.put(key, ByteBuffer.wrap(record));
    if (!report.held().isEmpty()) {
      remember(key, record);
      removeOld(before.old(), report.held());
    }
    return report;
  }

  /** What of both still says something, newest last, and no more of it than is kept. */
  static List<Proof> prune(List<Proof> before, List<Proof> added) {
    List<Proof> all = new ArrayList<>(before);
    all.addAll(added);
    all.sort(Comparator.comparing(Proof::time));
    SortedSet<Instant> readings = new TreeSet<>();
    all.forEach(proof -> readings.add(proof.time()));
    while (readings.size() > YOUNG_READINGS) {
      readings.removeFirst();
    }
    List<Proof> kept = new ArrayList<>();
    for (int i = 0; i < all.size(); i++) {
      Proof proof = readings.contains(all.get(i).time()) ? all.get(i) : all.get(i).withoutYoung();
      if (!isKnown(proof, all.subList(i + 1, all.size()))) {
        kept.add(proof);
      }
    }
    return kept.subList(Math.max(0, kept.size() - MOST), kept.size());
  }

  /** Whether later proofs say, all together, what this says. */
  private static boolean isKnown(Proof proof, List<Proof> later) {
    if (!proof.young().isEmpty()) {
      return false;
    }
    if (proof.from().equals(proof.to())) {
      return true;
    }
    List<Proof> wider = new ArrayList<>(later.stream().filter(proof::isWithinTimesOf).toList());
    wider.sort(Comparator.comparing(Proof::after));
    String covered = proof.after();
    for (Proof each : wider) {
      if (each.after().compareTo(covered) > 0) {
        return false;
      }
      if (each.upTo().isEmpty()) {
        return true;
      }
      covered = each.upTo().compareTo(covered) > 0 ? each.upTo() : covered;
    }
    return !proof.upTo().isEmpty() && covered.compareTo(proof.upTo()) >= 0;
  }

  private Map<String, SortedSet<ObjectKey>> list() throws InterruptedException {
    Map<String, SortedSet<ObjectKey>> listed = new TreeMap<>();
    try (MergedListing listing = regions.merged(PREFIX)) {
      for (MergedListing.Row row = listing.next(); row != null; row = listing.next()) {
        String[] segments = row.key().value().split("/", -1);
        if (segments.length == 4) {
          listed.computeIfAbsent(segments[2], _ -> new TreeSet<>()).add(row.key());
        }
      }
    }
    return listed;
  }

  private void removeOld(List<ObjectKey> keys, Iterable<RegionName> from) {
    if (keys.isEmpty()) {
      return;
    }
    for (RegionName name : from) {
      try {
        regions.act(name, region -> region.deleteAll(keys));
      } catch (RegionException e) {
        // An old record more does no harm; a host that may not remove it leaves it to others.
      }
    }
  }

  private byte[] bytes(ObjectKey key) {
    try {
      byte[] known = Files.readAllBytes(seen.resolve(fileName(key)));
      List<Proof> _ = decode(key, known);
      return known;
    } catch (NoSuchFileException e) {
      // Not seen yet.
    } catch (IOException | VaultException e) {
      // The region's copy tells.
    }
    byte[] read =
        regions.read(
            key,
            bytes -> {
              try {
                List<Proof> _ = decode(key, bytes);
                return true;
              } catch (VaultException.Damaged | VaultException.Untrusted e) {
                return false;
              }
            });
    remember(key, read);
    return read;
  }

  private static String fileName(ObjectKey key) {
    return key.value().substring(PREFIX.length()).replace('/', '~');
  }

  private void remember(ObjectKey key, byte[] record) {
    try {
      Files.createDirectories(seen);
      Path next = seen.resolve("next");
      Files.write(next, record);
      Files.move(
          next,
          seen.resolve(fileName(key)),
          StandardCopyOption.ATOMIC_MOVE,
          StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot write in " + seen, e);
    }
  }

  private void forgetSeen(List<String> kept) {
    if (!Files.isDirectory(seen)) {
      return;
    }
    try (Stream<Path> files = Files.list(seen)) {
      for (Path file : files.toList()) {
        if (!kept.contains(String.valueOf(file.getFileName()))) {
          Files.deleteIfExists(file);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException("cannot tidy " + seen, e);
    }
  }

  private byte[] encode(ObjectKey key, List<Proof> proofs) {
    CborWriter body = new CborWriter().map(2).text("key").text(key.value());
    body.text("proofs").array(proofs.size());
    for (Proof proof : proofs) {
      ByteBuffer young = ByteBuffer.allocate(proof.young().size() * Long.BYTES);
      proof.young().forEach(young::putLong);
      body.array(10)
          .text(proof.region().value())
          .text(proof.depth().id())
          .text(proof.after())
          .text(proof.upTo())
          .integer(proof.from().toEpochMilli())
          .integer(proof.to().toEpochMilli())
          .integer(proof.time().toEpochMilli())
          .integer(proof.objects())
          .integer(proof.bytes())
          .bytes(young.array());
    }
    return records.sign(Records.Kind.PROOFS, body);
  }

  private List<Proof> decode(ObjectKey key, byte[] bytes) {
    Records.Verified verified = records.verify(Records.Kind.PROOFS, key.toString(), bytes);
    requireOwner(key, verified.writer());
    CborReader body = verified.body();
    String own = "";
    List<Proof> proofs = new ArrayList<>();
    CborReader.Keys keys = body.map();
    for (String name = keys.next(); name != null; name = keys.next()) {
      switch (name) {
        case "key" -> own = body.text();
        case "proofs" -> {
          for (int left = body.array(); left > 0; left--) {
            proofs.add(proof(body));
          }
        }
        default -> body.skip();
      }
    }
    body.end();
    if (!own.equals(key.value())) {
      throw new VaultException.Untrusted("%s was written as '%s'".formatted(key, own));
    }
    return proofs;
  }

  private static void requireOwner(ObjectKey key, WriterName writer) {
    if (!key.value().startsWith(PREFIX + writer + "/")) {
      throw new VaultException.Untrusted("%s is signed by %s".formatted(key, writer));
    }
  }

  private static Proof proof(CborReader body) {
    body.array(10);
    try {
      RegionName region = new RegionName(body.text());
      Proof.Depth depth = Proof.Depth.of(body.text());
      return new Proof(
          region,
          depth,
          body.text(),
          body.text(),
          Instant.ofEpochMilli(body.unsigned(Long.MAX_VALUE)),
          Instant.ofEpochMilli(body.unsigned(Long.MAX_VALUE)),
          Instant.ofEpochMilli(body.unsigned(Long.MAX_VALUE)),
          body.unsigned(Long.MAX_VALUE),
          body.unsigned(Long.MAX_VALUE),
          young(body));
    } catch (IllegalArgumentException e) {
      throw body.damaged(String.valueOf(e.getMessage()));
    }
  }

  private static SortedSet<Long> young(CborReader body) {
    byte[] bytes = body.bytes();
    if (bytes.length % Long.BYTES != 0) {
      throw body.damaged("marks of %d bytes".formatted(bytes.length));
    }
    SortedSet<Long> young = new TreeSet<>();
    for (ByteBuffer marks = ByteBuffer.wrap(bytes); marks.hasRemaining(); ) {
      young.add(marks.getLong());
    }
    return young;
  }
}
