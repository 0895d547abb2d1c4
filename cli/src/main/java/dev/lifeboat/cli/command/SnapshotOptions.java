package dev.lifeboat.cli.command;

import dev.lifeboat.cli.wiring.Snapshots;
import dev.lifeboat.cli.wiring.Workspace;
import dev.lifeboat.vault.snapshot.SnapshotRecord;
import java.io.IOException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;

/** Which snapshot a command is about. */
final class SnapshotOptions {
  @CommandLine.Parameters(
      index = "0",
      paramLabel = "SNAPSHOT",
      description =
          "latest, latest@TIME (for example latest@2026-11-20T03:00), or the first digits of an id.")
  private String snapshot = "";

  @CommandLine.Option(
      names = "--dataset",
      paramLabel = "NAME",
      description = "Of this dataset: NAME or TENANT/NAME.")
  private @Nullable String dataset;

  SnapshotRecord find(Workspace workspace) throws IOException {
    return new Snapshots(workspace).find(snapshot, Optional.ofNullable(dataset));
  }
}
