package dev.lifeboat.vault.region;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DirectoryRegionTest extends RegionContract {
  private static final RegionName NAME = new RegionName("cellar");

  @TempDir Path scratch;

  @Override
  protected Region create() throws Exception {
    Path root = scratch.resolve("region");
    DirectoryRegion.create(NAME, root);
    return DirectoryRegion.open(NAME, root);
  }

  @Override
  protected Region openAgain(Region first) throws Exception {
    return DirectoryRegion.open(NAME, scratch.resolve("region"));
  }

  /** On file systems without hard links. */
  @Nested
  class WithoutLinks extends RegionContract {
    @TempDir Path elsewhere;

    @Override
    protected Region create() throws Exception {
      DirectoryRegion.create(NAME, elsewhere);
      return DirectoryRegion.open(NAME, elsewhere, NameClaim.LOCK);
    }

    @Override
    protected Region openAgain(Region first) throws Exception {
      return DirectoryRegion.open(NAME, elsewhere, NameClaim.LOCK);
    }
  }

  @Test
  void open_directoryThatIsNoRegion_isRefusedAndStaysEmpty() throws Exception {
    Path mountPoint = Files.createDirectory(scratch.resolve("mnt"));
    assertThatThrownBy(() -> DirectoryRegion.open(NAME, mountPoint))
        .isInstanceOf(RegionException.Permanent.class)
        .hasMessageContaining("is its disk mounted?")
        .hasMessageContaining(mountPoint.toString());
    assertThat(mountPoint).isEmptyDirectory();
    assertThatThrownBy(() -> DirectoryRegion.open(NAME, scratch.resolve("none")))
        .isInstanceOf(RegionException.Permanent.class)
        .hasMessageContaining("does not exist");
    assertThat(scratch.resolve("none")).doesNotExist();
  }

  @Test
  void everything_diskUnmountedWhileOpen_isRefusedNeverEmpty() throws Exception {
    Path root = scratch.resolve("region");
    region().put(key("packs/ab/one"), bytes("x"));
    Files.move(root, scratch.resolve("unmounted"));
    Files.createDirectory(root);

    assertThatThrownBy(() -> list("")).isInstanceOf(RegionException.Permanent.class);
    assertThatThrownBy(() -> region().stat(key("packs/ab/one")))
        .isInstanceOf(RegionException.Permanent.class);
    assertThatThrownBy(() -> region().read(key("packs/ab/one")))
        .isInstanceOf(RegionException.Permanent.class);
    assertThatThrownBy(() -> region().put(key("packs/ab/two"), bytes("x")))
        .isInstanceOf(RegionException.Permanent.class);
    assertThatThrownBy(() -> region().delete(key("packs/ab/one")))
        .isInstanceOf(RegionException.Permanent.class);
    assertThatThrownBy(() -> region().now()).isInstanceOf(RegionException.Permanent.class);
    assertThat(root).isEmptyDirectory();
  }

  @Test
  void list_diskUnmountedInTheMidst_failsInsteadOfEndingEarly() throws Exception {
    for (int i = 0; i < 10; i++) {
      region().put(key("packs/%02d/x".formatted(i)), bytes("x"));
    }
    assertThatThrownBy(() ->
            region()
                .list(
                    "",
                    _ -> {
                      try {
                        if (Files.exists(scratch.resolve("region"))) {
                          Files.move(scratch.resolve("region"), scratch.resolve("gone"));
                        }
                      } catch (IOException e) {
                        throw new AssertionError(e);
                      }
                    }))
        .isInstanceOf(RegionException.Permanent.class);
  }

  @Test
  void create_directoryInUse_isRefused() throws Exception {
    Path used = Files.createDirectory(scratch.resolve("used"));
    Files.writeString(used.resolve("thesis.txt"), "x");
    assertThatThrownBy(() -> DirectoryRegion.create(NAME, used))
        .isInstanceOf(RegionException.Permanent.class)
        .hasMessageContaining("thesis.txt");
    assertThat(used.resolve(DirectoryRegion.MARKER)).doesNotExist();
  }

  @Test
  void create_twiceOrAfterAnInterruptedAttempt_succeeds() throws Exception {
    Path root = Files.createDirectory(scratch.resolve("fresh"));
    Files.createDirectory(root.resolve("lost+found"));
    Files.createDirectory(root.resolve(".tmp"));
    Files.writeString(root.resolve(".tmp/marker"), "half");
    DirectoryRegion.create(NAME, root);
    DirectoryRegion.create(NAME, root);
    try (DirectoryRegion region = DirectoryRegion.open(NAME, root)) {
      region.list("", info -> assertThat(info).isNull());
    }
  }

  @Test
  void open_newerLayout_isRefusedNamingBoth() throws Exception {
    Files.writeString(scratch.resolve("region").resolve(DirectoryRegion.MARKER), "layout 9");
    assertThatThrownBy(() -> openAgain(region()))
        .isInstanceOf(RegionException.Permanent.class)
        .hasMessageContaining("layout 9")
        .hasMessageContaining("layout 1");
  }

  @Test
  void put_setsModesThatKeepOthersOut() throws Exception {
    region().put(key("packs/ab/one"), bytes("x"));
    Path root = scratch.resolve("region");
    for (String directory : List.of("", "packs", "packs/ab", ".tmp")) {
      assertThat(Files.getPosixFilePermissions(root.resolve(directory)))
          .isEqualTo(PosixFilePermissions.fromString("rwx------"));
    }
    assertThat(Files.getPosixFilePermissions(root.resolve("packs/ab/one")))
        .isEqualTo(PosixFilePermissions.fromString("rw-------"));
  }

  @Test
  void put_leavesNoTemporaryFile() throws Exception {
    region().put(key("packs/ab/one"), bytes("x"));
    region().put(key("packs/ab/one"), bytes("y"));
    assertThatThrownBy(() -> region().put(key("packs/ab/one/below"), bytes("z")))
        .isInstanceOf(RegionException.Permanent.class);
    assertThatThrownBy(() -> region().put(key("packs/ab"), bytes("z")))
        .isInstanceOf(RegionException.Permanent.class)
        .hasMessageContaining("directory");
    assertThat(temporaryFiles()).isEmpty();
  }

  @Test
  void put_interruptedThread_storesNothing() throws Exception {
    Thread.currentThread().interrupt();
    try {
      assertThatThrownBy(() -> region().put(key("packs/ab/one"), bytes("x")))
          .isInstanceOf(RegionException.Transient.class);
    } finally {
      assertThat(Thread.interrupted()).isTrue();
    }
    assertThat(list("")).isEmpty();
    assertThat(temporaryFiles()).isEmpty();
  }

  @Test
  void open_leftoversOfDeadWriters_areRemovedAndThoseOfLivingKept() throws Exception {
    Path temporary = scratch.resolve("region/.tmp");
    Path old = Files.writeString(temporary.resolve("dead-1"), "x");
    Path fresh = Files.writeString(temporary.resolve("fresh-1"), "x");
    Path living = Files.writeString(temporary.resolve("living-1"), "x");
    FileTime yesterday = FileTime.from(Instant.now().minusSeconds(86_400));
    Files.setLastModifiedTime(old, yesterday);
    Files.setLastModifiedTime(living, yesterday);
    try (FileChannel held = FileChannel.open(living, StandardOpenOption.WRITE)) {
      assertThat(held.lock().isValid()).isTrue();
      openAgain(region()).close();
      assertThat(old).doesNotExist();
      assertThat(fresh).exists();
      // Within one JVM a held lock shows as an exception, in another process as a refusal.
      assertThat(living).exists();
    }
  }

  @Test
  void put_diskFull_isPermanentAndLeavesNothing() throws Exception {
    Path mount = Files.createDirectory(scratch.resolve("small"));
    mount(mount, "size=1m");
    try {
      DirectoryRegion.create(NAME, mount);
      try (DirectoryRegion region = DirectoryRegion.open(NAME, mount)) {
        region.put(key("packs/ab/fits"), bytes("x"));
        assertThatThrownBy(
                () -> region.put(key("packs/ab/one"), ByteBuffer.wrap(new byte[2 << 20])))
            .isInstanceOf(RegionException.Permanent.class)
            .hasMessageContaining("No space left");
        assertThat(region.stat(key("packs/ab/one"))).isEmpty();
        assertThat(region.read(key("packs/ab/fits"))).hasSize(1);
        // Room again: the failed attempt holds none of it.
        assertThat(region.put(key("packs/ab/two"), ByteBuffer.wrap(new byte[512 << 10]))).isTrue();
      }
    } finally {
      run("umount", mount.toString());
    }
  }

  @Test
  void open_readOnlyDisk_readsAndRefusesToWrite() throws Exception {
    Path mount = Files.createDirectory(scratch.resolve("readonly"));
    mount(mount, "size=1m");
    try {
      DirectoryRegion.create(NAME, mount);
      try (DirectoryRegion region = DirectoryRegion.open(NAME, mount)) {
        region.put(key("packs/ab/one"), bytes("x"));
      }
      run("mount", "-o", "remount,ro", mount.toString());
      try (DirectoryRegion region = DirectoryRegion.open(NAME, mount)) {
        assertThat(region.read(key("packs/ab/one"))).hasSize(1);
        assertThatThrownBy(() -> region.put(key("packs/ab/two"), bytes("x")))
            .isInstanceOf(RegionException.Permanent.class)
            .hasMessageContaining("Read-only");
      }
    } finally {
      run("umount", mount.toString());
    }
  }

  @Test
  void list_strangeFiles_areNotObjects() throws Exception {
    Path root = scratch.resolve("region");
    region().put(key("packs/ab/one"), bytes("x"));
    Files.writeString(root.resolve("packs/.hidden"), "x");
    Files.writeString(root.resolve("packs/with space"), "x");
    Files.createDirectory(root.resolve("lost+found"));
    assertThat(keys("")).containsExactly("packs/ab/one");
  }

  @Test
  void delete_lastObject_takesItsEmptyDirectories() throws Exception {
    region().put(key("leases/ab/1"), bytes("x"));
    region().put(key("leases/cd/1"), bytes("x"));
    region().delete(key("leases/ab/1"));
    assertThat(scratch.resolve("region/leases/ab")).doesNotExist();
    assertThat(scratch.resolve("region/leases/cd")).exists();
  }

  private List<Path> temporaryFiles() throws IOException {
    try (Stream<Path> files = Files.list(scratch.resolve("region/.tmp"))) {
      return files.toList();
    }
  }

  /** Needs root; without it the test fails, as it should. */
  private static void mount(Path where, String options) throws Exception {
    run("mount", "-t", "tmpfs", "-o", options, "tmpfs", where.toString());
  }

  private static void run(String... command) throws Exception {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(String.join(" ", command) + ": " + output).isZero();
  }
}
