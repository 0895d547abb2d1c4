package dev.lifeboat.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lifeboat.vault.engine.Vault;
import dev.lifeboat.vault.region.DirectoryRegion;
import dev.lifeboat.vault.region.RegionName;
import dev.lifeboat.vault.seal.HostKeystore;
import dev.lifeboat.vault.seal.RecoveryKit;
import dev.lifeboat.vault.seal.SigningKey;
import dev.lifeboat.vault.seal.TenantKeys;
import dev.lifeboat.vault.seal.TenantReadKeys;
import dev.lifeboat.vault.seal.VaultDocument;
import dev.lifeboat.vault.seal.WriterName;
import dev.lifeboat.vault.snapshot.SnapshotRecord;
import dev.lifeboat.vault.snapshot.SnapshotView;
import dev.lifeboat.vault.tree.Node;
import dev.lifeboat.vault.tree.TreePath;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Nights in a process that is killed with SIGKILL, again and again, at random moments. */
final class NightKillIT {
  private static final int KILLS = 20;
  private static final int DATASETS = 4;

  @TempDir Path root;
  private final Random random = new Random(20_261_121);

  private Process start(String log) throws Exception {
    return new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-Xmx256m",
            "-cp",
            System.getProperty("java.class.path"),
            NightUnderTest.class.getName(),
            root.toString())
        .redirectErrorStream(true)
        .redirectOutput(root.resolve(log).toFile())
        .start();
  }

  private String finish(String log) throws Exception {
    Process process = start(log);
    assertThat(process.waitFor(5, TimeUnit.MINUTES)).as("the night ends").isTrue();
    String output = Files.readString(root.resolve(log), StandardCharsets.UTF_8);
    assertThat(process.exitValue()).as(output).isZero();
    return output.lines().toList().getLast();
  }

  private void change(int round) throws Exception {
    for (int i = 0; i < DATASETS; i++) {
      Path folder = Files.createDirectories(root.resolve("data/d" + i));
      byte[] bytes = new byte[1 + random.nextInt(2_000_000)];
      random.nextBytes(bytes);
      Files.write(folder.resolve("file" + random.nextInt(4)), bytes);
      Files.writeString(folder.resolve("round"), "" + round);
    }
  }

  @Test
  void night_killedAtRandomMoments_isAlwaysContinuedToAGoodEnd() throws Exception {
    SecureRandom secure = new SecureRandom();
    for (String region : List.of("cellar", "loft")) {
      DirectoryRegion.create(new RegionName(region), root.resolve(region));
    }
    try (RecoveryKit kit = RecoveryKit.generate(secure);
        TenantReadKeys tenant = TenantKeys.create(NightUnderTest.TENANT, secure)) {
      WriterName writer = new WriterName("host-1");
      SigningKey signing = SigningKey.generate(secure);
      VaultDocument document =
          VaultDocument.create(kit, Instant.now())
              .withWriter(writer, signing.verifyKey(), Instant.now());
      Files.write(root.resolve("vault.json"), document.encode(kit.rootKey()));
      try (HostKeystore host = new HostKeystore(writer, signing, document)) {
        host.add(tenant.write().copy());
        host.save(root.resolve("host.keys"));
      }
      change(0);
      long from = System.nanoTime();
      assertThat(finish("warm.log")).contains("COMPLETE");
      long nightMillis = (System.nanoTime() - from) / 1_000_000;

      int killed = 0;
      for (int round = 1; killed < KILLS; round++) {
        change(round);
        int before = snapshots(tenant).size();
        Process process = start("kill-" + round + ".log");
        Thread.sleep(random.nextLong(nightMillis));
        boolean alive = process.isAlive();
        process.destroyForcibly().waitFor();
        killed += alive ? 1 : 0;
        String end = finish("finish-" + round + ".log");
        assertThat(end).contains(" COMPLETE ");
        assertThat(JobRepositoryProbe.running(root.resolve("home"))).isEmpty();
        check(tenant, round, before, end.endsWith(" 1") && !alive);
      }
    }
  }

  /**
   * Every dataset's newest snapshot is what lies in its folder. A night of two runs captures each
   * dataset once; only where the first run never began a night, or ended it, may there be another
   * night.
   */
  private void check(TenantReadKeys tenant, int round, int before, boolean twoNights)
      throws Exception {
    List<SnapshotRecord> all = snapshots(tenant);
    assertThat(all.size() - before).as("snapshots of round " + round).isIn(DATASETS, 2 * DATASETS);
    if (twoNights) {
      assertThat(all).hasSize(before + 2 * DATASETS);
    }
    Map<String, SnapshotRecord> newest = new HashMap<>();
    all.forEach(snapshot -> newest.put(snapshot.header().dataset().value(), snapshot));
    assertThat(newest).hasSize(DATASETS);
    try (HostKeystore host = HostKeystore.load(root.resolve("host.keys"));
        Vault vault = NightUnderTest.open(root, host)) {
      for (SnapshotRecord snapshot : newest.values()) {
        assertThat(snapshot.regions()).hasSize(2);
        try (SnapshotView view = vault.open(snapshot, tenant);
            Stream<Path> files =
                Files.list(root.resolve("data").resolve(snapshot.header().dataset().value()))) {
          for (Path file : files.toList()) {
            Node.File node =
                (Node.File) view.find(TreePath.parse(file.getFileName().toString())).orElseThrow();
            try (InputStream in = view.open(node.content())) {
              assertThat(in.readAllBytes()).isEqualTo(Files.readAllBytes(file));
            }
          }
        }
      }
    }
  }

  private List<SnapshotRecord> snapshots(TenantReadKeys tenant) throws Exception {
    try (HostKeystore host = HostKeystore.load(root.resolve("host.keys"));
        Vault vault = NightUnderTest.open(root, host)) {
      return vault.snapshots(tenant.write());
    }
  }
}
