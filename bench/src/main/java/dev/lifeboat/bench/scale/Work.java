package dev.lifeboat.bench.scale;

import dev.lifeboat.vault.Digest;
import dev.lifeboat.vault.engine.EngineSettings;
import dev.lifeboat.vault.engine.SnapshotListing;
import dev.lifeboat.vault.engine.Vault;
import dev.lifeboat.vault.index.IndexCodec;
import dev.lifeboat.vault.index.SelectedIndex;
import dev.lifeboat.vault.reclaim.Lease;
import dev.lifeboat.vault.reclaim.Reclaimer;
import dev.lifeboat.vault.reclaim.Reclamation;
import dev.lifeboat.vault.reclaim.Records;
import dev.lifeboat.vault.reclaim.Retention;
import dev.lifeboat.vault.reclaim.RetentionPolicy;
import dev.lifeboat.vault.reclaim.UpkeepCache;
import dev.lifeboat.vault.region.ObjectKey;
import dev.lifeboat.vault.region.Region;
import dev.lifeboat.vault.region.RegionException;
import dev.lifeboat.vault.region.RegionName;
import dev.lifeboat.vault.region.RegionSet;
import dev.lifeboat.vault.replicate.ReplicationProgress;
import dev.lifeboat.vault.replicate.ReplicationResult;
import dev.lifeboat.vault.replicate.Replicator;
import dev.lifeboat.vault.snapshot.ManifestCodec;
import dev.lifeboat.vault.snapshot.PackReference;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.stream.Stream;

/** The upkeep of one synthetic vault in two regions, measured; one process for each size. */
final class Work implements AutoCloseable {
  private static final Instant NOW = Instant.parse("2026-11-01T02:00:00Z");

  private final Size size;
  private final SyntheticVault made;
  private final SyntheticIndex index;
  private final Manifests manifests;
  private final Path cache;
  private final List<SyntheticRegion> regions = new ArrayList<>();
  private final Vault vault;
  private final SecureRandom random = new SecureRandom();
  private final PrintStream out;

  /** Makes up what {@link Work} finds in a directory. */
  static void prepare(Size size, Path directory) throws IOException {
    SyntheticVault made = new SyntheticVault(size);
    index(made, directory).make();
    Manifests.make(made, directory.resolve("manifests"));
  }

  private static SyntheticIndex index(SyntheticVault made, Path directory) {
    return new SyntheticIndex(made, directory.resolve("segments"), directory.resolve("sample"));
  }

  /**
   * Opens the vault.
   *
   * @param directory what was made up; for the cache of the host, too
   */
  Work(Size size, Path directory, PrintStream out) throws IOException {
    this.size = size;
    this.out = out;
    cache = Files.createDirectory(directory.resolve("cache"));
    made = new SyntheticVault(size);
    index = index(made, directory);
    manifests = Manifests.open(made, directory.resolve("manifests"));
    Clock clock = Clock.fixed(NOW, ZoneOffset.UTC);
    for (String name : List.of("one", "two")) {
      regions.add(new SyntheticRegion(new RegionName(name), made, manifests, clock));
    }
    List<Region> both = List.copyOf(regions);
    vault =
        Vault.open(
            new RegionSet(both, 2), made.document(), cache, clock, random, EngineSettings.DEFAULT);
  }

  /** Does everything, twice where the first time has to read what the second knows. */
  void run() throws Exception {
    index.prepare();
    SelectedIndex opened = measure("open index", index::open);
    measure("find a million", () -> index.find(opened));
    measure("miss a million", () -> index.miss(opened));
    measure("list (first)", this::list);
    List<?> snapshots = measure("list", this::list).snapshots();
    if (snapshots.size() != size.snapshots()) {
      throw new IllegalStateException("%d snapshots listed".formatted(snapshots.size()));
    }
    measure("retention", this::retention);
    measure("reclaim (first)", this::reclaim);
    measure("reclaim", this::reclaim);
    measure("replicate", this::replicate);
    putBehind();
    measure("replicate (one behind)", this::replicate);
  }

