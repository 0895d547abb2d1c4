package dev.lifeboat.sources.directory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lifeboat.sources.posix.RawPath;
import dev.lifeboat.vault.snapshot.MemorySnapshot;
import dev.lifeboat.vault.tree.Attributes;
import dev.lifeboat.vault.tree.Bytes;
import dev.lifeboat.vault.tree.Extent;
import dev.lifeboat.vault.tree.Name;
import dev.lifeboat.vault.tree.Node;
import dev.lifeboat.vault.tree.TreePath;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TreeWriterTest {
  private static final String ID = "0123456789abcdef";
  private static final byte[] NEW = "new content".getBytes(StandardCharsets.UTF_8);

  @TempDir Path scratch;
  private final MemorySnapshot memory = new MemorySnapshot();

  private TreeWriter open(Overwrite overwrite) throws IOException {
    return TreeWriter.open(
        RawPath.of(scratch.resolve("target")), new TreeWriterSettings(ID, overwrite, false));
  }

  private static Attributes attributes(int mode) {
    return new Attributes(mode, 0, 0, "", "", 1_700_000_000, 7, List.of());
  }

  private Node.File node(String name, byte[] content) throws IOException {
    return new Node.File(
        Name.of(name),
        attributes(0640),
        content.length,
        memory.store(new ByteArrayInputStream(content)),
        null,
        null);
  }

  private Outcome write(TreeWriter writer, String path, byte[] content) throws IOException {
    TreePath at = TreePath.parse(path);
    return switch (writer.begin(at, node(at.names().getLast().toString(), content))) {
      case TreeWriter.Begun.Skipped(Outcome.Skipped skipped) -> skipped;
      case TreeWriter.Begun.Writing(FileWriter file) -> {
        try (file) {
          // From the end to the beginning: the order must not matter.
          for (int at2 = content.length - 1; at2 >= 0; at2--) {
            file.write(at2, content, at2, 1);
          }
          yield file.finish();
        }
      }
    };
  }

  private Path target(String path) {
    return scratch.resolve("target").resolve(path);
  }

  private void existing(String content, long seconds) throws IOException {
    Files.createDirectories(target("a"));
    Files.writeString(target("a/f"), content);
    Files.setLastModifiedTime(target("a/f"), FileTime.fromMillis(seconds * 1000));
  }

  @Test
  void begin_existingFile_followsThePolicy() throws IOException {
    existing("old", 1_600_000_000);
    try (TreeWriter writer = open(Overwrite.NEVER)) {
      assertThat(write(writer, "a/f", NEW))
          .isEqualTo(new Outcome.Skipped(TreePath.parse("a/f"), Outcome.Reason.EXISTS));
    }
    assertThat(target("a/f")).hasContent("old");
    try (TreeWriter writer = open(Overwrite.IF_NEWER)) {
      assertThat(write(writer, "a/f", NEW)).isInstanceOf(Outcome.Written.class);
    }
    assertThat(target("a/f")).hasContent("new content");
    existing("newer", 1_800_000_000);
    try (TreeWriter writer = open(Overwrite.IF_NEWER)) {
      assertThat(write(writer, "a/f", NEW))
          .isEqualTo(new Outcome.Skipped(TreePath.parse("a/f"), Outcome.Reason.NOT_NEWER));
    }
    assertThat(target("a/f")).hasContent("newer");
    try (TreeWriter writer = open(Overwrite.ALWAYS)) {
      assertThat(write(writer, "a/f", NEW)).isInstanceOf(Outcome.Written.class);
    }
    assertThat(target("a/f")).hasContent("new content");
  }

  @Test
  void begin_directoryInTheWay_neverLosesWhatItHolds() throws IOException {
    Files.createDirectories(target("full/inside"));
    Files.createDirectories(target("empty"));
    try (TreeWriter writer = open(Overwrite.ALWAYS)) {
      assertThat(write(writer, "full", NEW))
          .isEqualTo(new Outcome.Skipped(TreePath.parse("full"), Outcome.Reason.OTHER_KIND));
      assertThat(write(writer, "empty", NEW)).isInstanceOf(Outcome.Written.class);
      writer.finish();
    }
    assertThat(target("full/inside")).isDirectory();
    assertThat(target("empty")).hasContent("new content");
    try (var names = Files.list(target(""))) {
      assertThat(names.map(Path::getFileName).map(Path::toString))
          .containsExactlyInAnyOrder("full", "empty");
    }
  }

  @Test
  void write_throughASymlinkInTheTarget_isRefused() throws IOException {
    Path outside = Files.createDirectory(scratch.resolve("outside"));
    Files.createDirectories(target(""));
    Files.createSymbolicLink(target("escape"), outside);
    try (TreeWriter writer = open(Overwrite.ALWAYS)) {
      assertThatThrownBy(() -> write(writer, "escape/f", NEW)).isInstanceOf(IOException.class);
      assertThatThrownBy(() -> write(writer, "escape/deep/f", NEW)).isInstanceOf(IOException.class);
    }
    assertThat(outside).isEmptyDirectory();
  }

  @Test
  void write_whileSomebodySwapsADirectoryForASymlink_staysInside() throws Exception {
    Path outside = Files.createDirectory(scratch.resolve("outside"));
    Files.createDirectories(target("d"));
    AtomicBoolean stop = new AtomicBoolean();
    Thread attacker =
        Thread.ofPlatform()
            .start(() -> {
              while (!stop.get()) {
                try {
                  Files.move(target("d"), target("aside"));
                  Files.createSymbolicLink(target("d"), outside);
                  Files.delete(target("d"));
                  Files.move(target("aside"), target("d"));
                } catch (IOException e) {
                  // The writer made d in between: put that away and go on.
                  try {
                    if (Files.isDirectory(target("aside")) && Files.isDirectory(target("d"))) {
                      Files.move(target("d"), target("x" + System.nanoTime()));
                    }
                  } catch (IOException _) {
                    // Next time.
                  }
                }
              }
            });
    try {
      for (int i = 0; i < 300; i++) {
        // A new writer each time, so that nothing is open from before.
        try (TreeWriter writer = open(Overwrite.ALWAYS)) {
          write(writer, "d/f" + i, NEW);
          writer.symlink(
              TreePath.parse("d/l" + i),
              new Node.Symlink(Name.of("l" + i), attributes(0777), Bytes.of(NEW)));
        } catch (IOException _) {
          // Refusing is fine; leaving is not.
        }
      }
    } finally {
      stop.set(true);
      attacker.join();
    }
    assertThat(outside).isEmptyDirectory();
  }

  @Test
  void begin_afterACrash_resumesAndCleansUp() throws IOException {
    byte[] content = new byte[200_000];
    Arrays.fill(content, (byte) 7);
    Node.File node = node("f", content);
    TreePath path = TreePath.parse("d/f");
    try (TreeWriter writer = open(Overwrite.NEVER)) {
      writer.directory(TreePath.parse("d"), attributes(0750));
      if (writer.begin(path, node) instanceof TreeWriter.Begun.Writing(FileWriter file)) {
        file.write(0, content, 0, 100_000);
        file.close();
      }
      if (writer.begin(TreePath.parse("d/g"), node("g", NEW))
          instanceof TreeWriter.Begun.Writing(FileWriter file)) {
        file.close();
      }
    }
    Files.createFile(target("d/.lifeboat-restore-ffffffffffffffff-" + "0".repeat(32)));

    try (TreeWriter writer = open(Overwrite.NEVER)) {
      writer.directory(TreePath.parse("d"), attributes(0750));
      TreeWriter.Begun.Writing begun = (TreeWriter.Begun.Writing) writer.begin(path, node);
      try (FileWriter file = begun.writer()) {
        assertThat(file.resumed()).isTrue();
        byte[] have = new byte[100_000];
        assertThat(file.read(0, have, 0, have.length)).isTrue();
        assertThat(have).containsOnly(7);
        file.keep(0, 100_000);
        assertThatThrownBy(file::finish).isInstanceOf(IllegalStateException.class);
        file.write(100_000, content, 100_000, 100_000);
        file.finish();
      }
      writer.finish();
    }

    assertThat(target("d/f")).hasBinaryContent(content);
    try (var names = Files.list(target("d"))) {
      assertThat(names.map(Path::getFileName).map(Path::toString)).containsExactly("f");
    }
    // Made by the first run, so its attributes are the snapshot's even though it existed.
    assertThat(Files.getAttribute(target("d"), "unix:mode")).isEqualTo(040750);
  }

  @Test
  void begin_sparseFile_placesContentAtItsExtents() throws IOException {
    Node.File sparse =
        new Node.File(
            Name.of("s"),
            attributes(0600),
            1 << 20,
            memory.store(new ByteArrayInputStream(NEW)),
            List.of(new Extent(4096, 4), new Extent(500_000, 7)),
            null);
    try (TreeWriter writer = open(Overwrite.NEVER)) {
      TreeWriter.Begun.Writing begun =
          (TreeWriter.Begun.Writing) writer.begin(TreePath.parse("s"), sparse);
      try (FileWriter file = begun.writer()) {
        file.write(2, NEW, 2, NEW.length - 2);
        file.write(0, NEW, 0, 2);
        file.finish();
      }
      try (ExistingFile there = writer.existing(TreePath.parse("s"), sparse).orElseThrow()) {
        byte[] back = new byte[NEW.length];
        assertThat(there.looksEqual()).isTrue();
        assertThat(there.sameShape()).isTrue();
        assertThat(there.read(0, back, 0, back.length)).isTrue();
        assertThat(back).isEqualTo(NEW);
      }
    }
    byte[] bytes = Files.readAllBytes(target("s"));
    assertThat(new String(bytes, 4096, 4, StandardCharsets.UTF_8)).isEqualTo("new ");
    assertThat(new String(bytes, 500_000, 7, StandardCharsets.UTF_8)).isEqualTo("content");
  }

  @Test
  void directory_otherKindInTheWay_isReplacedOnlyByAlways() throws IOException {
    Files.createDirectories(target(""));
    Files.createSymbolicLink(target("d"), Path.of("/etc"));
    try (TreeWriter writer = open(Overwrite.IF_NEWER)) {
      assertThat(writer.directory(TreePath.parse("d"), attributes(0755)))
          .isEqualTo(new Outcome.Skipped(TreePath.parse("d"), Outcome.Reason.OTHER_KIND));
    }
    try (TreeWriter writer = open(Overwrite.ALWAYS)) {
      writer.directory(TreePath.parse("d"), attributes(0755));
      writer.finish();
    }
    assertThat(Files.isDirectory(target("d"), LinkOption.NOFOLLOW_LINKS)).isTrue();
  }
}
