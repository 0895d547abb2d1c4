package dev.lifeboat.cli.wiring;

import dev.lifeboat.cli.Environment;
import dev.lifeboat.cli.Version;
import dev.lifeboat.sources.directory.DirectoryFence;
import dev.lifeboat.sources.git.GitFence;
import dev.lifeboat.sources.h2.H2Fence;
import dev.lifeboat.sources.postgres.PostgresFence;
import dev.lifeboat.verify.drill.DirectoryDrillResults;
import dev.lifeboat.verify.drill.Drill;
import dev.lifeboat.verify.drill.DrillResults;
import dev.lifeboat.verify.drill.DrillTools;
import dev.lifeboat.verify.drill.Leftovers;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Drills of this host. */
public final class Drills {
  private final Workspace workspace;

  public Drills(Workspace workspace) {
    this.workspace = workspace;
  }

  private Path directory() {
    return workspace.home().resolve("drills");
  }

  /** Where reports are kept. */
  public DrillResults results() {
    return new DirectoryDrillResults(directory());
  }

  /** Clears up after drills that died; says what it found. */
  public List<String> sweep() throws IOException, InterruptedException {
    return Leftovers.sweep(directory(), results());
  }

  /**
   * What runs drills.
   *
   * @param scratch where to bring back to, if not below the state directory
   * @param servers that were given for it; to be closed after it
   * @param shares files with shares of the recovery kit, in place of the kit; may be none
   */
  public Drill drill(Optional<Path> scratch, DrillServers servers, List<Path> shares)
      throws IOException {
    workspace.ensureHome();
    DrillTools tools =
        new DrillTools(
            Restorers.ALL,
            List.of(
                new DirectoryFence(),
                new GitFence(),
                new H2Fence(),
                new PostgresFence(Optional.empty(), servers.servers())),
            directory(),
            scratch,
            scratch.orElse(Path.of(System.getProperty("java.io.tmpdir"))),
            workspace.environment().clock(),
            workspace.environment().random(),
            System::nanoTime,
            Runtime.getRuntime().availableProcessors(),
            System.getProperty("user.name"),
            Environment.host(),
            Version.current());
    return new Drill(
        tools,
        new ReadingSite(
            workspace, shares.isEmpty() ? workspace::kit : () -> workspace.kitOf(read(shares))),
        results());
  }

  private static List<String> read(List<Path> shares) throws IOException {
    List<String> texts = new ArrayList<>();
    for (Path share : shares) {
      texts.add(Files.readString(share));
    }
    return texts;
  }
}
