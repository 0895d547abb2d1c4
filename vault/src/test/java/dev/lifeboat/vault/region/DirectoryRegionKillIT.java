package dev.lifeboat.vault.region;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lifeboat.vault.Digest;
import dev.lifeboat.vault.pack.PackId;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Kills writers with SIGKILL, many times, and looks at what is there. */
class DirectoryRegionKillIT {
  private static final RegionName NAME = new RegionName("cellar");
  private static final int KILLS = 25;

  /**
   * Puts objects named by their hash until it is killed; some keys are put by all such processes.
   */
  static final class Writer {
    private Writer() {}

    public static void main(String[] args) throws Exception {
      Random random = new Random(Long.parseLong(args[1]));
      try (DirectoryRegion region = DirectoryRegion.open(NAME, Path.of(args[0]))) {
        System.out.write('r');
        System.out.flush();
        for (int i = 0; ; i++) {
          byte[] bytes;
          if (i % 4 == 0) {
            bytes = new byte[50_000];
            new Random(i).nextBytes(bytes); // The same in every writer: they race for these.
          } else {
            bytes = new byte[random.nextInt(300_000)];
            random.nextBytes(bytes);
          }
          ObjectKey key = key(bytes);
          region.put(key, ByteBuffer.wrap(bytes));
          if (i % 5 == 3) {
            region.delete(key);
          } else {
            // Only what was acknowledged may be counted on.
            System.out.write(key.value().getBytes(StandardCharsets.US_ASCII));
            System.out.write('\n');
            System.out.flush();
          }
        }
      }
    }
  }

  private static ObjectKey key(byte[] bytes) throws Exception {
    return ObjectKey.of(
        new PackId(Digest.read(MessageDigest.getInstance("SHA-256").digest(bytes), 0)));
  }

  @Test
  void put_writersKilledAtRandomMoments_everyListedObjectIsWhole(@TempDir Path scratch)
      throws Exception {
    Path root = scratch.resolve("region");
    DirectoryRegion.create(NAME, root);
    long seed = System.nanoTime();
    Random random = new Random(seed);
    List<String> acknowledged = new ArrayList<>();
    for (int kill = 0; kill < KILLS; kill++) {
      List<Process> writers = new ArrayList<>();
      List<Path> outputs = new ArrayList<>();
      for (int i = 0; i < 2; i++) {
        Path output = scratch.resolve("out-%d-%d".formatted(kill, i));
        outputs.add(output);
        writers.add(start(root, random.nextLong(), output));
      }
      try {
        for (Path output : outputs) {
          awaitFirstByte(output);
        }
        Thread.sleep(random.nextInt(150));
      } finally {
        for (Process writer : writers) {
          writer.destroyForcibly();
          assertThat(writer.waitFor(60, TimeUnit.SECONDS)).isTrue();
        }
      }
      for (Path output : outputs) {
        String text = Files.readString(output).substring(1);
        // A line cut off by the kill was not acknowledged.
        text.substring(0, text.lastIndexOf('\n') + 1).lines().forEach(acknowledged::add);
      }
      try (DirectoryRegion region = DirectoryRegion.open(NAME, root)) {
        List<String> listed = new ArrayList<>();
        region.list(
            "",
            info -> {
              listed.add(info.key().value());
              try {
                byte[] bytes = region.read(info.key());
                assertThat(bytes).hasSize((int) info.bytes());
                assertThat(key(bytes)).as("seed %d", seed).isEqualTo(info.key());
              } catch (Exception e) {
                throw new AssertionError("seed " + seed, e);
              }
            });
        assertThat(listed).isSorted();
        List<String> lost = new ArrayList<>(acknowledged);
        lost.removeAll(listed);
        assertThat(lost).as("acknowledged and lost, seed %d", seed).isEmpty();
        byte[] next = ("after kill " + kill).getBytes(StandardCharsets.UTF_8);
        assertThat(region.put(key(next), ByteBuffer.wrap(next))).isTrue();
      }
    }
    assertThat(acknowledged).isNotEmpty();

    // What the dead left behind goes with the first opening after it is old enough.
    try (Stream<Path> files = Files.list(root.resolve(".tmp"))) {
      for (Path file : files.toList()) {
        Files.setLastModifiedTime(
            file,
            FileTime.fromMillis(
                System.currentTimeMillis() - 2 * TemporaryFiles.UNTOUCHED.toMillis()));
      }
    }
    DirectoryRegion.open(NAME, root).close();
    assertThat(root.resolve(".tmp")).isEmptyDirectory();
  }

  private static Process start(Path root, long seed, Path output) throws IOException {
    return new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-XX:TieredStopAtLevel=1",
            "-XX:+UseSerialGC",
            "-cp",
            System.getProperty("java.class.path"),
            Writer.class.getName(),
            root.toString(),
            Long.toString(seed))
        .redirectOutput(output.toFile())
        .redirectError(ProcessBuilder.Redirect.INHERIT)
        .start();
  }

  private static void awaitFirstByte(Path output) throws Exception {
    for (int i = 0; i < 6000; i++) {
      if (Files.exists(output)) {
        try (InputStream in = Files.newInputStream(output)) {
          if (in.read() == 'r') {
            return;
          }
        }
      }
      Thread.sleep(10);
    }
    throw new AssertionError("the writer did not start");
  }
}
