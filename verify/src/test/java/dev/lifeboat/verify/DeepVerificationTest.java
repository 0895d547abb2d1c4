package dev.lifeboat.verify;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lifeboat.vault.Digest;
import dev.lifeboat.vault.chunk.ChunkId;
import dev.lifeboat.vault.engine.SnapshotWriter;
import dev.lifeboat.vault.engine.Vault;
import dev.lifeboat.vault.engine.VaultFixture;
import dev.lifeboat.vault.index.IndexCodec;
import dev.lifeboat.vault.pack.FrameEntry;
import dev.lifeboat.vault.pack.PackDirectory;
import dev.lifeboat.vault.pack.PackFormat;
import dev.lifeboat.vault.pack.PackId;
import dev.lifeboat.vault.region.ObjectKey;
import dev.lifeboat.vault.tree.Attributes;
import dev.lifeboat.vault.tree.Content;
import dev.lifeboat.vault.tree.Name;
import dev.lifeboat.vault.tree.Node;
import dev.lifeboat.verify.VerificationReport.Depth;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every snapshot from each region alone. */
class DeepVerificationTest {
  @TempDir private Path state;
  private final VaultFixture fixture = VaultFixture.inMemory();
  private Vault vault;

  /** Three nights: {@code same/kept} stays, {@code changed} does not. */
  @BeforeEach
  void threeNights() throws Exception {
    vault = fixture.open();
    fixture.storeKitKeys(vault);
    fixture.storeDocument(vault);
    for (int night = 1; night <= 3; night++) {
      int seed = night;
      night(writer ->
          List.of(
              new Node.Directory(
                  Name.of("same"),
                  Attributes.synthetic(0755),
                  writer.storeDirectory(
                      List.of(
                          VaultFixture.file(
                              "kept", store(writer, VaultFixture.bytes(99, 1_500_000)))))),
              VaultFixture.file("changed", store(writer, VaultFixture.bytes(seed, 300_000)))));
    }
  }

  @AfterEach
  void close() {
    fixture.close();
  }

  private interface Root {
    List<Node> nodes(SnapshotWriter writer) throws IOException;
  }

  private void night(Root root) throws IOException {
    try (SnapshotWriter writer = fixture.begin(vault)) {
      Content content = writer.storeDirectory(sorted(root.nodes(writer)));
      var _ = writer.commit(fixture.captured(content, 2, 5_300_000));
    } finally {
      fixture.clock().advance(Duration.ofDays(1));
    }
  }

  private static List<Node> sorted(List<Node> nodes) {
    List<Node> sorted = new ArrayList<>(nodes);
    sorted.sort((one, other) -> one.name().compareTo(other.name()));
    return sorted;
  }

  private static Content store(SnapshotWriter writer, byte[] bytes) throws IOException {
    return writer.store(new ByteArrayInputStream(bytes));
  }

  @Test
  void deep_soundVault_readsEveryPackOnceForAllSnapshots() throws Exception {
    long packs = packs().stream().mapToLong(key -> bytes(key).length).sum();

    VerificationReport report = run(false);

    assertThat(report.findings()).isEmpty();
    assertThat(report.sound()).isTrue();
    // Contents, and little more: directories.
    assertThat(report.bytesDecoded()).isBetween(2 * 2_400_000L, 2 * 2_400_000L + 20_000);
    assertThat(report.bytesRead()).isGreaterThan(2 * packs);
  }

