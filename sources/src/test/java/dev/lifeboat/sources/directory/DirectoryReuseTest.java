package dev.lifeboat.sources.directory;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lifeboat.sources.CaptureContext;
import dev.lifeboat.sources.Progress;
import dev.lifeboat.sources.posix.RawPath;
import dev.lifeboat.vault.snapshot.Captured;
import dev.lifeboat.vault.snapshot.MemorySnapshot;
import dev.lifeboat.vault.snapshot.SnapshotSink;
import dev.lifeboat.vault.tree.Content;
import dev.lifeboat.vault.tree.Node;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Directories taken over from the cache are exactly those that would be stored the same again. */
class DirectoryReuseTest {
  /** Longer than files count as racy. */
  private static final int SETTLE_MILLIS = 4200;

  @TempDir Path scratch;
  private final MemorySnapshot memory = new MemorySnapshot();
  private final AtomicInteger encoded = new AtomicInteger();
  private final AtomicInteger forgotten = new AtomicInteger();
  private Path root = Path.of("/");
  private Path state = Path.of("/");

  @BeforeEach
  void makeTree() throws Exception {
    root = Files.createDirectory(scratch.resolve("root"));
    state = Files.createDirectory(scratch.resolve("state"));
    for (int i = 0; i < 16; i++) {
      Path directory = Files.createDirectories(root.resolve("d%02d/inner".formatted(i)));
      Files.writeString(directory.resolve("file"), "file " + i);
      Files.writeString(directory.resolve("other"), "other " + i);
      Files.createSymbolicLink(directory.resolve("link"), Path.of("file"));
      Files.createDirectory(directory.resolve("empty"));
    }
    // More than one block of the cache.
    Path many = Files.createDirectory(root.resolve("many"));
    for (int i = 0; i < FileCacheFormat.BLOCK_ENTRIES + 10; i++) {
      Files.createFile(many.resolve("f%05d".formatted(i)));
    }
    Thread.sleep(SETTLE_MILLIS);
  }

  private Captured capture(Path cache) throws Exception {
    encoded.set(0);
    SnapshotSink counting =
        new SnapshotSink() {
          @Override
          public Content store(InputStream in) throws IOException {
            return memory.store(in);
          }

          @Override
          public Content storeDirectory(List<Node> nodes) {
            encoded.incrementAndGet();
            return memory.storeDirectory(nodes);
          }

          @Override
          public boolean reuse(Content content) {
            return forgotten.get() == 0 && memory.reuse(content);
          }
        };
    Clock clock = Clock.fixed(Instant.parse("2026-11-01T02:00:00Z"), ZoneOffset.UTC);
    return new DirectorySource(DirectorySettings.of(RawPath.of(root)))
        .capture(new CaptureContext(counting, cache, clock, Progress.NONE));
  }

  private Captured captureAfresh() throws Exception {
    return capture(Files.createTempDirectory(scratch, "fresh"));
  }

  private void assertSame(Captured incremental) throws Exception {
    Captured fresh = captureAfresh();
    assertThat(incremental.root()).isEqualTo(fresh.root());
    assertThat(incremental.expectations()).isEqualTo(fresh.expectations());
    assertThat(incremental.rootAttributes()).isEqualTo(fresh.rootAttributes());
    assertThat(incremental.counts().files()).isEqualTo(fresh.counts().files());
    assertThat(incremental.counts().bytes()).isEqualTo(fresh.counts().bytes());
    assertThat(incremental.problems()).isEmpty();
  }

  @Test
  void capture_nothingChanged_encodesNoDirectoryHoweverOften() throws Exception {
    Captured first = capture(state);
    assertThat(encoded.get()).isEqualTo(1 + 16 * 3 + 1);
    for (int night = 0; night < 3; night++) {
      Captured next = capture(state);

      assertThat(encoded.get()).isZero();
      assertThat(next.counts().bytesRead()).isZero();
      assertThat(next.root()).isEqualTo(first.root());
      assertSame(next);
    }
  }

