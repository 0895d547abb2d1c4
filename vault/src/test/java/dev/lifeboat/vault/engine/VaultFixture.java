package dev.lifeboat.vault.engine;

import dev.lifeboat.vault.Digest;
import dev.lifeboat.vault.reclaim.LockUpkeep;
import dev.lifeboat.vault.reclaim.Reclaimer;
import dev.lifeboat.vault.reclaim.Records;
import dev.lifeboat.vault.reclaim.UpkeepCache;
import dev.lifeboat.vault.region.DirectoryRegion;
import dev.lifeboat.vault.region.MemoryRegion;
import dev.lifeboat.vault.region.ObjectInfo;
import dev.lifeboat.vault.region.ObjectKey;
import dev.lifeboat.vault.region.ObjectLock;
import dev.lifeboat.vault.region.Region;
import dev.lifeboat.vault.region.RegionException;
import dev.lifeboat.vault.region.RegionName;
import dev.lifeboat.vault.region.RegionSet;
import dev.lifeboat.vault.region.RetryPolicy;
import dev.lifeboat.vault.seal.DatasetName;
import dev.lifeboat.vault.seal.HostKeystore;
import dev.lifeboat.vault.seal.KeyObjects;
import dev.lifeboat.vault.seal.Recipient;
import dev.lifeboat.vault.seal.RecipientName;
import dev.lifeboat.vault.seal.RecoveryKit;
import dev.lifeboat.vault.seal.SigningKey;
import dev.lifeboat.vault.seal.TenantKeys;
import dev.lifeboat.vault.seal.TenantName;
import dev.lifeboat.vault.seal.TenantReadKeys;
import dev.lifeboat.vault.seal.VaultDocument;
import dev.lifeboat.vault.seal.WriterName;
import dev.lifeboat.vault.send.SendSettings;
import dev.lifeboat.vault.snapshot.Captured;
import dev.lifeboat.vault.snapshot.Expectations;
import dev.lifeboat.vault.snapshot.PackReference;
import dev.lifeboat.vault.snapshot.SnapshotRecord;
import dev.lifeboat.vault.tree.Attributes;
import dev.lifeboat.vault.tree.Content;
import dev.lifeboat.vault.tree.Name;
import dev.lifeboat.vault.tree.Node;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
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
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A whole vault for tests: regions, keys, a host, a clock that moves when told, and randomness from
 * a seed. The regions outlive every {@link Vault} opened over them.
 */
public final class VaultFixture implements AutoCloseable {
  public static final DatasetName DATASET = new DatasetName("uploads");
  public static final TenantName TENANT = new TenantName("acme");

  private final List<HookedRegion> hooked = new ArrayList<>();
  private final List<Region> bare;
  private final int quorum;
  private final Path scratch;
  private final boolean ownScratch;
  private final TestClock clock;
  private final SecureRandom random = seeded(1);
  private final RecoveryKit kit;
  private final HostKeystore host;
  private final TenantReadKeys tenant;
  private final VaultDocument document;
  private final List<Vault> opened = new ArrayList<>();
  private EngineSettings settings = EngineSettings.DEFAULT;
  private int caches;

  private VaultFixture(
      List<Region> regions, int quorum, TestClock clock, Path scratch, boolean ownScratch) {
    this.bare = List.copyOf(regions);
    this.quorum = quorum;
    this.clock = clock;
    this.scratch = scratch;
    this.ownScratch = ownScratch;
    regions.forEach(region -> hooked.add(new HookedRegion(region)));
    kit = RecoveryKit.generate(random);
    SigningKey signing = SigningKey.generate(random);
    WriterName writer = new WriterName("host-1");
    document =
        VaultDocument.create(kit, clock.instant())
            .withWriter(writer, signing.verifyKey(), clock.instant());
    host = new HostKeystore(writer, signing, document);
    tenant = TenantKeys.create(TENANT, random);
    host.add(tenant.write());
  }

  /** Two regions in memory, quorum 2. */
  public static VaultFixture inMemory() {
    return inMemory(2, 2);
  }

  /** Regions {@code r0}, {@code r1}, … in memory. */
  public static VaultFixture inMemory(int regions, int quorum) {
    return inMemory(regions, quorum, null);
  }

