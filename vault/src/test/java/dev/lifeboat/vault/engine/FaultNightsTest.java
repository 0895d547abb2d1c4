package dev.lifeboat.vault.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lifeboat.vault.VaultException;
import dev.lifeboat.vault.reclaim.Lease;
import dev.lifeboat.vault.reclaim.Records;
import dev.lifeboat.vault.region.FaultyRegion;
import dev.lifeboat.vault.region.FaultyRegion.Fault;
import dev.lifeboat.vault.region.FaultyRegion.Operation;
import dev.lifeboat.vault.region.MemoryRegion;
import dev.lifeboat.vault.region.ObjectKey;
import dev.lifeboat.vault.region.Region;
import dev.lifeboat.vault.region.RegionException;
import dev.lifeboat.vault.region.RegionName;
import dev.lifeboat.vault.region.RegionSet;
import dev.lifeboat.vault.region.RetryPolicy;
import dev.lifeboat.vault.replicate.ReplicationProgress;
import dev.lifeboat.vault.replicate.ReplicationResult;
import dev.lifeboat.vault.replicate.Replicator;
import dev.lifeboat.vault.seal.HostKeystore;
import dev.lifeboat.vault.seal.RecoveryKit;
import dev.lifeboat.vault.seal.SigningKey;
import dev.lifeboat.vault.seal.TenantKeys;
import dev.lifeboat.vault.seal.TenantReadKeys;
import dev.lifeboat.vault.seal.VaultDocument;
import dev.lifeboat.vault.seal.WriterName;
import dev.lifeboat.vault.send.SendSettings;
import dev.lifeboat.vault.snapshot.Captured;
import dev.lifeboat.vault.snapshot.Expectations;
import dev.lifeboat.vault.snapshot.ManifestCodec;
import dev.lifeboat.vault.snapshot.SnapshotRecord;
import dev.lifeboat.vault.snapshot.SnapshotView;
import dev.lifeboat.vault.tree.Attributes;
import dev.lifeboat.vault.tree.Node;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A hundred nights against three regions in which anything may go wrong: busy, gone for a while or
 * for the night, slow, answers lost, bytes flipped on the way out. What a night reported durable
 * comes back from each region said to hold it; what a night said is missing somewhere is brought
 * there by replication in the end.
 *
 * <p>{@code -Dlifeboat.nights.seed=…} repeats a failure, {@code -Dlifeboat.nights=…} runs more.
 */
@Timeout(600)
class FaultNightsTest {
  private static final long SEED = Long.getLong("lifeboat.nights.seed", 20_261_122L);
  private static final int NIGHTS = Integer.getInteger("lifeboat.nights", 100);
  private static final int QUORUM = 2;
  private static final RetryPolicy POLICY =
      new RetryPolicy(3, Duration.ofMillis(1), Duration.ofMillis(2), Duration.ofMinutes(1));
  private static final EngineSettings SMALL =
      EngineSettings.DEFAULT.withPackBytes(32 << 10).withPackBuffers(2).withPacksPerIndex(3);

  /** What a night promised of a snapshot. */
  private record Promise(
      int night, SnapshotRecord snapshot, Map<String, byte[]> files, boolean durable) {}

  private final Random dice = new Random(SEED);
  private final SecureRandom random = VaultFixture.seeded(SEED);
  private final VaultFixture.TestClock clock = new VaultFixture.TestClock();
  private final List<MemoryRegion> bare = new ArrayList<>();
  private final List<FaultyRegion> faulty = new ArrayList<>();
  private final List<Promise> promises = new ArrayList<>();
  private final SortedMap<String, byte[]> files = new TreeMap<>();