  private SnapshotListing list() {
    return vault.list(List.of(made.tenant()));
  }

  private List<Retention.Decision> retention() {
    RetentionPolicy policy = new RetentionPolicy(7, 0, 30, 12, 12, 5, ZoneOffset.UTC);
    List<Retention.Decision> decisions = Retention.decide(list().snapshots(), policy);
    if (decisions.size() != size.snapshots()) {
      throw new IllegalStateException("%d decisions".formatted(decisions.size()));
    }
    return decisions;
  }

  private SortedMap<RegionName, Reclamation> reclaim() throws InterruptedException {
    SortedMap<RegionName, Reclamation> planned =
        new Reclaimer(
                vault.regions(),
                Records.of(made.host(), made.document()),
                Set.of(made.tenant().id()),
                this::references,
                (_, _) -> List.of(),
                random,
                vault.clock(),
                new UpkeepCache(cache.resolve("upkeep"), new Digest(0, 0, 0, 1)),
                Reclaimer.Settings.DEFAULT)
            .run(true);
    int garbage = size.packs() - size.datasets() * size.referred(Size.SNAPSHOTS_PER_DATASET - 1);
    planned.forEach((region, plan) -> {
      if (!(plan instanceof Reclamation.Done done) || done.markedPacks() != garbage) {
        throw new IllegalStateException(
            "%s instead of %d packs of garbage in %s".formatted(plan, garbage, region));
      }
    });
    return planned;
  }

  private Collection<PackReference> references(ObjectKey key, byte[] manifest) {
    return ManifestCodec.open(key, manifest, made.document(), made.tenant()).packs();
  }

  /** One object that the second region lacks: then replication looks at everything. */
  private void putBehind() throws RegionException {
    byte[] object = new byte[100];
    boolean _ =
        regions.getFirst().put(IndexCodec.key(made.tenant().id(), object), ByteBuffer.wrap(object));
  }

  private ReplicationResult replicate() throws InterruptedException {
    ReplicationResult result =
        new Replicator(
                vault.regions(),
                Records.of(made.host(), made.document()),
                this::references,
                random,
                cache.resolve("replication"))
            .run(new Lease.Holder("host", 1, NOW, "scale"), ReplicationProgress.SILENT);
    if (!result.complete()) {
      throw new IllegalStateException("not complete: " + result);
    }
    return result;
  }

  /** Something to be measured. */
  private interface Task<T> {
    T run() throws Exception;
  }

  private <T> T measure(String name, Task<T> task) throws Exception {
    long lists = regions.getFirst().listRequests();
    long reads = regions.getFirst().readRequests();
    long bytes = regions.getFirst().bytesRead();
    long from = System.nanoTime();
    T result = task.run();
    double seconds = (System.nanoTime() - from) / 1e9;
    System.gc();
    Runtime runtime = Runtime.getRuntime();
    out.println(
        new Measurement(
                size,
                name,
                seconds,
                runtime.totalMemory() - runtime.freeMemory(),
                resident(),
                cacheBytes(),
                regions.getFirst().listRequests() - lists,
                regions.getFirst().readRequests() - reads,
                regions.getFirst().bytesRead() - bytes)
            .line());
    out.flush();
    return result;
  }

  /** The most that was resident so far. */
  private static long resident() throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
      if (line.startsWith("VmHWM:")) {
        return 1024 * Long.parseLong(line.replaceAll("[^0-9]", ""));
      }
    }
    return 0;
  }

  private long cacheBytes() throws IOException {
    long bytes = 0;
    try (Stream<Path> files = Files.walk(cache)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        bytes += Files.size(file);
      }
    }
    return bytes;
  }

  @Override
  public void close() throws IOException {
    try {
      vault.close();
    } finally {
      manifests.close();
    }
  }
}
