package dev.lifeboat.vault.reclaim;

import dev.lifeboat.vault.Digest;
import dev.lifeboat.vault.VaultException;
import dev.lifeboat.vault.pack.PackId;
import dev.lifeboat.vault.region.FaultyRegion;
import dev.lifeboat.vault.region.MemoryRegion;
import dev.lifeboat.vault.region.ObjectKey;
import dev.lifeboat.vault.region.PutReport;
import dev.lifeboat.vault.region.Region;
import dev.lifeboat.vault.region.RegionException;
import dev.lifeboat.vault.region.RegionName;
import dev.lifeboat.vault.region.RegionSet;
import dev.lifeboat.vault.region.RetryPolicy;
import dev.lifeboat.vault.seal.DatasetName;
import dev.lifeboat.vault.seal.Prologue;
import dev.lifeboat.vault.seal.SigningKey;
import dev.lifeboat.vault.seal.TenantId;
import dev.lifeboat.vault.seal.TenantName;
import dev.lifeboat.vault.seal.VaultId;
import dev.lifeboat.vault.seal.WriterName;
import dev.lifeboat.vault.snapshot.PackReference;
import dev.lifeboat.vault.snapshot.SnapshotHeader;
import dev.lifeboat.vault.snapshot.SnapshotId;
import dev.lifeboat.vault.snapshot.SnapshotRecord;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * A small vault of hand-made objects in faulty regions, with a clock that is told the time: packs
 * have a true prologue, manifests and index objects are lines of text that name packs.
 */
public final class World implements AutoCloseable {
  public static final TenantId ACME = TenantId.of(new byte[16]);
  public static final TenantId STRANGER = new TenantId("ff".repeat(16));
  public static final Lease.Holder HOLDER = new Lease.Holder("host", 1, Instant.EPOCH, "test");
  static final String DATASET = "d0".repeat(16);

  /** Tells the time it was told last. */
  public static final class Time extends Clock {
    private volatile Instant now = Instant.parse("2026-11-01T01:30:00Z");

    public void pass(Duration duration) {
      now = now.plus(duration);
    }

    @Override
    public Instant instant() {
      return now;
    }

    @Override
    public ZoneId getZone() {
      return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(ZoneId zone) {
      throw new UnsupportedOperationException();
    }
  }

  public final Time time = new Time();
  public final Path scratch;
  public final SecureRandom random;
  public final Random dice;
  public final List<FaultyRegion> faulty = new ArrayList<>();
  public final Records records;
  public RegionSet regions;
  private final VaultId vault;
  private final int quorum;