  /** The same with locks. */
  public static VaultFixture inMemory(int regions, int quorum, @Nullable ObjectLock lock) {
    TestClock clock = new TestClock();
    List<Region> made = new ArrayList<>();
    for (int i = 0; i < regions; i++) {
      made.add(new MemoryRegion(new RegionName("r" + i), clock, lock));
    }
    try {
      return new VaultFixture(
          made, quorum, clock, Files.createTempDirectory("lifeboat-vault"), true);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Over regions that a test has made; they are closed with it. */
  public static VaultFixture over(List<Region> regions, int quorum) {
    try {
      return new VaultFixture(
          regions, quorum, new TestClock(), Files.createTempDirectory("lifeboat-vault"), true);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Regions {@code r0}, {@code r1}, … in directories of these names.
   *
   * @param root gets the regions and the caches
   */
  public static VaultFixture inDirectories(Path root, int regions, int quorum) {
    try {
      for (int i = 0; i < regions; i++) {
        RegionName name = new RegionName("r" + i);
        DirectoryRegion.create(name, root.resolve(name.value()));
      }
    } catch (RegionException e) {
      throw new UncheckedIOException(e);
    }
    return overDirectories(root, regions, quorum);
  }

  /** The same vault again, its keys too, over directories that are there. */
  public static VaultFixture overDirectories(Path root, int regions, int quorum) {
    List<Region> made = new ArrayList<>();
    try {
      for (int i = 0; i < regions; i++) {
        RegionName name = new RegionName("r" + i);
        Path directory = root.resolve(name.value());
        made.add(DirectoryRegion.open(name, directory));
      }
    } catch (RegionException e) {
      throw new UncheckedIOException(e);
    }
    return new VaultFixture(made, quorum, new TestClock(), root, false);
  }

  public VaultFixture with(EngineSettings other) {
    settings = other;
    return this;
  }

  /** A vault with an empty cache. */
  public Vault open() {
    return open(scratch.resolve("cache-" + caches++));
  }

  /** A vault with this cache; its regions are tried once, without pauses. */
  public Vault open(Path cache) {
    RegionSet set =
        new RegionSet(
            new ArrayList<>(hooked),
            quorum,
            new RetryPolicy(1, Duration.ZERO, Duration.ZERO, Duration.ofMinutes(5)),
            new Random(1));
    Vault vault = Vault.open(set, document, cache, clock, random, settings);
    opened.add(vault);
    return vault;
  }

  /** A vault with an empty cache that treats its regions, and sends to them, as told. */
  public Vault open(RetryPolicy policy, SendSettings sending) {
    Vault vault =
        Vault.open(
            new RegionSet(new ArrayList<>(hooked), quorum, policy, new Random(1)),
            document,
            scratch.resolve("cache-" + caches++),
            clock,
            random,
            settings,
            sending);
    opened.add(vault);
    return vault;
  }

  /** A directory for what a test needs, gone with the fixture. */
  public Path scratch() {
    return scratch;
  }

  public HookedRegion region(int number) {
    return hooked.get(number);
  }

  public List<HookedRegion> regions() {
    return List.copyOf(hooked);
  }

  /** The region itself, to be tampered with. */
  public MemoryRegion memory(int number) {
    return (MemoryRegion) bare.get(number);
  }

  public TestClock clock() {
    return clock;
  }

  public SecureRandom random() {
    return random;
  }

  public RecoveryKit kit() {
    return kit;
  }

  public HostKeystore host() {
    return host;
  }

  public TenantReadKeys tenant() {
    return tenant;
  }

  public VaultDocument document() {
    return document;
  }

  /** Stores the key object of the tenant for the kit, without which a vault is not whole. */
  public void storeKitKeys(Vault vault) {
    Recipient recipient = Objects.requireNonNull(document.recipients().get(RecipientName.KIT));
    vault
        .regions()
        .put(
            KeyObjects.key(tenant, recipient),
            ByteBuffer.wrap(
                KeyObjects.seal(tenant, recipient, document.vault(), host.signingKey())));
  }

  /** Stores the vault's document. */
  public void storeDocument(Vault vault) {
    vault.regions().put(document.key(), ByteBuffer.wrap(document.encode(kit.rootKey())));
  }

  /** Reclamation by the host, of all its tenants. */
  public Reclaimer reclaimer(Vault vault, Reclaimer.Settings settings) {
    return new Reclaimer(
        vault.regions(),
        Records.of(host, document),
        Set.of(tenant.write().id()),
        this::references,
        new HostReferences(document, host).indexes(),
        random,
        clock,
        new UpkeepCache(scratch.resolve("upkeep"), new Digest(1, 2, 3, 4)),
        settings);
  }

  /** What is kept of locks, as a host does. */
  public LockUpkeep lockUpkeep(Vault vault) {
    UpkeepCache cache = upkeepCache();
    return new LockUpkeep(
        vault.regions(),
        cache.locks(vault.regions()),
        Set.of(tenant.write().id()),
        this::references,
        new HostReferences(document, host).indexes(),
        cache);
  }

  /** What upkeep keeps from night to night. */
  public UpkeepCache upkeepCache() {
    return new UpkeepCache(scratch.resolve("upkeep"), new Digest(1, 2, 3, 4));
  }

  /** What a snapshot refers to, as the first region that has its manifest says. */
  public Collection<PackReference> references(SnapshotRecord snapshot) {
    for (Region region : bare) {
      try {
        return references(snapshot.key(), region.read(snapshot.key()));
      } catch (RegionException e) {
        // Another may have it.
      }
    }
    throw new IllegalStateException("no region has " + snapshot.key());
  }

  /** What a manifest refers to, for all who ask with the host's keys. */
  public Collection<PackReference> references(ObjectKey key, byte[] manifest) {
    return new HostReferences(document, host).manifests().of(key, manifest);
  }

  public SnapshotWriter begin(Vault vault) {
    return vault.begin(host, TENANT, DATASET, "test");
  }

  /** Stores files in a flat root directory and commits; the clock moves on by a day. */
  public Committed night(Vault vault, Map<String, byte[]> files) {
    try (SnapshotWriter writer = begin(vault)) {
      return writer.commit(captured(writer, files));
    } finally {
      clock.advance(Duration.ofDays(1));
    }
  }

  /** Stores files in a flat root directory. */
  public Captured captured(SnapshotWriter writer, Map<String, byte[]> files) {
    List<Node> nodes = new ArrayList<>();
    long bytes = 0;
    try {
      for (Map.Entry<String, byte[]> file : files.entrySet()) {
        Content content = writer.store(new ByteArrayInputStream(file.getValue()));
        bytes += content.bytes();
        nodes.add(file(file.getKey(), content));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return captured(writer.storeDirectory(nodes), files.size(), bytes);
  }

  public static Node file(String name, Content content) {
    return new Node.File(
        Name.of(name), Attributes.synthetic(0644), content.bytes(), content, null, null);
  }

  public Captured captured(Content root, long files, long bytes) {
    return new Captured(
        clock.instant(),
        Attributes.synthetic(0755),
        root,
        new Captured.Counts(files, 1, 0, bytes, files, 0, 0, bytes),
        new Expectations("test", 1, new TreeMap<>(Map.of("files", "" + files)), new TreeMap<>()),
        List.of(),
        new TreeMap<>(Map.of("tool", "1")));
  }

  /** Everything in a region, by key. */
  public SortedMap<ObjectKey, byte[]> objects(int region) {
    SortedMap<ObjectKey, byte[]> objects = new TreeMap<>();
    try {
      List<ObjectInfo> listed = new ArrayList<>();
      bare.get(region).list("", listed::add);
      for (ObjectInfo info : listed) {
        objects.put(info.key(), bare.get(region).read(info.key()));
      }
    } catch (RegionException e) {
      throw new UncheckedIOException(e);
    }
    return objects;
  }

  /** Randomness that is the same in every run. */
  public static SecureRandom seeded(long seed) {
    try {
      SecureRandom random = SecureRandom.getInstance("SHA1PRNG");
      random.setSeed(seed);
      return random;
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Random bytes that are the same in every run. */
  public static byte[] bytes(long seed, int length) {
    byte[] bytes = new byte[length];
    new Random(seed).nextBytes(bytes);
    return bytes;
  }

  @Override
  public void close() {
    opened.forEach(Vault::close);
    bare.forEach(Region::close);
    host.close();
    tenant.close();
    kit.close();
    if (ownScratch) {
      try (var files = Files.walk(scratch)) {
        for (Path file : files.sorted((a, b) -> b.compareTo(a)).toList()) {
          Files.delete(file);
        }
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  /** A clock that stands still until it is moved. */
  public static final class TestClock extends Clock {
    private volatile Instant now = Instant.parse("2026-11-01T01:30:00Z");

    public synchronized void advance(Duration step) {
      now = now.plus(step);
    }

    @Override
    public ZoneId getZone() {
      return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(ZoneId zone) {
      throw new UnsupportedOperationException("a test clock knows UTC only");
    }

    @Override
    public Instant instant() {
      return now;
    }
  }
}
