package dev.lifeboat.vault.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lifeboat.vault.VaultException;
import dev.lifeboat.vault.reclaim.Lease;
import dev.lifeboat.vault.reclaim.Reclaimer;
import dev.lifeboat.vault.reclaim.Records;
import dev.lifeboat.vault.region.ObjectKey;
import dev.lifeboat.vault.region.RegionName;
import dev.lifeboat.vault.seal.DatasetName;
import dev.lifeboat.vault.snapshot.Captured;
import dev.lifeboat.vault.snapshot.SnapshotView;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Writers beside other writers and beside reclamation. */
class LeaseTest {
  private static final Map<String, byte[]> FILES = Map.of("f", VaultFixture.bytes(1, 400_000));
  private static final RegionName R1 = new RegionName("r1");

  private static List<String> leases(VaultFixture fixture, int region) {
    return fixture.objects(region).keySet().stream()
        .map(ObjectKey::value)
        .filter(key -> key.startsWith(Lease.PREFIX))
        .toList();
  }

  /** Sessions that have not ended. */
  private static List<String> running(VaultFixture fixture, int region) {
    Map<String, String> last = new TreeMap<>();
    for (String key : leases(fixture, region)) {
      int slash = key.lastIndexOf('/');
      last.put(key.substring(0, slash), key.substring(slash));
    }
    last.values().removeIf("/end"::equals);
    return List.copyOf(last.keySet());
  }

  @Test
  void begin_datasetBeingWritten_isAConflictThatNamesTheOther() {
    try (VaultFixture fixture = VaultFixture.inMemory()) {
      Vault vault = fixture.open();
      Vault another = fixture.open();
      try (SnapshotWriter first = fixture.begin(vault)) {
        List<String> before = running(fixture, 0);
        assertThatThrownBy(() -> fixture.begin(another))
            .isInstanceOf(VaultException.Conflict.class)
            .hasMessageContainingAll(
                "dataset uploads of tenant acme",
                "host-1",
                "process " + ProcessHandle.current().pid());
        // What was refused is over, and holds up nobody.
        assertThat(running(fixture, 0)).isEqualTo(before).hasSize(1);
        assertThat(first.commit(fixture.captured(first, FILES)).durable()).isTrue();
      }
      assertThat(fixture.night(another, FILES).durable()).isTrue();
    }
  }

