package dev.lifeboat.jobs;

import dev.lifeboat.jobs.report.NightReport;
import dev.lifeboat.vault.engine.EngineSettings;
import dev.lifeboat.vault.engine.Vault;
import dev.lifeboat.vault.region.DirectoryRegion;
import dev.lifeboat.vault.region.Region;
import dev.lifeboat.vault.region.RegionName;
import dev.lifeboat.vault.region.RegionSet;
import dev.lifeboat.vault.seal.DatasetName;
import dev.lifeboat.vault.seal.HostKeystore;
import dev.lifeboat.vault.seal.TenantName;
import dev.lifeboat.vault.seal.VaultDocument;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;

/** A process of its own that runs one night over the folders under {@code <root>/data}. */
final class NightUnderTest {
  static final TenantName TENANT = new TenantName("acme");

  private NightUnderTest() {}

  static Vault open(Path root, HostKeystore host) throws Exception {
    VaultDocument document =
        VaultDocument.decode(
            Files.readAllBytes(root.resolve("vault.json")), Optional.of(host.root()));
    List<Region> regions =
        List.of(
            DirectoryRegion.open(new RegionName("cellar"), root.resolve("cellar")),
            DirectoryRegion.open(new RegionName("loft"), root.resolve("loft")));
    return Vault.open(
        new RegionSet(regions, 2),
        document,
        root.resolve("home/cache"),
        Clock.systemUTC(),
        new SecureRandom(),
        EngineSettings.DEFAULT.withPackBytes(1 << 20));
  }

  public static void main(String[] arguments) throws Exception {
    Path root = Path.of(arguments[0]);
    Clock clock = Clock.systemUTC();
    try (HostKeystore host = HostKeystore.load(root.resolve("host.keys"));
        Vault vault = open(root, host);
        Stream<Path> folders = Files.list(root.resolve("data"))) {
      List<DatasetPlan> datasets =
          folders
              .sorted()
              .map(folder ->
                  new DatasetPlan(
                      TENANT,
                      new DatasetName(folder.getFileName().toString()),
                      new FolderSource(folder),
                      Optional.empty()))
              .toList();
      NightVerification verification =
          () ->
              new NightVerification.Result(
                  new TreeMap<>(Map.of("objects", 1L)), List.of(), new TreeSet<>(List.of()));
      VaultWork work = new VaultWork(vault, host, clock, new NoUpkeep(), Optional.of(verification));
      NightReport report =
          new Nightly(clock)
              .run(new NightPlan(root.resolve("home"), datasets, work, 2, NightProgress.NONE));
      System.out.println(report.night() + " " + report.outcome() + " " + report.runs());
    }
  }
}