  @Test
  void deep_aBitFlippedInAPack_namesTheFileInEverySnapshotThatNeedsIt() throws Exception {
    ObjectKey pack = largest();
    byte[] good = bytes(pack);
    Random random = new Random(3);
    for (int round = 0; round < 2; round++) {
      byte[] bad = good.clone();
      bad[PackFormat.HEADER_BYTES + random.nextInt(1_400_000)] ^= 8;
      fixture.memory(0).tamper(pack, bad);

      VerificationReport report = run(false);

      assertThat(report.findings())
          .anySatisfy(finding -> {
            assertThat(finding).isInstanceOf(Finding.WrongBytes.class);
            assertThat(finding.what()).contains(pack.value()).contains("r0");
          });
      assertThat(unrestorable(report))
          .hasSize(3)
          .allSatisfy(finding -> assertThat(finding.what()).contains("same/kept").contains("r0"));
      assertThat(unrestorable(report).stream().flatMap(f -> f.hurt().snapshots().stream()))
          .as("all three snapshots")
          .doesNotHaveDuplicates()
          .hasSize(3);
    }
    assertThat(run(true).findings()).isEmpty();
    assertThat(bytes(pack)).isEqualTo(good);
    assertThat(run(false).sound()).isTrue();
  }

  @Test
  void deep_headerOrDirectoryOfAPackHarmed_isFound() throws Exception {
    ObjectKey pack = largest();
    byte[] good = bytes(pack);
    for (int at : new int[] {50, 1_000, good.length - 30, good.length - 6}) {
      byte[] bad = good.clone();
      bad[at] ^= 1;
      fixture.memory(0).tamper(pack, bad);

      assertThat(run(false).findings())
          .as("byte %d", at)
          .hasAtLeastOneElementOfType(Finding.WrongBytes.class);
    }
  }

  @Test
  void deep_packMissingOrTruncatedInOneRegion_namesWhatItHurtsThere() throws Exception {
    ObjectKey pack = largest();
    byte[] good = bytes(pack);
    fixture.memory(0).tamper(pack, Arrays.copyOf(good, good.length / 2));
    assertThat(unrestorable(run(false))).hasSize(3);

    fixture.memory(0).delete(pack);
    VerificationReport report = run(false);
    assertThat(report.findings()).hasAtLeastOneElementOfType(Finding.Missing.class);
    assertThat(unrestorable(report))
        .hasSize(3)
        .allSatisfy(finding -> assertThat(finding.what()).contains("missing").contains("r0"));

    assertThat(run(true).findings()).isEmpty();
    assertThat(bytes(pack)).isEqualTo(good);
  }

  @Test
  void deep_damagedInBothRegions_isLeftAsItIs() throws Exception {
    ObjectKey pack = largest();
    byte[][] bad = new byte[2][];
    for (int region = 0; region < 2; region++) {
      bad[region] = bytes(pack).clone();
      bad[region][500_000 + 500_000 * region] ^= 1;
      fixture.memory(region).tamper(pack, bad[region]);
    }

    VerificationReport report = run(true);

    assertThat(report.healed()).isEmpty();
    assertThat(report.findings())
        .filteredOn(Finding.WrongBytes.class::isInstance)
        .hasSize(2)
        .allSatisfy(finding -> assertThat(finding.remedy()).isEmpty());
    for (int region = 0; region < 2; region++) {
      assertThat(fixture.objects(region).get(pack)).isEqualTo(bad[region]);
    }
  }

  @Test
  void deep_heal_neverWritesToTheGoodCopy() throws Exception {
    ObjectKey pack = largest();
    byte[] bad = bytes(pack).clone();
    bad[700_000] ^= 1;
    fixture.memory(0).tamper(pack, bad);
    Map<ObjectKey, byte[]> before = withoutLedger(1);

    assertThat(run(true).findings()).isEmpty();

    Map<ObjectKey, byte[]> after = withoutLedger(1);
    assertThat(after.keySet()).isEqualTo(before.keySet());
    before.forEach((key, bytes) -> assertThat(after.get(key)).as("%s", key).isEqualTo(bytes));
    assertThat(fixture.objects(0).entrySet())
        .anySatisfy(kept -> {
          assertThat(kept.getKey().value()).startsWith("quarantine/").endsWith(pack.value());
          assertThat(kept.getValue()).isEqualTo(bad);
        });
  }

