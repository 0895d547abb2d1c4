package dev.lifeboat.vault.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lifeboat.vault.VaultException;
import dev.lifeboat.vault.reclaim.Lease;
import dev.lifeboat.vault.reclaim.Records;
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
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Nights against regions in which anything may go wrong. What a night reported durable comes back
 * from each region said to hold it; what a night said is missing somewhere is brought there by
 * replication in the end.
 */
public final class FaultNights {
  private static final int QUORUM = 2;

  /** From so many nights on, luck is no reason for all of them to fare alike. */
  private static final int MANY = 20;

  private static final EngineSettings SMALL =
      EngineSettings.DEFAULT.withPackBytes(32 << 10).withPackBuffers(2).withPacksPerIndex(3);

  /** A place of which one copy of the vault is made, and the way there. */
  public interface Place {
    RegionName name();

    /** Opens it by the way that fails; closed by who asked. */
    Region open() throws RegionException;

    /** Opens it by a way that never fails; closed by who asked. */
    Region bare() throws RegionException;

    /** Decides what goes wrong from now on. */
    void fail(Random dice);

    /** Cannot be reached from now on. */
    void vanish();

    /** Nothing goes wrong from now on. */
    void calm();
  }

  /** What a night promised of a snapshot. */
  private record Promise(
      int night, SnapshotRecord snapshot, Map<String, byte[]> files, boolean durable) {}

  private final long seed;
  private final int nights;
  private final List<? extends Place> places;
  private final RetryPolicy policy;
  private final VaultFixture.TestClock clock;
  private final Path home;
  private final Random dice;
  private final SecureRandom random;
  private final List<Promise> promises = new ArrayList<>();
  private final SortedMap<String, byte[]> files = new TreeMap<>();

  /**
   * @param seed of everything but the order in which threads get on
   * @param policy by which regions are asked again
   * @param clock of the writer; each night begins a day after the one before
   * @param home empty directory
   */
  public FaultNights(
      long seed,
      int nights,
      List<? extends Place> places,
      RetryPolicy policy,
      VaultFixture.TestClock clock,
      Path home) {
    this.seed = seed;
    this.nights = nights;
    this.places = List.copyOf(places);
    this.policy = policy;
    this.clock = clock;
    this.home = home;
    this.dice = new Random(seed);
    this.random = VaultFixture.seeded(seed);
  }

  /** Runs all nights. Fails with an assertion that names seed and night. */
  public void run() throws Exception {
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
      for (int night = 0; night < nights; night++) {
        String told = "seed %d, night %d".formatted(seed, night);
        change();
        fail(night);
        Optional<Committed> committed = night(host, document);
        assertFirstNights(night, committed, told);
        if (committed.isEmpty()) {
          refused++;
        } else {
          Committed done = committed.get();
          whole += done.missing().isEmpty() ? 1 : 0;
          assertThat(done.durable()).as(told).isEqualTo(done.snapshot().regions().size() >= QUORUM);
          for (Place place : places) {
            boolean holds = done.snapshot().regions().contains(place.name());
            assertThat(done.missing().containsKey(place.name()))
                .as("%s: %s is told of", told, place.name())
                .isEqualTo(!holds);
          }
          promises.add(new Promise(night, done.snapshot(), new TreeMap<>(files), done.durable()));
        }
        ReplicationResult _ = replicate(host, document, tenant);
        places.forEach(Place::calm);
        for (Promise promise : checkedTonight(night)) {
          for (Place place : places) {
            if (promise.snapshot.regions().contains(place.name())) {
              assertComesBack(document, tenant, promise, place, told);
            }
          }
        }
        clock.advance(Duration.ofDays(1));
      }
      ReplicationResult last = replicate(host, document, tenant);
      assertThat(last.complete()).as("seed %d: %s", seed, last).isTrue();
      for (Promise promise : promises) {
        for (Place place : places) {
          assertComesBack(document, tenant, promise, place, "seed " + seed);
        }
      }
    }
    kit.close();
    // Not everything went wrong, and not everything went well: otherwise nothing was tested.
    if (nights >= MANY) {
      assertThat(promises.size()).as("seed %d: commits", seed).isGreaterThan(nights / 3);
      assertThat(whole).as("seed %d: whole nights", seed).isBetween(2, nights - 2);
      assertThat(refused).as("seed %d: nights without a snapshot", seed).isLessThan(nights / 2);
    }
  }

  /** The first night is calm, in the second one place is gone, from then on anything may be. */
  private void fail(int night) {
    if (night == 0) {
      places.forEach(Place::calm);
    } else if (night == 1) {
      places.getFirst().vanish();
    } else {
      // Each place has its own dice: threads race, places do not share them.
      places.forEach(place -> place.fail(new Random(dice.nextLong())));
    }
  }

  /** What the first two nights come to is no matter of luck. */
  private void assertFirstNights(int night, Optional<Committed> committed, String told) {
    if (night > 1) {
      return;
    }
    assertThat(committed).as("%s: a snapshot", told).isPresent();
    assertThat(committed.orElseThrow().missing().keySet())
        .as("%s: regions without it", told)
        .isEqualTo(night == 0 ? Set.of() : Set.of(places.getFirst().name()));
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

  private RegionSet regions() throws RegionException {
    List<Region> opened = new ArrayList<>();
    for (Place place : places) {
      opened.add(place.open());
    }
    return new RegionSet(opened, QUORUM, policy, new Random(seed));
  }

  private Optional<Committed> night(HostKeystore host, VaultDocument document) throws Exception {
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
      HostKeystore host, VaultDocument document, TenantReadKeys tenant) throws Exception {
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

  /** From this place alone, and with nothing remembered of earlier nights. */
  private void assertComesBack(
      VaultDocument document, TenantReadKeys tenant, Promise promise, Place place, String told)
      throws IOException, RegionException {
    try (Vault vault =
            Vault.open(
                new RegionSet(List.of(place.bare()), 1, policy, new Random(1)),
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
          .as("%s: names of the snapshot of night %d in %s", told, promise.night, place.name())
          .isEqualTo(expected.keySet());
      expected.forEach((file, content) ->
          assertThat(found.get(file))
              .as("%s: %s of night %d in %s", told, file, promise.night, place.name())
              .isEqualTo(content));
    } catch (VaultException e) {
      throw new AssertionError(
          "%s: the snapshot of night %d does not come back from %s"
              .formatted(told, promise.night, place.name()),
          e);
    }
    try (Region bare = place.bare()) {
      ObjectKey manifest = promise.snapshot.key();
      assertThat(bare.stat(manifest)).as("%s: %s", told, manifest).isPresent();
    }
  }
}
