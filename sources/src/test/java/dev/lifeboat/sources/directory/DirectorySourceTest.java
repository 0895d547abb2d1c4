package dev.lifeboat.sources.directory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import dev.lifeboat.sources.CaptureContext;
import dev.lifeboat.sources.Progress;
import dev.lifeboat.sources.SourceException;
import dev.lifeboat.sources.posix.RawPath;
import dev.lifeboat.vault.VaultException;
import dev.lifeboat.vault.snapshot.Captured;
import dev.lifeboat.vault.snapshot.MemorySnapshot;
import dev.lifeboat.vault.snapshot.Problem;
import dev.lifeboat.vault.snapshot.SnapshotSink;
import dev.lifeboat.vault.snapshot.SnapshotView;
import dev.lifeboat.vault.tree.Content;
import dev.lifeboat.vault.tree.Node;
import dev.lifeboat.vault.tree.TreePath;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DirectorySourceTest {
  @TempDir Path scratch;
  private final MemorySnapshot memory = new MemorySnapshot();
  private final Clock clock = Clock.fixed(Instant.parse("2026-11-01T02:00:00Z"), ZoneOffset.UTC);
  private Path root = Path.of("/");
  private Path state = Path.of("/");

  @BeforeEach
  void makeRoot() throws IOException {
    root = Files.createDirectory(scratch.resolve("root"));
    state = Files.createDirectory(scratch.resolve("state"));
  }

  private Captured capture(DirectorySettings settings, SnapshotSink sink) throws Exception {
    return new DirectorySource(settings)
        .capture(new CaptureContext(sink, state, clock, Progress.NONE));
  }

  private Captured capture() throws Exception {
    return capture(DirectorySettings.of(RawPath.of(root)), memory);
  }

  /** Waits until what was written is old enough not to be racy. */
  private static void settle() throws InterruptedException {
    Thread.sleep(4200);
  }

  private void files(int count) throws IOException {
    for (int i = 0; i < count; i++) {
      Files.writeString(root.resolve("f" + i), "content " + i);
    }
  }

  @Test
  void capture_secondTime_readsNothing() throws Exception {
    files(30);
    settle();
    Captured first = capture();

    Captured second = capture();

    assertThat(first.counts().newFiles()).isEqualTo(30);
    assertThat(second.counts().unchangedFiles()).isEqualTo(30);
    assertThat(second.counts().bytesRead()).isZero();
    assertThat(second.root()).isEqualTo(first.root());
    assertThat(second.expectations()).isEqualTo(first.expectations());
  }

  @Test
  void capture_fileWrittenJustBefore_isReadAgain() throws Exception {
    files(3);
    capture();

    Captured second = capture();

    assertThat(second.counts().unchangedFiles()).isZero();
    assertThat(second.counts().changedFiles()).isEqualTo(3);
  }

  @Test
  void capture_vaultLostTheContent_readsAgain() throws Exception {
    files(3);
    settle();
    capture();
    memory.forget();

    Captured second = capture();

    assertThat(second.counts().unchangedFiles()).isZero();
    assertThat(second.counts().bytesRead()).isPositive();
  }

  @Test
  void capture_sameLengthAndTimeButOtherContent_isSeenByItsChangeTime() throws Exception {
    files(1);
    Path file = root.resolve("f0");
    settle();
    capture();
    var modified = Files.getLastModifiedTime(file);
    Files.writeString(file, "CONTENT 0");
    Files.setLastModifiedTime(file, modified);

    Captured second = capture();

    assertThat(second.counts().changedFiles()).isEqualTo(1);
    SnapshotView view = memory.seal(second);
    Node.File node = (Node.File) view.find(TreePath.parse("f0")).orElseThrow();
    try (InputStream in = view.open(node.content())) {
      assertThat(in.readAllBytes()).asString().isEqualTo("CONTENT 0");
    }
  }

  @Test
  void capture_damagedCache_isIgnored() throws Exception {
    files(30);
    settle();
    Captured first = capture();
    Path cache = state.resolve("files.cache");
    byte[] good = Files.readAllBytes(cache);
    for (int offset : new int[] {0, 9, 20, 60, 150, -1, -40, -100}) {
      Files.write(cache, good);
      assertThat(capture().counts().unchangedFiles()).isEqualTo(30);
      byte[] bytes = good.clone();
      bytes[Math.floorMod(offset, bytes.length)] ^= 0x10;
      Files.write(cache, bytes);

      Captured second = capture();

      assertThat(second.root()).as("byte %d", offset).isEqualTo(first.root());
      assertThat(second.counts().unchangedFiles()).as("byte %d", offset).isZero();
    }
  }

  @Test
  void capture_missingRoot_isUnreachable() throws Exception {
    Files.delete(root);

    assertThatThrownBy(this::capture)
        .isInstanceOf(SourceException.Unreachable.class)
        .hasMessageContaining(root.toString());
  }

  @Test
  void capture_rootIsAFile_isUnreachable() throws Exception {
    Files.delete(root);
    Files.writeString(root, "x");

    assertThatThrownBy(this::capture).isInstanceOf(SourceException.Unreachable.class);
  }

  @Test
  void capture_emptyRootWhereFilesWere_isPartialEveryNight() throws Exception {
    files(10);
    capture();
    for (int i = 0; i < 10; i++) {
      Files.delete(root.resolve("f" + i));
    }

    for (int night = 0; night < 2; night++) {
      assertThat(capture().problems())
          .singleElement()
          .satisfies(problem -> assertThat(problem.detail()).contains("mounted", "files.cache"));
    }
    Files.delete(state.resolve("files.cache"));
    assertThat(capture().problems()).isEmpty();
  }

  @Test
  void capture_fileGrowingWhileRead_isReportedAndConsistent() throws Exception {
    Path log = root.resolve("log");
    Files.write(log, new byte[1_000_000]);
    files(2);
    SnapshotSink growing =
        new Forwarding(memory) {
          @Override
          public Content store(InputStream in) throws IOException {
            if (in instanceof FileStream) {
              Files.write(log, new byte[100], StandardOpenOption.APPEND);
            }
            return super.store(in);
          }
        };

    Captured captured = capture(DirectorySettings.of(RawPath.of(root)), growing);

    assertThat(captured.problems())
        .singleElement()
        .satisfies(problem -> {
          assertThat(problem.subject()).isEqualTo("log");
          assertThat(problem.kind()).isEqualTo(Problem.Kind.CHANGED_WHILE_READ);
        });
    assertThat(captured.counts().files()).isEqualTo(3);
  }

  @Test
  void capture_filesVanishAndBecomeLinksMeanwhile_reportsThemAndKeepsTheRest() throws Exception {
    Files.writeString(root.resolve("a"), "first");
    Files.writeString(root.resolve("b"), "vanishes");
    Files.writeString(root.resolve("c"), "swapped");
    Files.writeString(root.resolve("d"), "last");
    SnapshotSink meddling =
        new Forwarding(memory) {
          @Override
          public Content store(InputStream in) throws IOException {
            if (Files.deleteIfExists(root.resolve("b"))) {
              Files.delete(root.resolve("c"));
              Files.createSymbolicLink(root.resolve("c"), Path.of("/etc/passwd"));
            }
            return super.store(in);
          }
        };

    Captured captured = capture(DirectorySettings.of(RawPath.of(root)), meddling);

    assertThat(captured.problems())
        .extracting(Problem::subject, Problem::kind)
        .containsExactly(
            tuple("b", Problem.Kind.VANISHED), tuple("c", Problem.Kind.CHANGED_WHILE_READ));
    assertThat(memory.seal(captured).list(captured.root()))
        .extracting(node -> node.name().toString())
        .containsExactly("a", "d");
  }

  @Test
  void capture_failingVault_isNotMistakenForAnUnreadableFile() throws Exception {
    files(100);
    SnapshotSink failing =
        new Forwarding(memory) {
          @Override
          public Content store(InputStream in) {
            throw new VaultException.Unreachable("no region answers", List.of());
          }
        };

    assertThatThrownBy(() -> capture(DirectorySettings.of(RawPath.of(root)), failing))
        .isInstanceOf(VaultException.Unreachable.class);
  }

  @Test
  void capture_excludesAndCaches_leaveOutWhatWasAsked() throws Exception {
    Files.createDirectories(root.resolve("cache/deep"));
    Files.writeString(
        root.resolve("cache/CACHEDIR.TAG"), "Signature: 8a477f597d28d172789f06886806bc55\n");
    Files.writeString(root.resolve("cache/deep/x"), "x");
    Files.writeString(root.resolve("a.tmp"), "x");
    Files.writeString(root.resolve("b"), "x");
    Files.writeString(root.resolve("big"), "x".repeat(101));
    Path patterns = Files.writeString(scratch.resolve("patterns"), "# none\n*.tmp\n");
    DirectorySettings settings =
        new DirectorySettings(
            RawPath.of(root),
            List.of(),
            List.of(RawPath.of(patterns)),
            List.of(),
            true,
            true,
            OptionalLong.of(100),
            DirectorySettings.AccessTimes.KEEP,
            OptionalInt.of(2));

    Captured captured = capture(settings, memory);

    assertThat(captured.problems()).isEmpty();
    assertThat(memory.seal(captured).list(captured.root()))
        .extracting(node -> node.name().toString())
        .containsExactly("b", "cache");
    assertThat(captured.counts().files()).isEqualTo(2);
  }

  /** Passes everything on. */
  private abstract static class Forwarding implements SnapshotSink {
    private final SnapshotSink to;

    Forwarding(SnapshotSink to) {
      this.to = to;
    }

    @Override
    public Content store(InputStream in) throws IOException {
      return to.store(in);
    }

    @Override
    public boolean reuse(Content content) {
      return to.reuse(content);
    }

    @Override
    public Content storeDirectory(List<Node> nodes) {
      return to.storeDirectory(nodes);
    }
  }
}
