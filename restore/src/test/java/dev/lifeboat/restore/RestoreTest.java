package dev.lifeboat.restore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lifeboat.sources.SourceException;
import dev.lifeboat.sources.directory.Overwrite;
import dev.lifeboat.sources.posix.RawPath;
import dev.lifeboat.vault.VaultException;
import dev.lifeboat.vault.snapshot.Captured;
import dev.lifeboat.vault.snapshot.Expectations;
import dev.lifeboat.vault.snapshot.MemorySnapshot;
import dev.lifeboat.vault.snapshot.SnapshotView;
import dev.lifeboat.vault.tree.Attributes;
import dev.lifeboat.vault.tree.Bytes;
import dev.lifeboat.vault.tree.Content;
import dev.lifeboat.vault.tree.Extent;
import dev.lifeboat.vault.tree.Name;
import dev.lifeboat.vault.tree.Node;
import dev.lifeboat.vault.tree.TreePath;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RestoreTest {
  private static final int CHUNK = 1_000;

  @TempDir private Path directory;
  private Path target;
  private final MemorySnapshot memory = new MemorySnapshot(CHUNK);
  private final byte[] big = random(1, 10 * CHUNK + 17);
  private final byte[] small = random(2, 300);
  private Content bigContent = Content.EMPTY;
  private SnapshotView snapshot;

  @BeforeEach
  void capture() {
    target = directory.resolve("target");
    bigContent = store(big);
    Content inner =
        memory.storeDirectory(
            List.of(
                file("big", big),
                new Node.File(
                    Name.of("holes"),
                    attributes(0640),
                    1 << 20,
                    store(small),
                    List.of(new Extent(5_000, 100), new Extent(900_000, 200)),
                    null),
                linked("one"),
                linked("two")));
    Content root =
        memory.storeDirectory(
            List.of(
                new Node.Directory(Name.of("dir"), attributes(0750), inner),
                new Node.Directory(
                    Name.of("empty"), attributes(0700), memory.storeDirectory(List.of())),
                file("copy of big", big),
                file("nothing", new byte[0]),
                file("small", small),
                new Node.Symlink(
                    Name.of("link"),
                    attributes(0777),
                    Bytes.of("dir/big".getBytes(StandardCharsets.UTF_8)))));
    snapshot =
        memory.seal(
            new Captured(
                Instant.parse("2026-11-20T01:30:00Z"),
                attributes(0755),
                root,
                new Captured.Counts(6, 3, 1, 0, 6, 0, 0, 0),
                new Expectations("directory", 1, new TreeMap<>(), new TreeMap<>()),
                List.of(),
                new TreeMap<>()));
  }

  @Test
  void run_emptyTarget_bringsEverythingBack() throws Exception {
    assertEverythingIsBack(restore(Selection.ALL, Overwrite.NEVER));
  }

  @Test
  void run_emptyDirectoryThatExists_takesTheAttributesOfTheRoot() throws Exception {
    Files.createDirectory(target);
    Files.setPosixFilePermissions(target, PosixFilePermissions.fromString("rwx------"));

    assertEverythingIsBack(restore(Selection.ALL, Overwrite.NEVER));

    assertThat(Files.getPosixFilePermissions(target))
        .isEqualTo(PosixFilePermissions.fromString("rwxr-xr-x"));
    assertThat(Files.getLastModifiedTime(target).toInstant())
        .isEqualTo(Instant.ofEpochSecond(1_600_000_000L, 123_456_789));
  }

  @Test
  void run_directoryWithSomebodysWork_keepsItsAttributes() throws Exception {
    Files.createDirectory(target);
    Files.setPosixFilePermissions(target, PosixFilePermissions.fromString("rwx------"));
    Files.writeString(target.resolve("somebody's"), "work");

    assertThat(restore(Selection.ALL, Overwrite.NEVER).complete()).isTrue();

    assertThat(Files.getPosixFilePermissions(target))
        .isEqualTo(PosixFilePermissions.fromString("rwx------"));
    assertThat(target.resolve("somebody's")).hasContent("work");
  }

  @Test
  void run_manyMoreFilesThanFitInMemory_bringsThemBackPartByPart() throws Exception {
    for (int filesAtOnce = 1; filesAtOnce < 8; filesAtOnce++) {
      target = directory.resolve("target" + filesAtOnce);
      assertEverythingIsBack(
          Restore.run(
              snapshot,
              request(Selection.ALL, Overwrite.NEVER),
              RestoreProgress.NONE,
              filesAtOnce));
    }
  }

  @Test
  void run_partByPart_findsEverythingEqualTheSecondTime() throws Exception {
    restore(Selection.ALL, Overwrite.NEVER);
    CountingView counting = new CountingView(snapshot);

    RestoreReport again =
        Restore.run(counting, request(Selection.ALL, Overwrite.NEVER), RestoreProgress.NONE, 2);

    assertThat(again.complete()).as("%s", again).isTrue();
    assertThat(again.unchangedFiles()).isEqualTo(6);
    assertThat(counting.frames()).isZero();
  }

  @Test
  void run_partByPartWithAConflictInTheLast_isRefusedBeforeAnythingChanges() throws Exception {
    Files.createDirectories(target);
    Files.writeString(target.resolve("small"), "somebody's own");

    assertThatThrownBy(() ->
            Restore.run(snapshot, request(Selection.ALL, Overwrite.NEVER), RestoreProgress.NONE, 1))
        .isInstanceOf(SourceException.Refused.class);

    assertThat(list(target)).containsExactly("small");
  }

  private void assertEverythingIsBack(RestoreReport report) throws IOException {
    assertThat(report.failures()).isEmpty();
    assertThat(report.skipped()).isEmpty();
    assertThat(report.files()).isEqualTo(6);
    assertThat(report.links()).isEqualTo(1);
    assertThat(Files.readAllBytes(target.resolve("dir/big"))).isEqualTo(big);
    assertThat(Files.readAllBytes(target.resolve("copy of big"))).isEqualTo(big);
    assertThat(Files.readAllBytes(target.resolve("small"))).isEqualTo(small);
    assertThat(Files.size(target.resolve("nothing"))).isZero();
    assertThat(target.resolve("empty")).isEmptyDirectory();
    assertThat(Files.readSymbolicLink(target.resolve("link"))).isEqualTo(Path.of("dir/big"));
    assertThat(Files.isSameFile(target.resolve("dir/one"), target.resolve("dir/two"))).isTrue();
    byte[] holes = Files.readAllBytes(target.resolve("dir/holes"));
    assertThat(holes).hasSize(1 << 20);
    assertThat(Arrays.copyOfRange(holes, 5_000, 5_100)).isEqualTo(Arrays.copyOf(small, 100));
    assertThat(Arrays.copyOfRange(holes, 900_000, 900_200))
        .isEqualTo(Arrays.copyOfRange(small, 100, 300));
    assertThat(Files.getLastModifiedTime(target.resolve("dir"), LinkOption.NOFOLLOW_LINKS))
        .isEqualTo(FileTime.from(Instant.ofEpochSecond(1_600_000_000L, 123_456_789)));
  }

  @Test
  void run_chunkInManyFiles_isFetchedOnce() throws Exception {
    CountingView counting = new CountingView(snapshot);

    RestoreReport report =
        Restore.run(counting, request(Selection.ALL, Overwrite.NEVER), RestoreProgress.NONE);

    assertThat(report.complete()).isTrue();
    assertThat(counting.frames()).isEqualTo(11 + 1);
  }

  @Test
  void run_again_findsEverythingEqualAndFetchesNothing() throws Exception {
    restore(Selection.ALL, Overwrite.NEVER);
    CountingView counting = new CountingView(snapshot);

    RestoreReport again =
        Restore.run(counting, request(Selection.ALL, Overwrite.NEVER), RestoreProgress.NONE);

    assertThat(again.complete()).as("%s", again).isTrue();
    assertThat(again.files()).isZero();
    assertThat(again.unchangedFiles()).isEqualTo(6);
    assertThat(counting.frames()).isZero();
  }

  @Test
  void run_conflict_isRefusedBeforeAnythingChanges() throws Exception {
    Files.createDirectories(target);
    Files.writeString(target.resolve("small"), "somebody's own");

    assertThatThrownBy(() -> restore(Selection.ALL, Overwrite.NEVER))
        .isInstanceOf(SourceException.Refused.class)
        .hasMessageContaining("small")
        .hasMessageContaining("--overwrite");

    assertThat(Files.readString(target.resolve("small"))).isEqualTo("somebody's own");
    assertThat(list(target)).containsExactly("small");
  }

  @Test
  void run_overwriteAlways_fetchesOnlyWhatDiffers() throws Exception {
    restore(Selection.ALL, Overwrite.NEVER);
    byte[] changed = big.clone();
    changed[3 * CHUNK + 5] ^= 1;
    Files.write(target.resolve("dir/big"), changed);
    CountingView counting = new CountingView(snapshot);

    RestoreReport report =
        Restore.run(counting, request(Selection.ALL, Overwrite.ALWAYS), RestoreProgress.NONE);

    assertThat(report.complete()).as("%s", report).isTrue();
    assertThat(Files.readAllBytes(target.resolve("dir/big"))).isEqualTo(big);
    assertThat(report.files()).isEqualTo(1);
    assertThat(counting.frames()).isEqualTo(1);
  }

  @Test
  void run_sameSizeAndTimeButOtherBytes_isNotTakenForEqual() throws Exception {
    restore(Selection.ALL, Overwrite.NEVER);
    FileTime time = Files.getLastModifiedTime(target.resolve("small"));
    byte[] rotten = small.clone();
    rotten[7] ^= 0x10;
    Files.write(target.resolve("small"), rotten);
    Files.setLastModifiedTime(target.resolve("small"), time);

    RestoreReport report = restore(Selection.ALL, Overwrite.NEVER);

    assertThat(report.complete()).isFalse();
    assertThat(report.skipped())
        .extracting(skipped -> skipped.path().toString())
        .containsExactly("small");
  }

  @Test
  void run_damagedChunk_losesItsFilesAndNoOthers() throws Exception {
    memory.forget(bigContent);

    RestoreReport report = restore(Selection.ALL, Overwrite.NEVER);

    assertThat(report.failures())
        .extracting(failure -> failure.path().toString())
        .containsExactlyInAnyOrder("copy of big", "dir/big");
    assertThat(report.complete()).isFalse();
    assertThat(Files.readAllBytes(target.resolve("small"))).isEqualTo(small);
    assertThat(target.resolve("dir/big")).doesNotExist();
    assertThat(target.resolve("copy of big")).doesNotExist();
  }

  @Test
  void run_vaultFailsHalfWay_nextRunGoesOnWithWhatIsThere() throws Exception {
    CountingView failing = new CountingView(snapshot).failingAfter(6);
    assertThatThrownBy(() ->
            Restore.run(failing, request(Selection.ALL, Overwrite.NEVER), RestoreProgress.NONE))
        .isInstanceOf(VaultException.Unreachable.class);
    CountingView counting = new CountingView(snapshot);

    RestoreReport report =
        Restore.run(counting, request(Selection.ALL, Overwrite.NEVER), RestoreProgress.NONE);

    assertThat(report.complete()).as("%s", report).isTrue();
    assertThat(Files.readAllBytes(target.resolve("dir/big"))).isEqualTo(big);
    assertThat(Files.readAllBytes(target.resolve("copy of big"))).isEqualTo(big);
    assertThat(counting.frames()).isLessThan(12);
    assertThat(report.bytesReused()).isPositive();
    assertThat(list(target))
        .containsExactlyInAnyOrder("dir", "empty", "copy of big", "nothing", "small", "link");
  }

  @Test
  void run_path_bringsBackThatAndItsParentsOnly() throws Exception {
    RestoreReport report =
        restore(
            Selection.of(List.of(TreePath.parse("dir/one")), List.of(), List.of()),
            Overwrite.NEVER);

    assertThat(report.complete()).isTrue();
    assertThat(list(target)).containsExactly("dir");
    assertThat(list(target.resolve("dir"))).containsExactly("one");
  }

  @Test
  void run_pathThatIsNotThere_isAnErrorAndMakesNothing() {
    assertThatThrownBy(() ->
            restore(
                Selection.of(List.of(TreePath.parse("dir/oen")), List.of(), List.of()),
                Overwrite.NEVER))
        .isInstanceOf(VaultException.NotFound.class)
        .hasMessageContaining("dir/oen");
    assertThat(target).doesNotExist();
  }

  @Test
  void run_patterns_chooseFiles() throws Exception {
    RestoreReport report =
        restore(Selection.of(List.of(), List.of("*big"), List.of("/dir")), Overwrite.NEVER);

    assertThat(report.complete()).isTrue();
    assertThat(list(target)).containsExactly("copy of big");
  }

  @Test
  void run_verify_readsBackWhatWasWritten() throws Exception {
    RestoreReport report =
        Restore.run(
            snapshot,
            new RestoreRequest(RawPath.of(target), Selection.ALL, Overwrite.NEVER, true, true, 3),
            RestoreProgress.NONE);

    assertThat(report.complete()).isTrue();
    assertThat(report.files()).isEqualTo(6);
  }

  @Test
  void preview_changesNothing() throws Exception {
    RestorePreview preview = Restore.preview(snapshot, request(Selection.ALL, Overwrite.NEVER));

    assertThat(preview.files()).isEqualTo(6);
    assertThat(preview.bytes()).isEqualTo(2L * big.length + 3L * small.length);
    assertThat(preview.frames()).isEqualTo(12);
    assertThat(preview.estimate()).isPresent();
    assertThat(preview.freeBytes()).isEmpty();
    assertThat(target).doesNotExist();
  }

  private RestoreReport restore(Selection selection, Overwrite overwrite) throws Exception {
    return Restore.run(snapshot, request(selection, overwrite), RestoreProgress.NONE);
  }

  private RestoreRequest request(Selection selection, Overwrite overwrite) {
    return new RestoreRequest(RawPath.of(target), selection, overwrite, false, false, 2);
  }

  private Node.File file(String name, byte[] bytes) {
    return new Node.File(Name.of(name), attributes(0644), bytes.length, store(bytes), null, null);
  }

  private Node.File linked(String name) {
    return new Node.File(
        Name.of(name),
        attributes(0600),
        small.length,
        store(small),
        null,
        new Node.LinkGroup(5, 77));
  }

  private static Attributes attributes(int mode) {
    return new Attributes(mode, 0, 0, "root", "root", 1_600_000_000L, 123_456_789, List.of());
  }

  private Content store(byte[] bytes) {
    try {
      return memory.store(new ByteArrayInputStream(bytes));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static byte[] random(long seed, int length) {
    byte[] bytes = new byte[length];
    new Random(seed).nextBytes(bytes);
    return bytes;
  }

  private static List<String> list(Path directory) throws IOException {
    try (Stream<Path> entries = Files.list(directory)) {
      return entries.map(path -> path.getFileName().toString()).sorted().toList();
    }
  }
}