  public World(long seed, int count, int quorum) {
    this.dice = new Random(seed);
    this.quorum = quorum;
    try {
      this.scratch = Files.createTempDirectory("lifeboat-world");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    try {
      this.random = SecureRandom.getInstance("SHA1PRNG");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
    random.setSeed(seed);
    for (int i = 0; i < count; i++) {
      faulty.add(new FaultyRegion(new MemoryRegion(new RegionName("r" + i), time)));
    }
    this.vault = VaultId.random(random);
    SigningKey key = SigningKey.generate(random);
    WriterName writer = new WriterName("host");
    this.records =
        new Records(
            vault,
            writer,
            key,
            signer -> signer.equals(key.verifyKey()) ? Optional.of(writer) : Optional.empty());
    this.regions = session();
  }

  /** A fresh process would have a fresh set: what the old one learnt of outages is gone. */
  public RegionSet session() {
    return new RegionSet(
        List.copyOf(faulty),
        quorum,
        new RetryPolicy(1, Duration.ZERO, Duration.ZERO, Duration.ofMinutes(5)),
        dice);
  }

  public MemoryRegion memory(int region) {
    return (MemoryRegion) faulty.get(region).inner();
  }

  /** A new pack's bytes. */
  public byte[] pack(TenantId tenant, int bytes) {
    byte[] random = new byte[Prologue.BYTES + bytes];
    dice.nextBytes(random);
    System.arraycopy(
        new Prologue(Prologue.Kind.PACK, vault, tenant, 1).toBytes(), 0, random, 0, Prologue.BYTES);
    return random;
  }

  public static PackId id(byte[] pack) {
    return new PackId(Digest.of(pack));
  }

  /** Stores a new pack of ACME in all regions. */
  public PackId storePack() {
    return storePack(ACME);
  }

  public PackId storePack(TenantId tenant) {
    byte[] pack = pack(tenant, 100);
    PutReport _ = regions.put(ObjectKey.of(id(pack)), ByteBuffer.wrap(pack));
    return id(pack);
  }

  public byte[] lines(Collection<PackId> packs) {
    StringBuilder text = new StringBuilder("manifest\n");
    new TreeSet<>(packs).forEach(pack -> text.append(pack).append('\n'));
    return text.toString().getBytes(StandardCharsets.UTF_8);
  }

  public ObjectKey manifestKey(TenantId tenant) {
    return new ObjectKey(
        "snapshots/%s/%s/%s".formatted(tenant, DATASET, RecordNames.next(time.instant(), random)));
  }

  /** Commits a manifest in all regions. */
  public ObjectKey commit(Collection<PackId> packs) {
    return commit(ACME, packs);
  }

  public ObjectKey commit(TenantId tenant, Collection<PackId> packs) {
    ObjectKey key = manifestKey(tenant);
    PutReport _ = regions.put(key, ByteBuffer.wrap(lines(packs)));
    return key;
  }

  public ObjectKey storeIndex(Collection<PackId> packs) {
    byte[] bytes = lines(packs);
    ObjectKey key = new ObjectKey("index/" + ACME + "/" + Digest.of(bytes));
    PutReport _ = regions.put(key, ByteBuffer.wrap(bytes));
    return key;
  }

  /** As the codec of the engine would, for manifests of ACME. */
  public Collection<PackReference> references(ObjectKey key, byte[] manifest) {
    BitSet one = new BitSet();
    one.set(0);
    return packs(key, manifest).stream().map(p -> new PackReference(p, 1, 1, one)).toList();
  }

  public Collection<PackId> packs(ObjectKey key, byte[] bytes) {
    if (key.value().contains(STRANGER.hex())) {
      throw new VaultException.KeyUnavailable("no index key for " + key);
    }
    List<String> lines = new String(bytes, StandardCharsets.UTF_8).lines().toList();
    if (lines.isEmpty() || !lines.getFirst().equals("manifest")) {
      throw new VaultException.Damaged(key + " is damaged");
    }
    return lines.stream().skip(1).map(PackId::parse).toList();
  }

  /** A manifest of this world as the engine would describe it. */
  public SnapshotRecord snapshot(ObjectKey key, int region) throws RegionException {
    Digest digest = Digest.of(memory(region).read(key));
    return new SnapshotRecord(
        key,
        digest,
        header(time.instant(), 1, true, random),
        new TreeSet<>(Set.of(memory(region).name())));
  }

  static SnapshotHeader header(Instant at, long sequence, boolean complete, SecureRandom random) {
    return new SnapshotHeader(
        SnapshotId.random(random),
        at,
        new TenantName("acme"),
        new DatasetName("uploads"),
        "directory",
        "host",
        sequence,
        sequence == 1 ? null : new Digest(1, 2, 3, sequence),
        complete,
        new SnapshotHeader.Counts(0, 0, 0, 0, 0, 0, 0, 0, 0, 0),
        new TreeMap<>(),
        new TreeSet<>(),
        0);
  }

  public Reclaimer reclaimer(Duration grace) {
    return reclaimer(new Reclaimer.Settings(grace, false));
  }

  /** Kept from run to run, as on a real host. */
  UpkeepCache cache() {
    return new UpkeepCache(scratch.resolve("upkeep"), new Digest(1, 2, 3, 4));
  }

  Reclaimer reclaimer(Reclaimer.Settings settings) {
    return new Reclaimer(
        regions,
        records,
        Set.of(ACME),
        this::references,
        this::packs,
        random,
        time,
        cache(),
        settings);
  }

  public List<ObjectKey> list(int region, String prefix) throws RegionException {
    List<ObjectKey> keys = new ArrayList<>();
    memory(region).list(prefix, info -> keys.add(info.key()));
    return keys;
  }

  public boolean has(int region, ObjectKey key) throws RegionException {
    return ((Region) memory(region)).stat(key).isPresent();
  }

  public boolean has(int region, PackId pack) throws RegionException {
    return has(region, ObjectKey.of(pack));
  }

  @Override
  public void close() {
    regions.close();
    try (Stream<Path> files = Files.walk(scratch)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