  private Map<ObjectKey, byte[]> withoutLedger(int region) {
    Map<ObjectKey, byte[]> objects = new TreeMap<>(fixture.objects(region));
    objects.keySet().removeIf(key -> key.value().startsWith("ledger/"));
    return objects;
  }

  @Test
  void deep_fileOfAnotherLengthThanItsChunks_isFound() throws Exception {
    night(writer -> {
      Content real = store(writer, VaultFixture.bytes(5, 10_000));
      return List.of(VaultFixture.file("short", new Content(10_001, real.depth(), real.chunks())));
    });

    assertThat(unrestorable(run(false)))
        .hasSize(2)
        .allSatisfy(finding -> assertThat(finding.what()).contains("short").contains("10001"));
  }

  @Test
  void deep_fileOfAChunkThatIsNowhere_isFound() throws Exception {
    night(writer ->
        List.of(
            VaultFixture.file(
                "hole", new Content(77, 0, List.of(new ChunkId(new Digest(1, 2, 3, 4)))))));

    assertThat(unrestorable(run(false)))
        .hasSize(2)
        .allSatisfy(finding -> assertThat(finding.what()).contains("hole").contains("chunk"));
  }

  @Test
  void deep_indexObjectGoneInOneRegion_readsWhatPacksSayThemselves() throws Exception {
    List<ObjectKey> index = index();
    for (ObjectKey key : index) {
      fixture.memory(0).delete(key);
    }

    VerificationReport report = run(false);

    assertThat(unrestorable(report)).isEmpty();
    assertThat(report.findings())
        .filteredOn(Finding.Missing.class::isInstance)
        .hasSize(index.size());
    assertThat(report.findings()).hasAtLeastOneElementOfType(Finding.Unindexed.class);
    assertThat(run(true).findings()).isEmpty();
    assertThat(index()).containsExactlyElementsOf(index);
  }

  @Test
  void deep_indexObjectsGoneEverywhere_areNoDamageAndMadeAnew() throws Exception {
    for (ObjectKey key : index()) {
      fixture.memory(0).delete(key);
      fixture.memory(1).delete(key);
    }

    VerificationReport report = run(false);

    assertThat(report.findings())
        .hasSize(2)
        .allSatisfy(finding -> {
          assertThat(finding).isInstanceOf(Finding.Unindexed.class);
          assertThat(finding.severity()).isEqualTo(Finding.Severity.MINOR);
          assertThat(finding.remedy()).isPresent();
        });
    assertThat(report.sound()).as("everything comes back, only slower").isTrue();

    VerificationReport healed = run(true);
    assertThat(healed.findings()).isEmpty();
    assertThat(healed.healed()).isNotEmpty();
    assertThat(index()).isNotEmpty();
    assertThat(run(false).findings()).isEmpty();
  }

  @Test
  void heal_indexObjectBadInAllRegions_isMadeAnewFromPacks() throws Exception {
    ObjectKey key = index().getFirst();
    byte[] bad = bytes(key).clone();
    bad[bad.length / 2] ^= 1;
    fixture.memory(0).tamper(key, bad);
    fixture.memory(1).tamper(key, bad);

    VerificationReport found = run(Depth.CIPHERTEXT, false);
    assertThat(found.findings())
        .hasSize(2)
        .allSatisfy(finding -> {
          assertThat(finding).isInstanceOf(Finding.WrongBytes.class);
          assertThat(finding.remedy()).isPresent();
        });
    VerificationReport healed = run(Depth.CIPHERTEXT, true);

    assertThat(healed.findings()).isEmpty();
    for (int region = 0; region < 2; region++) {
      assertThat(fixture.objects(region)).doesNotContainKey(key);
      assertThat(fixture.objects(region).entrySet())
          .as("kept to be looked at")
          .anySatisfy(kept -> {
            assertThat(kept.getKey().value()).startsWith("quarantine/").endsWith(key.value());
            assertThat(kept.getValue()).isEqualTo(bad);
          });
    }
    assertThat(run(false).findings()).isEmpty();
  }

