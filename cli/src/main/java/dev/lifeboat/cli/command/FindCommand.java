package dev.lifeboat.cli.command;

import dev.lifeboat.cli.CliException;
import dev.lifeboat.cli.ExitCode;
import dev.lifeboat.cli.Invocation;
import dev.lifeboat.cli.RawArguments;
import dev.lifeboat.cli.output.Table;
import dev.lifeboat.cli.output.Units;
import dev.lifeboat.cli.wiring.Snapshots;
import dev.lifeboat.cli.wiring.Workspace;
import dev.lifeboat.sources.directory.Excludes;
import dev.lifeboat.vault.snapshot.SnapshotRecord;
import dev.lifeboat.vault.snapshot.SnapshotView;
import dev.lifeboat.vault.tree.Name;
import dev.lifeboat.vault.tree.Node;
import dev.lifeboat.vault.tree.TreePath;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;

/** {@code lifeboat find}. */
@CommandLine.Command(
    name = "find",
    description = {
      "Find files in snapshots by a pattern, newest snapshot last. Needs the recovery kit.",
      "Exit 6 if nothing matches."
    })
public final class FindCommand extends Command {
  @CommandLine.Parameters(
      paramLabel = "PATTERN",
      description = "As in .gitignore: *.pdf anywhere, /reports/**/2026-??.txt from the root.")
  private String pattern = "";

  @CommandLine.Option(
      names = "--dataset",
      paramLabel = "NAME",
      description = "Only in this dataset: NAME or TENANT/NAME.")
  private @Nullable String dataset;

  @CommandLine.Option(
      names = "--snapshot",
      paramLabel = "SNAPSHOT",
      description = "Only in this one: latest, latest@TIME, or the first digits of an id.")
  private @Nullable String snapshot;

  FindCommand(Invocation invocation) {
    super(invocation);
  }

  @Override
  ExitCode execute() throws Exception {
    Excludes matcher = Excludes.compileBytes(List.of(RawArguments.bytes(pattern)));
    if (matcher.isEmpty()) {
      throw new CliException(ExitCode.USAGE, "the pattern is empty");
    }
    try (Workspace workspace = Workspace.open(invocation())) {
      Snapshots snapshots = new Snapshots(workspace);
      Optional<String> of = Optional.ofNullable(dataset);
      List<SnapshotRecord> records =
          snapshot == null
              ? snapshots.list(Optional.empty(), of)
              : List.of(snapshots.find(snapshot, of));
      Table table = new Table("SNAPSHOT", "TIME", "DATASET", ">SIZE", "MODIFIED", "PATH");
      List<Map<String, Object>> list = new ArrayList<>();
      for (SnapshotRecord record : records) {
        try (SnapshotView view = snapshots.open(record)) {
          Entries.walk(
              view,
              TreePath.ROOT,
              view.root(),
              (path, node) -> {
                if (matches(matcher, path, node)) {
                  Map<String, Object> fields = new LinkedHashMap<>();
                  fields.put("snapshot", record.header().id().hex());
                  fields.put("time", record.header().time());
                  fields.put("tenant", record.header().tenant().value());
                  fields.put("dataset", record.header().dataset().value());
                  fields.putAll(Entries.fields(path, node));
                  list.add(fields);
                  table.row(
                      record.header().id().hex(),
                      Units.time(record.header().time()),
                      record.header().tenant() + "/" + record.header().dataset(),
                      node instanceof Node.File ? Units.bytes(Entries.bytes(node)) : "",
                      Units.time(Entries.mtime(node.attributes())),
                      path.toString());
                }
              });
        }
      }
      if (json()) {
        printJson(list);
      } else if (!list.isEmpty()) {
        print(table);
      }
      if (list.isEmpty()) {
        invocation().say("Nothing matches in %d snapshots.".formatted(records.size()));
        return ExitCode.NOT_FOUND;
      }
      return ExitCode.DONE;
    }
  }

  /** The patterns are those that leave things out of a directory dataset. */
  private static boolean matches(Excludes matcher, TreePath path, Node node) {
    return matcher.excludes(
        path.names().stream().map(Name::toBytes).toList(), node instanceof Node.Directory);
  }
}
