package dev.lifeboat.restore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lifeboat.sources.directory.Overwrite;
import dev.lifeboat.sources.posix.RawPath;
import dev.lifeboat.vault.VaultException;
import dev.lifeboat.vault.engine.EngineSettings;
import dev.lifeboat.vault.engine.HookedRegion;
import dev.lifeboat.vault.engine.Vault;
import dev.lifeboat.vault.engine.VaultFixture;
import dev.lifeboat.vault.pack.PackFormat;
import dev.lifeboat.vault.region.ObjectKey;
import dev.lifeboat.vault.region.RegionException;
import dev.lifeboat.vault.snapshot.PackReference;
import dev.lifeboat.vault.snapshot.SnapshotView;
import dev.lifeboat.vault.tree.Node;
import dev.lifeboat.vault.tree.TreePath;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Restores by several threads out of a vault with real packs. */
class RestoreFromVaultTest {
  /**
   * Five packs of 4 MiB take more than twenty reads, a header and ranges of 1 MiB each; after so
   * many, each of three threads has got through a file.
   */
  private static final int READS_UNTIL_OUTAGE = 14;

  @TempDir private Path directory;
  private final VaultFixture fixture =
      VaultFixture.inMemory().with(EngineSettings.DEFAULT.withPackBytes(4 << 20));
  private final Map<String, byte[]> files = new LinkedHashMap<>();
  private List<PackReference> packs = List.of();

  @BeforeEach
  void oneNight() {
    for (int i = 0; i < 4; i++) {
      files.put("large" + i, VaultFixture.bytes(i, 3 << 20));
    }
    for (int i = 0; i < 200; i++) {
      files.put("small" + i, VaultFixture.bytes(100 + i, 20_000));
    }
    files.put("same", VaultFixture.bytes(100, 20_000));
    files.put("nothing", new byte[0]);
    packs = List.copyOf(fixture.references(fixture.night(fixture.open(), files).snapshot()));
  }

  @AfterEach
  void close() {
    fixture.close();
  }

  @Test
  void run_everything_fetchesNoByteTwice() throws Exception {
    RestoreReport report;
    long before;
    try (SnapshotView view = view()) {
      view.list(view.root());
      before = fixture.region(0).readBytes();
      report = restore(view);
    }

    assertThat(report.complete()).as("%s", report).isTrue();
    assertHolds(files);
    assertThat(fixture.region(0).readBytes() - before)
        .isLessThanOrEqualTo(packs.stream().mapToLong(PackReference::bytes).sum());
    assertThat(fixture.region(1).reads()).isZero();
  }

  @Test
  void run_oneSmallFile_fetchesItsFrameAndTheTree() throws Exception {
    try (SnapshotView view = view()) {
      view.list(view.root());
      long before = fixture.region(0).readBytes();

      RestoreReport report =
          Restore.run(
              view,
              request(Selection.of(List.of(TreePath.parse("small7")), List.of(), List.of())),
              RestoreProgress.NONE);

      assertThat(report.files()).isEqualTo(1);
      assertThat(fixture.region(0).readBytes() - before).isLessThan(2 << 20);
    }
    assertThat(Files.readAllBytes(target().resolve("small7"))).isEqualTo(files.get("small7"));
  }

  @Test
  void run_frameDamagedInOneRegion_comesFromTheOther() throws Exception {
    int frame = PackFormat.HEADER_BYTES + 1000;
    packs.forEach(pack -> damage(0, pack, frame));

    try (SnapshotView view = view()) {
      assertThat(restore(view).complete()).isTrue();
    }

    assertHolds(files);
  }

  /** Reading file by file, in one thread, tells which files the damage hurts. */
  @Test
  void run_frameDamagedEverywhere_losesExactlyTheFilesInIt() throws Exception {
    for (PackReference pack : packs) {
      damage(0, pack, (int) pack.bytes() / 3);
      damage(1, pack, (int) pack.bytes() / 3);
    }
    Set<String> hurt = new TreeSet<>();
    try (SnapshotView view = view()) {
      for (Node node : view.list(view.root())) {
        try (InputStream in = view.open(((Node.File) node).content())) {
          in.readAllBytes();
        } catch (VaultException.Damaged e) {
          hurt.add(node.name().toString());
        }
      }
    }
    RestoreReport report;
    try (SnapshotView view = view()) {
      report = restore(view);
    }

    assertThat(hurt).isNotEmpty().hasSizeLessThan(files.size());
    assertThat(report.failures())
        .extracting(failure -> failure.path().toString())
        .containsExactlyInAnyOrderElementsOf(hurt);
    Map<String, byte[]> rest = new LinkedHashMap<>(files);
    rest.keySet().removeAll(hurt);
    assertHolds(rest);
    for (String name : hurt) {
      assertThat(target().resolve(name)).doesNotExist();
    }
  }

  @Test
  void run_allRegionsGoDownHalfWay_nextRunGoesOn() throws Exception {
    AtomicInteger reads = new AtomicInteger();
    try (SnapshotView view = view()) {
      view.list(view.root());
      fixture
          .regions()
          .forEach(region ->
              region.hook((operation, what) -> {
                if (operation == HookedRegion.Operation.READ
                    && reads.incrementAndGet() > READS_UNTIL_OUTAGE) {
                  throw new RegionException.Permanent(region.name(), "down", null);
                }
              }));
      assertThatThrownBy(() -> restore(view)).isInstanceOf(VaultException.Unreachable.class);
    }
    fixture.regions().forEach(HookedRegion::up);
    RestoreReport report;
    try (SnapshotView view = view()) {
      report = restore(view);
    }

    assertThat(report.complete()).as("%s", report).isTrue();
    assertThat(report.bytesReused()).isPositive();
    assertHolds(files);
  }

  private void damage(int region, PackReference pack, int at) {
    ObjectKey key = ObjectKey.of(pack.pack());
    byte[] bad = Objects.requireNonNull(fixture.objects(region).get(key)).clone();
    bad[at] ^= 1;
    fixture.memory(region).tamper(key, bad);
  }

  private SnapshotView view() {
    Vault vault = fixture.open();
    return vault.open(vault.snapshots(fixture.tenant().write()).getLast(), fixture.tenant());
  }

  private Path target() {
    return directory.resolve("target");
  }

  private RestoreReport restore(SnapshotView view) throws Exception {
    return Restore.run(view, request(Selection.ALL), RestoreProgress.NONE);
  }

  private RestoreRequest request(Selection selection) {
    return new RestoreRequest(RawPath.of(target()), selection, Overwrite.NEVER, false, false, 3);
  }

  private void assertHolds(Map<String, byte[]> expected) throws IOException {
    for (Map.Entry<String, byte[]> file : expected.entrySet()) {
      assertThat(Files.readAllBytes(target().resolve(file.getKey())))
          .as(file.getKey())
          .isEqualTo(file.getValue());
    }
  }
}
