package dev.lifeboat.vault.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lifeboat.vault.VaultException;
import dev.lifeboat.vault.region.ObjectKey;
import dev.lifeboat.vault.seal.DatasetName;
import dev.lifeboat.vault.snapshot.SnapshotRecord;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Lists of snapshots from what was verified before: never more, never less than regions list. */
class SnapshotListTest {
  @TempDir private Path cache;

  private final VaultFixture fixture = VaultFixture.inMemory();

  @AfterEach
  void close() throws Exception {
    fixture.close();
  }

  private SnapshotRecord night(int seed) {
    return fixture.night(fixture.open(), Map.of("f", VaultFixture.bytes(seed, 100_000))).snapshot();
  }

  private List<SnapshotRecord> list() {
    return fixture.open(cache).snapshots(fixture.tenant().write());
  }

  private long reads() {
    return fixture.regions().stream().mapToLong(HookedRegion::reads).sum();
  }

  @Test
  void snapshots_verifiedBefore_areNotReadAgain() {
    List<SnapshotRecord> written = List.of(night(1), night(2), night(3));
    assertThat(list()).isEqualTo(written);
    long before = reads();
    assertThat(list()).isEqualTo(written);
    assertThat(reads()).isEqualTo(before);

    SnapshotRecord fourth = night(4);
    before = reads();
    assertThat(list()).hasSize(4).contains(fourth).containsAll(written);
    assertThat(reads()).as("the new one alone").isEqualTo(before + 1);
  }

  @Test
  void snapshots_manifestGoneFromARegionOrFromAll_isNoticed() throws Exception {
    SnapshotRecord first = night(1);
    SnapshotRecord second = night(2);
    assertThat(list()).containsExactly(first, second);
    fixture.memory(0).delete(first.key());
    assertThat(list().getFirst().regions()).hasSize(1);
    fixture.memory(1).delete(first.key());
    assertThat(list()).containsExactly(second);
    assertThat(list()).containsExactly(second);
  }

  @Test
  void snapshots_manifestOfAnotherLength_isReadAgainAndRefused() throws Exception {
    SnapshotRecord first = night(1);
    assertThat(list()).containsExactly(first);
    for (int region = 0; region < 2; region++) {
      byte[] bytes = fixture.memory(region).read(first.key());
      fixture.memory(region).tamper(first.key(), Arrays.copyOf(bytes, bytes.length - 1));
    }
    assertThatThrownBy(this::list).isInstanceOf(VaultException.class);
  }

  @Test
  void snapshots_damagedCache_isAsGoodAsNone() throws Exception {
    List<SnapshotRecord> written = List.of(night(1), night(2));
    assertThat(list()).isEqualTo(written);
    for (Path file : files()) {
      byte[] whole = Files.readAllBytes(file);
      for (int at = 0; at < whole.length; at += 1 + whole.length / 40) {
        byte[] damaged = whole.clone();
        damaged[at] ^= 0x10;
        Files.write(file, damaged);
        assertThat(list()).isEqualTo(written);
      }
      for (int length : new int[] {0, 1, 31, 32, whole.length / 2, whole.length - 1}) {
        Files.write(file, Arrays.copyOf(whole, length));
        assertThat(list()).isEqualTo(written);
      }
    }
  }

  @Test
  void snapshots_cacheOfAnotherDataset_isAsGoodAsNone() throws Exception {
    SnapshotRecord first = night(1);
    assertThat(list()).containsExactly(first);
    Path file =
        files().stream()
            .filter(path -> path.toString().contains("verified"))
            .findFirst()
            .orElseThrow();
    byte[] bytes = Files.readAllBytes(file);
    fixture.memory(0).delete(first.key());
    fixture.memory(1).delete(first.key());
    SnapshotRecord second = night(2);
    assertThat(list()).containsExactly(second);
    // A cache of the past knows a manifest that is gone, and lacks one that came.
    Files.write(file, bytes);
    assertThat(list()).containsExactly(second);
  }

  @Test
  void list_oneRegionOut_forgetsNothingThatWasKnown() throws Exception {
    SnapshotRecord first = night(1);
    SnapshotRecord second = night(2);
    fixture.memory(0).delete(first.key());
    assertThat(list()).hasSize(2).contains(second);
    fixture.region(1).down();
    assertThat(list()).hasSize(1);
    fixture.region(1).up();
    long before = reads();
    assertThat(list()).hasSize(2);
    assertThat(reads()).isEqualTo(before);
  }

  @Test
  void list_oneDataset_asksForItAlone() {
    SnapshotRecord first = night(1);
    assertThat(
            fixture
                .open(cache)
                .list(List.of(fixture.tenant().write()), VaultFixture.DATASET)
                .snapshots())
        .containsExactly(first);
    assertThat(
            fixture
                .open(cache)
                .list(List.of(fixture.tenant().write()), new DatasetName("other"))
                .snapshots())
        .isEmpty();
  }

  @Test
  void references_ofAListedSnapshot_areThoseOfItsManifest() throws Exception {
    SnapshotRecord first = night(1);
    assertThat(fixture.open(cache).references(first, List.of(fixture.tenant().write())))
        .hasSize(first.header().packs())
        .containsExactlyElementsOf(fixture.references(first));
    ObjectKey key = first.key();
    fixture.memory(0).delete(key);
    fixture.memory(1).delete(key);
    assertThatThrownBy(() -> fixture.open().references(first, List.of(fixture.tenant().write())))
        .isInstanceOf(VaultException.Damaged.class);
  }

  private List<Path> files() throws IOException {
    try (Stream<Path> files = Files.walk(cache)) {
      return files.filter(Files::isRegularFile).toList();
    }
  }
}
