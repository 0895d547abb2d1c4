package dev.lifeboat.cli.command;

import dev.lifeboat.cli.ExitCode;
import dev.lifeboat.cli.Invocation;
import dev.lifeboat.cli.RawArguments;
import dev.lifeboat.cli.output.Table;
import dev.lifeboat.cli.output.Units;
import dev.lifeboat.cli.wiring.Snapshots;
import dev.lifeboat.cli.wiring.Workspace;
import dev.lifeboat.vault.VaultException;
import dev.lifeboat.vault.snapshot.SnapshotRecord;
import dev.lifeboat.vault.snapshot.SnapshotView;
import dev.lifeboat.vault.tree.Content;
import dev.lifeboat.vault.tree.Node;
import dev.lifeboat.vault.tree.TreePath;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import picocli.CommandLine;

/** {@code lifeboat ls}. */
@CommandLine.Command(
    name = "ls",
    description = "Show what a snapshot holds. Needs the recovery kit.")
public final class LsCommand extends Command {
  @CommandLine.Mixin private final SnapshotOptions snapshot = new SnapshotOptions();

  @CommandLine.Parameters(
      index = "1..*",
      arity = "0..*",
      paramLabel = "PATH",
      description = "Files or directories in the snapshot; without one, its root.")
  private List<String> paths = List.of();

  @CommandLine.Option(
      names = {"-R", "--recursive"},
      description = "Everything below, too.")
  private boolean recursive;

  LsCommand(Invocation invocation) {
    super(invocation);
  }

  @Override
  ExitCode execute() throws Exception {
    try (Workspace workspace = Workspace.open(invocation())) {
      SnapshotRecord record = snapshot.find(workspace);
      try (SnapshotView view = new Snapshots(workspace).open(record)) {
        Table table = new Table("MODE", "OWNER", ">SIZE", "MODIFIED", "NAME");
        List<Map<String, Object>> list = new ArrayList<>();
        BiConsumer<TreePath, Node> each =
            json()
                ? (path, node) -> list.add(Entries.fields(path, node))
                : (path, node) -> row(table, path, node);
        if (paths.isEmpty()) {
          directory(view, TreePath.ROOT, view.root(), each);
        }
        for (String path : paths) {
          show(view, TreePath.of(RawArguments.bytes(path)), record, each);
        }
        if (json()) {
          printJson(list);
        } else if (!table.isEmpty()) {
          print(table);
        }
        return ExitCode.DONE;
      }
    }
  }

  private void show(
      SnapshotView view, TreePath path, SnapshotRecord record, BiConsumer<TreePath, Node> each) {
    if (path.isRoot()) {
      directory(view, path, view.root(), each);
      return;
    }
    Node node =
        view.find(path)
            .orElseThrow(() ->
                new VaultException.NotFound(
                    "snapshot %s has no %s".formatted(record.header().id(), path)));
    if (node instanceof Node.Directory directory) {
      directory(view, path, directory.content(), each);
    } else {
      each.accept(path, node);
    }
  }

  private void directory(
      SnapshotView view, TreePath path, Content content, BiConsumer<TreePath, Node> each) {
    if (recursive) {
      Entries.walk(view, path, content, each);
    } else {
      view.list(content).forEach(node -> each.accept(path.child(node.name()), node));
    }
  }

  private static void row(Table table, TreePath path, Node node) {
    String name = path.toString();
    if (node instanceof Node.Symlink link) {
      name += " -> " + Entries.target(link);
    }
    table.row(
        Entries.mode(node),
        Entries.owner(node.attributes()),
        node instanceof Node.File ? Units.bytes(Entries.bytes(node)) : "",
        Units.time(Entries.mtime(node.attributes())),
        name);
  }
}