  @Test
  void deep_indexObjectThatTellsWhatIsNotTrue_isFoundAndMadeAnew() throws Exception {
    ObjectKey pack = largest();
    byte[] lie = lyingIndexOf(pack);
    ObjectKey key = IndexCodec.key(fixture.tenant().write().id(), lie);
    for (int region = 0; region < 2; region++) {
      for (ObjectKey old : index()) {
        fixture.memory(region).delete(old);
      }
    }
    vault.regions().put(key, ByteBuffer.wrap(lie));

    VerificationReport report = run(false);

    assertThat(report.findings())
        .as("%s", report)
        .filteredOn(Finding.StaleIndex.class::isInstance)
        .hasSize(2)
        .allSatisfy(finding -> {
          assertThat(finding.what()).contains(key.value()).contains(pack.lastSegment());
          assertThat(finding.severity()).isEqualTo(Finding.Severity.ENDANGERED);
          assertThat(finding.hurt().snapshots()).hasSize(3);
          assertThat(finding.remedy()).isPresent();
        });
    assertThat(report.sound()).isFalse();

    VerificationReport healed = run(true);
    assertThat(healed.findings()).isEmpty();
    assertThat(index()).isNotEmpty().doesNotContain(key);
    assertThat(fixture.objects(0).keySet())
        .anySatisfy(
            kept -> assertThat(kept.value()).startsWith("quarantine/").endsWith(key.value()));
    assertThat(run(false).findings()).isEmpty();
  }

  /** An index object, well sealed, that says a pack's first chunk is another. */
  private byte[] lyingIndexOf(ObjectKey key) {
    byte[] pack = bytes(key);
    PackId id = key.pack().orElseThrow();
    int length = PackFormat.footerBytes(pack, pack.length);
    PackDirectory directory =
        Objects.requireNonNull(
            PackFormat.openFooter(
                id,
                fixture.tenant().write().indexKey().exposeSecret(),
                PackFormat.headerHash(pack),
                pack,
                pack.length - PackFormat.TRAILER_BYTES - length,
                length,
                pack.length));
    List<FrameEntry> frames = new ArrayList<>(directory.frames());
    FrameEntry first = frames.getFirst();
    byte[] ids = first.ids().clone();
    ids[0] ^= 1;
    frames.set(
        0,
        new FrameEntry(
            first.sealedBytes(), first.rawBytes(), first.codec(), first.chunkBytes(), ids));
    return IndexCodec.seal(
        fixture.document().vault(),
        fixture.tenant().write(),
        fixture.random(),
        List.of(IndexCodec.entry(id, pack.length, new PackDirectory(frames))));
  }

  private static List<Finding> unrestorable(VerificationReport report) {
    return report.findings().stream().filter(Finding.Unrestorable.class::isInstance).toList();
  }

  private List<ObjectKey> packs() {
    return keys(ObjectKey.PACKS);
  }

  private List<ObjectKey> index() {
    return keys("index/");
  }

  private List<ObjectKey> keys(String prefix) {
    return fixture.objects(1).keySet().stream()
        .filter(key -> key.value().startsWith(prefix))
        .toList();
  }

  /** The pack of the first night, which every snapshot needs. */
  private ObjectKey largest() {
    return packs().stream()
        .max((one, other) -> Integer.compare(bytes(one).length, bytes(other).length))
        .orElseThrow();
  }

  private byte[] bytes(ObjectKey key) {
    return Objects.requireNonNull(fixture.objects(1).get(key));
  }

  private VerificationReport run(boolean heal) throws Exception {
    return run(Depth.DEEP, heal);
  }

  private VerificationReport run(Depth depth, boolean heal) throws Exception {
    return new Verification(vault, fixture.host(), state, fixture.clock(), fixture.random())
        .run(
            new VerificationRequest(
                depth, Optional.empty(), Set.of(), heal, List.of(fixture.tenant())),
            VerificationProgress.NONE);
  }
}