  @Test
  void capture_everyKindOfChange_isNoticedAndNothingElseIsEncoded() throws Exception {
    capture(state);
    change();

    Captured second = capture(state);

    // The root, and of the sixteen: d00 to d13 with what lies between them and the change.
    assertThat(encoded.get()).isEqualTo(1 + CHANGED_DIRECTORIES);
    assertSame(second);

    Thread.sleep(SETTLE_MILLIS);
    capture(state);
    Captured settled = capture(state);
    assertThat(encoded.get()).isZero();
    assertSame(settled);
  }

  /** What {@link #change} touches, without the root. */
  private static final int CHANGED_DIRECTORIES =
      // d00 to d07: an entry of inner changed; d08 to d10: inner/empty as well
      8 * 2
          + 3 * 3
          // d11: only d11 itself; d12: a subdirectory gone; d13: one more; d14: inner and the two
          // in it
          + 1
          + 1
          + 2
          + 2;

  private void change() throws Exception {
    Files.writeString(inner(0).resolve("file"), "changed");
    Files.delete(inner(1).resolve("other"));
    Files.writeString(inner(2).resolve("new"), "new");
    Files.move(inner(3).resolve("other"), inner(3).resolve("another"));
    Files.delete(inner(4).resolve("link"));
    Files.createSymbolicLink(inner(4).resolve("link"), Path.of("other"));
    Files.setPosixFilePermissions(
        inner(5).resolve("file"), PosixFilePermissions.fromString("r-x------"));
    // The same contents at the same time, but another file.
    FileTime time = Files.getLastModifiedTime(inner(6).resolve("file"));
    Files.writeString(inner(6).resolve("copy"), "file 6");
    Files.setLastModifiedTime(inner(6).resolve("copy"), time);
    Files.move(
        inner(6).resolve("copy"),
        inner(6).resolve("file"),
        java.nio.file.StandardCopyOption.REPLACE_EXISTING);
    Files.createLink(inner(7).resolve("hard"), inner(7).resolve("file"));
    Files.setPosixFilePermissions(
        inner(8).resolve("empty"), PosixFilePermissions.fromString("rwx------"));
    Files.setLastModifiedTime(inner(9).resolve("empty"), FileTime.fromMillis(1));
    Files.setAttribute(
        inner(10).resolve("empty"), "user:colour", "red".getBytes(StandardCharsets.US_ASCII));
    Files.setPosixFilePermissions(
        root.resolve("d11"), PosixFilePermissions.fromString("rwx------"));
    deleteTree(inner(12));
    Files.createDirectory(root.resolve("d13/more"));
    // Replaced by a directory of the same name with fewer entries.
    Files.delete(inner(14).resolve("file"));
    Files.delete(inner(14).resolve("link"));
  }

  @Test
  void capture_vaultLostTheChunks_storesEverythingAgain() throws Exception {
    Captured first = capture(state);
    int all = encoded.get();
    forgotten.set(1);

    Captured second = capture(state);

    assertThat(encoded.get()).isEqualTo(all);
    assertThat(second.root()).isEqualTo(first.root());
    assertThat(second.counts().unchangedFiles()).isZero();
  }

  @Test
  void capture_anyByteOfTheCacheDamaged_comesToTheSame() throws Exception {
    Captured first = capture(state);
    Path cache = state.resolve(FileCacheFormat.FILE_NAME);
    byte[] good = Files.readAllBytes(cache);
    for (int i = 0; i < 60; i++) {
      byte[] bad = good.clone();
      bad[(int) ((long) i * bad.length / 60)] ^= 0x10;
      Files.write(cache, bad);

      Captured again = capture(state);

      assertThat(again.root()).isEqualTo(first.root());
      assertThat(again.expectations()).isEqualTo(first.expectations());
    }
  }

  private Path inner(int number) {
    return root.resolve("d%02d/inner".formatted(number));
  }

  private static void deleteTree(Path directory) throws IOException {
    try (var all = Files.walk(directory)) {
      for (Path path : all.sorted(java.util.Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    }
  }
}