  @Test
  void nights_anythingGoesWrong_whatWasReportedDurableComesBackAndTheRestIsNamed(@TempDir Path home)
      throws Exception {
    for (int i = 0; i < 3; i++) {
      MemoryRegion region = new MemoryRegion(new RegionName("r" + i), clock);
      bare.add(region);
      faulty.add(new FaultyRegion(region));
    }
    RecoveryKit kit = RecoveryKit.generate(random);
    SigningKey signing = SigningKey.generate(random);
    WriterName writer = new WriterName("host-1");
    VaultDocument document =
        VaultDocument.create(kit, clock.instant())
            .withWriter(writer, signing.verifyKey(), clock.instant());
    int refused = 0;
    int whole = 0;
    try (HostKeystore host = new HostKeystore(writer, signing, document);
        TenantReadKeys tenant = TenantKeys.create(VaultFixture.TENANT, random)) {
      host.add(tenant.write());
      for (int night = 0; night < NIGHTS; night++) {
        String told = "seed %d, night %d".formatted(SEED, night);
        change();
        faults();
        Optional<Committed> committed = night(home, host, document);
        if (committed.isEmpty()) {
          refused++;
        } else {
          Committed done = committed.get();
          whole += done.missing().isEmpty() ? 1 : 0;
          assertThat(done.durable()).as(told).isEqualTo(done.snapshot().regions().size() >= QUORUM);
          for (FaultyRegion region : faulty) {
            boolean holds = done.snapshot().regions().contains(region.name());
            assertThat(done.missing().containsKey(region.name()))
                .as("%s: %s is told of", told, region.name())
                .isEqualTo(!holds);
          }
          promises.add(new Promise(night, done.snapshot(), new TreeMap<>(files), done.durable()));
        }
        replicate(home, host, document, tenant);
        calm();
        for (Promise promise : checkedTonight(night)) {
          for (RegionName name : promise.snapshot.regions()) {
            assertComesBack(home, document, tenant, promise, name, told);
          }
        }
        clock.advance(Duration.ofDays(1));
      }
      ReplicationResult last = replicate(home, host, document, tenant);
      assertThat(last.complete()).as("seed %d: %s", SEED, last).isTrue();
      for (Promise promise : promises) {
        for (MemoryRegion region : bare) {
          assertComesBack(home, document, tenant, promise, region.name(), "seed " + SEED);
        }
      }
    }
    kit.close();
    // Not everything went wrong, and not everything went well: otherwise nothing was tested.
    assertThat(promises.size()).as("seed %d: commits", SEED).isGreaterThan(NIGHTS / 3);
    assertThat(whole).as("seed %d: whole nights", SEED).isBetween(1, NIGHTS - 1);
    assertThat(refused).as("seed %d: nights without a snapshot", SEED).isLessThan(NIGHTS / 2);
  }

  /** Some files are new, some change, some go. */
  private void change() {
    for (int i = 0; i < 4; i++) {
      byte[] content = new byte[dice.nextInt(40_000)];
      dice.nextBytes(content);
      files.put("f" + dice.nextInt(12), content);
    }
    if (dice.nextInt(3) == 0) {
      files.remove("f" + dice.nextInt(12));
    }
  }

  /** What each region does tonight, from its own dice: threads race, regions do not share them. */
  private void faults() {
    for (FaultyRegion region : faulty) {
      long seed = dice.nextLong();
      switch (dice.nextInt(8)) {
        case 0 -> region.flaky(seed, 0.1);
        case 1 -> region.flaky(seed, 0.5);
        case 2 -> region.always(new Fault.Broken("gone for the night"));
        case 3 -> breaksAt(region, dice.nextInt(12), new Fault.Broken("disk full"));
        case 4 -> breaksAt(region, dice.nextInt(30), new Fault.Busy());
        case 5 -> region.always(Operation.READ, new Fault.Flipped());
        case 6 -> region.always(Operation.PUT, new Fault.Late(Duration.ofMillis(5)));
        default -> calm(region);
      }
    }
  }

  /** From its n-th call on, everything fails. */
  private static void breaksAt(FaultyRegion region, int call, Fault fault) {
    int[] left = {call};
    region.follow((_, _) -> {
      synchronized (left) {
        return left[0]-- > 0 ? null : fault;
      }
    });
  }

  private void calm() {
    faulty.forEach(FaultNightsTest::calm);
  }

  private static void calm(FaultyRegion region) {
    region.follow((_, _) -> null);
  }

  private RegionSet regions() {
    // Closing a set must not close what the next night needs.
    List<Region> lent = new ArrayList<>();
    faulty.forEach(region -> lent.add(new HookedRegion(region)));
    return new RegionSet(lent, QUORUM, POLICY, new Random(SEED));
  }

