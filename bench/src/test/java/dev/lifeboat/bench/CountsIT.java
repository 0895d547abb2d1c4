package dev.lifeboat.bench;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lifeboat.restore.Restore;
import dev.lifeboat.restore.RestoreProgress;
import dev.lifeboat.restore.RestoreReport;
import dev.lifeboat.restore.RestoreRequest;
import dev.lifeboat.restore.Selection;
import dev.lifeboat.sources.CaptureContext;
import dev.lifeboat.sources.Progress;
import dev.lifeboat.sources.directory.DirectorySettings;
import dev.lifeboat.sources.directory.DirectorySource;
import dev.lifeboat.sources.directory.Overwrite;
import dev.lifeboat.sources.posix.RawPath;
import dev.lifeboat.vault.engine.EngineSettings;
import dev.lifeboat.vault.engine.SnapshotWriter;
import dev.lifeboat.vault.engine.Vault;
import dev.lifeboat.vault.engine.VaultFixture;
import dev.lifeboat.vault.region.ObjectKey;
import dev.lifeboat.vault.snapshot.Captured;
import dev.lifeboat.vault.snapshot.SnapshotRecord;
import dev.lifeboat.vault.snapshot.SnapshotView;
import dev.lifeboat.vault.tree.TreePath;
import dev.lifeboat.verify.Verification;
import dev.lifeboat.verify.VerificationProgress;
import dev.lifeboat.verify.VerificationReport;
import dev.lifeboat.verify.VerificationRequest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/**
 * The cost of everyday work in requests and bytes, which do not depend on the machine: a tree of
 * 500 small files and four larger ones, 14.6 MB, in two regions and packs of 4 MiB.
 *
 * <p>The budgets are what the program needs today, with no more slack than threads make it need. A
 * change that needs less lowers them; one that needs more has to say why.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class CountsIT {
  private static final int FOLDERS = 20;
  private static final int SMALL_FILES = 500;
  private static final int BLOBS = 4;
  private static final int BLOB_BYTES = 3 << 20;
  private static final int FILES = SMALL_FILES + BLOBS;
  private static final long TREE_BYTES = 14_578_912;
  private static final int PACK_BYTES = 4 << 20;

  /** Files that were written so shortly before a capture are read again by the next. */
  private static final Duration UNTIL_TRUSTED = Duration.ofSeconds(4);

  private Path scratch;
  private Path tree;
  private VaultFixture fixture;
  private Requests first;
  private Requests second;
  private Night firstNight;
  private Night unchangedNight;
  private Night changedNight;

  /** What one night did, and what it asked of the two regions. */
  private record Night(
      Captured.Counts counts,
      SortedMap<String, Long> asked,
      SortedMap<String, Long> askedOfSecond,
      long bytesRead,
      long storedBytes) {}

  @BeforeAll
  void threeNights(@TempDir Path made) throws Exception {
    scratch = made;
    tree = scratch.resolve("tree");
    fixture = VaultFixture.inMemory(2, 2).with(EngineSettings.DEFAULT.withPackBytes(PACK_BYTES));
    storeKeys();
    first = new Requests(fixture.region(0));
    second = new Requests(fixture.region(1));
    makeTree();
    Thread.sleep(UNTIL_TRUSTED);
    firstNight = night();
    unchangedNight = night();
    Files.writeString(tree.resolve("folder-03/file-003"), "edited");
    insert(tree.resolve("blob-1"), 1_000_000, 100);
    changedNight = night();
  }

  @AfterAll
  void close() {
    fixture.close();
  }

  private void storeKeys() throws Exception {
    Vault vault = fixture.open();
    fixture.storeKitKeys(vault);
    fixture.storeDocument(vault);
    vault.close();
  }

  private void makeTree() throws IOException {
    byte[] text = Samples.text(20_000);
    for (int i = 0; i < SMALL_FILES; i++) {
      Path folder = Files.createDirectories(tree.resolve("folder-%02d".formatted(i % FOLDERS)));
      Files.write(
          folder.resolve("file-%03d".formatted(i)), Arrays.copyOfRange(text, i * 7, i * 23));
    }
    for (int i = 0; i < BLOBS; i++) {
      Files.write(tree.resolve("blob-" + i), VaultFixture.bytes(100 + i, BLOB_BYTES));
    }
  }

  private static void insert(Path file, int at, int length) throws IOException {
    byte[] before = Files.readAllBytes(file);
    byte[] after = new byte[before.length + length];
    System.arraycopy(before, 0, after, 0, at);
    System.arraycopy(before, at, after, at + length, before.length - at);
    Files.write(file, after);
  }

  /** A night in a new process: the caches on disk are what is left of the one before. */
  private Night night() throws Exception {
    first.reset();
    second.reset();
    Path state = Files.createDirectories(scratch.resolve("state"));
    Vault vault = fixture.open(scratch.resolve("cache"));
    try (SnapshotWriter writer = fixture.begin(vault)) {
      DirectorySource source = new DirectorySource(DirectorySettings.of(RawPath.of(tree)));
      Captured captured =
          source.capture(new CaptureContext(writer, state, fixture.clock(), Progress.NONE));
      assertThat(captured.problems()).isEmpty();
      writer.commit(captured);
      return new Night(
          captured.counts(),
          first.byKind(),
          second.byKind(),
          first.bytesRead() + second.bytesRead(),
          stored(0));
    } finally {
      vault.close();
      fixture.clock().advance(Duration.ofDays(1));
    }
  }

  private RestoreReport restore(String to, Selection selection) throws Exception {
    first.reset();
    second.reset();
    Vault vault = fixture.open(scratch.resolve("cache-of-" + to));
    try {
      SnapshotRecord newest = vault.snapshots(fixture.tenant().write()).getLast();
      try (SnapshotView view = vault.open(newest, fixture.tenant())) {
        return Restore.run(
            view,
            new RestoreRequest(
                RawPath.of(scratch.resolve(to)), selection, Overwrite.NEVER, false, false, 2),
            RestoreProgress.NONE);
      }
    } finally {
      vault.close();
    }
  }

  private VerificationReport verify(VerificationReport.Depth depth) throws Exception {
    Vault vault = fixture.open(scratch.resolve("cache"));
    first.reset();
    second.reset();
    VerificationReport report =
        new Verification(
                vault, fixture.host(), scratch.resolve("state"), fixture.clock(), fixture.random())
            .run(
                new VerificationRequest(
                    depth, Optional.empty(), Set.of(), false, List.of(fixture.tenant())),
                VerificationProgress.NONE);
    vault.close();
    assertThat(report.findings()).isEmpty();
    assertThat(report.sound()).isTrue();
    return report;
  }

  private long stored(int region) {
    return fixture.objects(region).values().stream().mapToLong(object -> object.length).sum();
  }

  private long objects(int region, String prefix) {
    return fixture.objects(region).keySet().stream()
        .map(ObjectKey::value)
        .filter(key -> key.startsWith(prefix))
        .count();
  }

  /** No kind of request happens oftener than its budget says, and none that has no budget. */
  private static void within(Map<String, Long> asked, Map<String, Long> budget) {
    assertThat(asked)
        .allSatisfy((kind, times) ->
            assertThat(times).as(kind).isLessThanOrEqualTo(budget.getOrDefault(kind, 0L)));
  }

  private static Map<String, Long> budgetOfNight(long packs, long indexes) {
    return Map.ofEntries(
        Map.entry("LIST index", 1L),
        Map.entry("LIST leases", 2L),
        Map.entry("LIST packs", 1L),
        Map.entry("LIST snapshots", 1L),
        Map.entry("LIST trash", 1L),
        // A region in S3 knows its time from its last answer, without a request.
        Map.entry("NOW", 5L),
        Map.entry("PUT leases", 3L),
        Map.entry("PUT snapshots", 1L),
        Map.entry("PUT packs", packs),
        Map.entry("PUT index", indexes));
  }

  @Test
  void firstNight_everyFileOnce_inFullPacks() {
    assertThat(firstNight.counts().newFiles()).isEqualTo(FILES);
    assertThat(firstNight.counts().bytesRead()).isEqualTo(TREE_BYTES);
    within(firstNight.asked(), budgetOfNight(4, 1));
    assertThat(firstNight.bytesRead()).isZero();
    // 12.6 MB of it are random; the text takes less than a tenth of its length.
    assertThat(firstNight.storedBytes()).isLessThan(BLOBS * BLOB_BYTES + 150_000);
  }

  @Test
  void unchangedNight_readsNoFileAndStoresNoPack() {
    assertThat(unchangedNight.counts().unchangedFiles()).isEqualTo(FILES);
    assertThat(unchangedNight.counts().bytesRead()).isZero();
    within(unchangedNight.asked(), budgetOfNight(0, 0));
    assertThat(unchangedNight.bytesRead()).isZero();
    assertThat(unchangedNight.storedBytes() - firstNight.storedBytes()).isLessThan(4_500);
  }

  @Test
  void changedNight_readsWhatChangedAndStoresItsChunks() {
    assertThat(changedNight.counts().changedFiles()).isEqualTo(2);
    assertThat(changedNight.counts().bytesRead()).isEqualTo(BLOB_BYTES + 100 + "edited".length());
    within(changedNight.asked(), budgetOfNight(1, 1));
    assertThat(changedNight.bytesRead()).isZero();
    // The chunk with the insertion, at the most 2 MiB, and the directories above what changed.
    assertThat(changedNight.storedBytes() - unchangedNight.storedBytes()).isLessThan(700_000);
  }

  @Test
  void nights_askBothRegionsTheSame() {
    for (Night night : List.of(firstNight, unchangedNight, changedNight)) {
      assertThat(night.askedOfSecond()).isEqualTo(night.asked());
    }
    assertThat(stored(1)).isEqualTo(stored(0));
  }

  @Test
  void restore_everything_readsNoByteTwiceAndOneRegion() throws Exception {
    assertThat(restore("all", Selection.ALL).files()).isEqualTo(FILES);

    assertThat(first.bytesRead()).isLessThanOrEqualTo(stored(0));
    // Three manifests to list the snapshots; the newest is kept, and opened without asking again.
    within(
        first.byKind(),
        Map.of(
            "LIST index", 1L,
            "LIST snapshots", 1L,
            "READ index", 2L,
            "READ snapshots", 3L,
            "READ packs", 30L));
    assertThat(first.mostReadsOfOnePack()).isLessThanOrEqualTo(8);
    assertThat(first.packsRead()).isLessThanOrEqualTo((int) objects(0, ObjectKey.PACKS));
    within(second.byKind(), Map.of("LIST index", 1L, "LIST snapshots", 1L));
  }

  @Test
  void restore_oneFile_readsItsFrameAndTheDirectoriesAbove() throws Exception {
    Selection one =
        Selection.of(List.of(TreePath.parse("folder-04/file-004")), List.of(), List.of());
    assertThat(restore("one", one).files()).isEqualTo(1);

    // The root, the folder, the file: a frame each, and the header of the pack that it lies in. How
    // many packs these are is a matter of threads.
    assertThat(first.of("READ packs")).isLessThanOrEqualTo(6);
    // Its frame may hold the end of a larger file besides: which is a matter of threads.
    assertThat(first.bytesRead()).isLessThan(600_000);
    assertThat(second.of("READ packs")).isZero();
  }

  @Test
  void verify_inventory_readsManifestsOnceAndNothingTheNextTime() throws Exception {
    verify(VerificationReport.Depth.INVENTORY);

    Map<String, Long> listings = Map.of("LIST", 1L, "LIST snapshots", 2L, "LIST ledger", 1L);
    // Each region's for their references, and one region's for their headers.
    within(first.byKind(), and(listings, "READ snapshots", 6L));
    within(second.byKind(), and(listings, "READ snapshots", 3L));

    verify(VerificationReport.Depth.INVENTORY);

    within(first.byKind(), listings);
    within(second.byKind(), listings);
  }

  private static Map<String, Long> and(Map<String, Long> counts, String kind, long most) {
    Map<String, Long> all = new HashMap<>(counts);
    all.put(kind, most);
    return all;
  }

  @Test
  void verify_ciphertext_readsEveryByteOnce() throws Exception {
    verify(VerificationReport.Depth.CIPHERTEXT);

    for (int i = 0; i < 2; i++) {
      Requests asked = i == 0 ? first : second;
      // Piece by piece, so that memory stays small, and no byte of a pack twice.
      assertThat(asked.of("READ packs")).isLessThanOrEqualTo(16);
      assertThat(asked.of("STAT packs")).isZero();
      assertThat(asked.of("LIST")).isEqualTo(2);
      // The manifests are read for their references too.
      assertThat(asked.bytesRead()).isLessThan(stored(i) + 40_000);
    }
  }

  @Test
  void verify_deep_readsEveryPackOnce() throws Exception {
    VerificationReport report = verify(VerificationReport.Depth.DEEP);

    assertThat(report.framesDecoded()).isPositive();
    for (int i = 0; i < 2; i++) {
      Requests asked = i == 0 ? first : second;
      // Directories are read once more, a frame at a time, by whoever walks the trees.
      assertThat(asked.of("READ packs")).isLessThanOrEqualTo(44);
      assertThat(asked.bytesRead()).isLessThan(stored(i) + stored(i) / 4 + 120_000);
    }
  }
}