  @Test
  void begin_manyAtOnce_letsExactlyOneThrough() throws Exception {
    try (VaultFixture fixture = VaultFixture.inMemory();
        ExecutorService threads = Executors.newFixedThreadPool(4)) {
      for (int round = 0; round < 5; round++) {
        CountDownLatch start = new CountDownLatch(1);
        List<Future<SnapshotWriter>> begun = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
          Vault vault = fixture.open();
          begun.add(
              threads.submit(() -> {
                start.await();
                return fixture.begin(vault);
              }));
        }
        start.countDown();
        List<SnapshotWriter> writers = new ArrayList<>();
        for (Future<SnapshotWriter> future : begun) {
          try {
            writers.add(future.get());
          } catch (ExecutionException e) {
            assertThat(e).hasCauseInstanceOf(VaultException.Conflict.class);
          }
        }
        assertThat(writers).hasSize(1);
        writers.forEach(SnapshotWriter::close);
      }
    }
  }

  @Test
  void begin_twoDatasetsOfOneTenant_workAtTheSameTime() {
    try (VaultFixture fixture = VaultFixture.inMemory()) {
      Vault vault = fixture.open();
      try (SnapshotWriter first = fixture.begin(vault);
          SnapshotWriter second =
              vault.begin(fixture.host(), VaultFixture.TENANT, new DatasetName("other"), "test")) {
        assertThat(first.commit(fixture.captured(first, FILES)).durable()).isTrue();
        assertThat(second.commit(fixture.captured(second, FILES)).durable()).isTrue();
      }
      assertThat(vault.snapshots(fixture.tenant().write())).hasSize(2);
    }
  }

  @Test
  void begin_tellsNoNameToWhoeverReadsTheRegion() {
    try (VaultFixture fixture = VaultFixture.inMemory()) {
      var commit = fixture.night(fixture.open(), FILES);
      assertThat(commit.durable()).isTrue();
      String pseudonym = fixture.tenant().write().pseudonym(VaultFixture.DATASET);
      fixture
          .objects(0)
          .forEach((key, bytes) -> {
            String text = key + new String(bytes, StandardCharsets.ISO_8859_1);
            assertThat(text).doesNotContain("uploads", "acme");
            if (key.value().startsWith(Lease.PREFIX)) {
              assertThat(text).contains(pseudonym);
            }
          });
    }
  }

  @Test
  void close_regionsOutOfReach_doesNotBlockThisProcess() {
    try (VaultFixture fixture = VaultFixture.inMemory()) {
      SnapshotWriter writer = fixture.begin(fixture.open());
      fixture.regions().forEach(HookedRegion::down);
      writer.close();
      fixture.regions().forEach(HookedRegion::up);
      assertThat(leases(fixture, 0)).noneMatch(key -> key.endsWith("/end"));
      assertThat(fixture.night(fixture.open(), FILES).durable()).isTrue();
    }
  }

  @Test
  void close_interrupted_stillEndsTheLease() {
    try (VaultFixture fixture = VaultFixture.inMemory()) {
      SnapshotWriter writer = fixture.begin(fixture.open());
      Thread.currentThread().interrupt();
      writer.close();
      assertThat(Thread.interrupted()).isTrue();
      assertThat(leases(fixture, 0)).anyMatch(key -> key.endsWith("/end"));
    }
  }

  @Test
  void begin_fails_endsTheLease() {
    try (VaultFixture fixture = VaultFixture.inMemory()) {
      fixture
          .region(0)
          .hook((operation, what) -> {
            if (operation == HookedRegion.Operation.LIST && what.startsWith(ObjectKey.PACKS)) {
              throw new dev.lifeboat.vault.region.RegionException.Permanent(
                  new RegionName("r0"), "cannot list", null);
            }
          });
      assertThatThrownBy(() -> fixture.begin(fixture.open()))
          .isInstanceOf(VaultException.Unreachable.class);
      assertThat(leases(fixture, 1)).anyMatch(key -> key.endsWith("/end"));
    }
  }

  /** As another machine writes it: this one cannot look for the process. */
  private static Lease elsewhere(VaultFixture fixture, Vault vault) {
    return Lease.acquire(
        vault.regions(),
        Records.of(fixture.host(), fixture.document()),
        fixture.random(),
        // Process 1 is never ours, and always alive.
        new Lease.Holder(
            "host-1",
            1,
            Instant.EPOCH,
            "backup %s/%s"
                .formatted(
                    fixture.tenant().write().id(),
                    fixture.tenant().write().pseudonym(VaultFixture.DATASET))));
  }

  @Test
  void begin_leaseOfALivingProcess_isInTheWayUntilItExpires() {
    try (VaultFixture fixture = VaultFixture.inMemory()) {
      Lease lease = elsewhere(fixture, fixture.open());
      assertThat(lease.held()).hasSize(2);
      fixture.clock().advance(Lease.TTL);
      assertThatThrownBy(() -> fixture.begin(fixture.open()))
          .isInstanceOf(VaultException.Conflict.class)
          .hasMessageContaining(lease.session());
      fixture.clock().advance(Duration.ofSeconds(1));
      assertThat(fixture.night(fixture.open(), FILES).durable()).isTrue();
    }
  }

  @Test
  void begin_leaseOfAKilledProcess_isNotInTheWay(@TempDir Path root) throws Exception {
    try (VaultFixture fixture = VaultFixture.inDirectories(root, 2, 2)) {
      Process child =
          new ProcessBuilder(
                  Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                  "--enable-native-access=ALL-UNNAMED",
                  "-cp",
                  System.getProperty("java.class.path"),
                  KilledWriter.class.getName(),
                  root.toString())
              .redirectErrorStream(true)
              .start();
      try {
        String said = new String(child.getInputStream().readNBytes(6), StandardCharsets.UTF_8);
        assertThat(said).isEqualTo("begun\n");
        assertThatThrownBy(() -> fixture.begin(fixture.open()))
            .isInstanceOf(VaultException.Conflict.class)
            .hasMessageContaining("process " + child.pid());
      } finally {
        child.destroyForcibly().waitFor();
      }
      assertThat(running(fixture, 0)).hasSize(1);
      assertThat(fixture.night(fixture.open(), FILES).durable()).isTrue();
    }
  }

  /** Begins a snapshot in the regions of a directory, says so, and waits to be killed. */
  static final class KilledWriter {
    private KilledWriter() {}

    public static void main(String[] args) throws InterruptedException {
      VaultFixture fixture = VaultFixture.overDirectories(Path.of(args[0]), 2, 2);
      // The parent's fixture has the same seed: sessions of two processes never have one name.
      fixture.random().setSeed(ProcessHandle.current().pid());
      SnapshotWriter writer = fixture.begin(fixture.open());
      System.out.print("begun\n");
      System.out.flush();
      Thread.sleep(Duration.ofMinutes(10));
      writer.close();
    }
  }

  @Test
  void begin_packMarkedForRemoval_isStoredAnew() throws Exception {
    try (VaultFixture fixture = VaultFixture.inMemory()) {
      Vault vault = fixture.open();
      orphans(fixture, vault);
      var _ = reclaimer(fixture, vault).run(false);
      long before = fixture.region(0).packBytes();
      Committed committed = fixture.night(fixture.open(), FILES);
      assertThat(fixture.region(0).packBytes() - before).isGreaterThan(400_000);

      fixture.clock().advance(Duration.ofDays(1));
      var _ = reclaimer(fixture, vault).run(false);
      try (SnapshotView view = fixture.open().open(committed.snapshot(), fixture.tenant())) {
        RoundTripTest.assertHolds(view, FILES);
      }
    }
  }

  /** Stores the files and commits nothing. */
  private static void orphans(VaultFixture fixture, Vault vault) throws IOException {
    try (SnapshotWriter writer = fixture.begin(vault)) {
      for (byte[] file : FILES.values()) {
        assertThat(writer.store(new ByteArrayInputStream(file)).bytes()).isEqualTo(file.length);
      }
    }
  }

  private static Reclaimer reclaimer(VaultFixture fixture, Vault vault) {
    return fixture.reclaimer(vault, new Reclaimer.Settings(Duration.ofHours(6), false));
  }

  @Test
  void commit_suspendedForLongerThanTheLease_writesNothing() {
    try (VaultFixture fixture = VaultFixture.inMemory()) {
      Vault vault = fixture.open();
      try (SnapshotWriter writer = fixture.begin(vault)) {
        Captured captured = fixture.captured(writer, FILES);
        fixture.clock().advance(Lease.TTL);
        assertThatThrownBy(() -> writer.commit(captured))
            .isInstanceOf(VaultException.Unreachable.class)
            .hasMessageContaining("has expired");
      }
      assertThat(vault.snapshots(fixture.tenant().write())).isEmpty();
    }
  }

  @Test
  void commit_suspendedBeforeTheManifestAndNothingSwept_counts() {
    try (VaultFixture fixture = VaultFixture.inMemory()) {
      Vault vault = fixture.open();
      try (SnapshotWriter writer = fixture.begin(vault)) {
        Captured captured = fixture.captured(writer, FILES);
        atManifest(fixture, () -> fixture.clock().advance(Duration.ofHours(30)));
        Committed committed = writer.commit(captured);
        assertThat(committed.durable()).isTrue();
        assertThat(committed.missing()).isEmpty();
      }
    }
  }

  /** The packs were there when the lease was renewed last, and are swept before the manifest. */
  @Test
  void commit_suspendedBeforeTheManifestAndSwept_isNotCountedThere() throws Exception {
    try (VaultFixture fixture = VaultFixture.inMemory(2, 1)) {
      Vault vault = fixture.open();
      Vault other = fixture.open();
      try (SnapshotWriter writer = fixture.begin(vault)) {
        Captured captured = fixture.captured(writer, FILES);
        atManifest(
            fixture,
            () -> {
              fixture.clock().advance(Duration.ofHours(3));
              var _ = reclaimer(fixture, other).run(false);
              fixture.clock().advance(Duration.ofHours(6));
              var _ = reclaimer(fixture, other).run(false);
              assertThat(fixture.objects(0).keySet())
                  .noneMatch(key -> key.value().startsWith(ObjectKey.PACKS));
            });
        Committed committed = writer.commit(captured);
        assertThat(committed.durable()).isFalse();
        assertThat(committed.snapshot().regions()).isEmpty();
        assertThat(committed.missing()).hasSize(2);
        assertThat(committed.missing().values())
            .allMatch(why -> why.contains("packs are gone or marked for removal"));
      }
    }
  }

  @Test
  void commit_regionGoneBehindTheManifest_isNotCountedThere() {
    try (VaultFixture fixture = VaultFixture.inMemory(2, 1)) {
      Vault vault = fixture.open();
      try (SnapshotWriter writer = fixture.begin(vault)) {
        Captured captured = fixture.captured(writer, FILES);
        AtomicBoolean gone = new AtomicBoolean();
        fixture
            .region(1)
            .hook((operation, what) -> {
              if (gone.get()) {
                throw new dev.lifeboat.vault.region.RegionException.Permanent(R1, "gone", null);
              }
              if (operation == HookedRegion.Operation.PUT && what.startsWith("snapshots/")) {
                gone.set(true);
              }
            });
        Committed committed = writer.commit(captured);
        assertThat(committed.durable()).isTrue();
        assertThat(committed.missing()).containsOnlyKeys(R1);
        assertThat(committed.missing().get(R1)).contains("lifeboat verify --region r1");
      }
    }
  }

  private interface Action {
    void run() throws Exception;
  }

  /** Does something once, when the first manifest is about to be stored anywhere. */
  private static void atManifest(VaultFixture fixture, Action action) {
    AtomicBoolean done = new AtomicBoolean();
    for (HookedRegion region : fixture.regions()) {
      region.hook((operation, what) -> {
        if (operation != HookedRegion.Operation.PUT || !what.startsWith("snapshots/")) {
          return;
        }
        synchronized (done) {
          if (done.compareAndSet(false, true)) {
            try {
              action.run();
            } catch (Exception e) {
              throw new IllegalStateException(e);
            }
          }
        }
      });
    }
  }
}