  private Optional<Committed> night(Path home, HostKeystore host, VaultDocument document)
      throws IOException {
    try (Vault vault =
            Vault.open(
                regions(),
                document,
                home.resolve("cache"),
                clock,
                random,
                SMALL,
                new SendSettings(home.resolve("spill"), 1 << 20, Optional.empty()));
        SnapshotWriter writer =
            vault.begin(host, VaultFixture.TENANT, VaultFixture.DATASET, "test")) {
      List<Node> nodes = new ArrayList<>();
      long bytes = 0;
      for (Map.Entry<String, byte[]> file : files.entrySet()) {
        nodes.add(
            VaultFixture.file(
                file.getKey(), writer.store(new ByteArrayInputStream(file.getValue()))));
        bytes += file.getValue().length;
      }
      return Optional.of(
          writer.commit(
              new Captured(
                  clock.instant(),
                  Attributes.synthetic(0755),
                  writer.storeDirectory(nodes),
                  new Captured.Counts(files.size(), 1, 0, bytes, files.size(), 0, 0, bytes),
                  new Expectations("test", 1, new TreeMap<>(), new TreeMap<>()),
                  List.of(),
                  new TreeMap<>())));
    } catch (VaultException.Unreachable | VaultException.Damaged e) {
      // Fewer regions than the quorum, or none with an unharmed copy: loud, and no snapshot.
      return Optional.empty();
    }
  }

  private ReplicationResult replicate(
      Path home, HostKeystore host, VaultDocument document, TenantReadKeys tenant)
      throws InterruptedException {
    KeyRing keys = new KeyRing(document.vault(), List.of(tenant.write()));
    try (RegionSet set = regions()) {
      return new Replicator(
              set,
              Records.of(host, document),
              (key, manifest) ->
                  ManifestCodec.open(
                          key,
                          manifest,
                          document,
                          keys.of(ManifestCodec.prologue(key, manifest), key.value()))
                      .packs(),
              random,
              home.resolve("replication"))
          .run(Lease.Holder.ofThisProcess("host-1", "replicate"), ReplicationProgress.SILENT);
    } catch (VaultException.Unreachable e) {
      return new ReplicationResult(new TreeMap<>(), new TreeMap<>(), new TreeMap<>(), true);
    }
  }

  /** Tonight's, and a few of old. */
  private List<Promise> checkedTonight(int night) {
    List<Promise> checked = new ArrayList<>();
    for (Promise promise : promises) {
      if (promise.night == night || dice.nextInt(10) == 0) {
        checked.add(promise);
      }
    }
    return checked;
  }

  /** From this region alone, and with nothing remembered of earlier nights. */
  private void assertComesBack(
      Path home,
      VaultDocument document,
      TenantReadKeys tenant,
      Promise promise,
      RegionName name,
      String told)
      throws IOException {
    Region only =
        bare.stream().filter(region -> region.name().equals(name)).findFirst().orElseThrow();
    try (Vault vault =
            Vault.open(
                new RegionSet(List.of(new HookedRegion(only)), 1, POLICY, new Random(1)),
                document,
                home.resolve("fresh-" + dice.nextLong()),
                clock,
                random,
                SMALL);
        SnapshotView view = vault.open(promise.snapshot, tenant)) {
      Map<String, byte[]> expected = new LinkedHashMap<>(promise.files);
      Map<String, byte[]> found = new HashMap<>();
      for (Node node : view.list(view.root())) {
        try (var in = view.open(((Node.File) node).content())) {
          found.put(node.name().toString(), in.readAllBytes());
        }
      }
      assertThat(found.keySet())
          .as("%s: names of the snapshot of night %d in %s", told, promise.night, name)
          .isEqualTo(expected.keySet());
      expected.forEach((file, content) ->
          assertThat(found.get(file))
              .as("%s: %s of night %d in %s", told, file, promise.night, name)
              .isEqualTo(content));
    } catch (VaultException e) {
      throw new AssertionError(
          "%s: the snapshot of night %d does not come back from %s"
              .formatted(told, promise.night, name),
          e);
    }
    assertThat(holds(only, promise.snapshot.key())).as(told).isTrue();
  }

  private static boolean holds(Region region, ObjectKey key) {
    try {
      return region.stat(key).isPresent();
    } catch (RegionException e) {
      return false;
    }
  }
}
