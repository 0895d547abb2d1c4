package dev.lifeboat.cli.command;

import dev.lifeboat.cli.ExitCode;
import dev.lifeboat.cli.Invocation;
import dev.lifeboat.cli.output.Table;
import dev.lifeboat.cli.output.Units;
import dev.lifeboat.cli.wiring.Snapshots;
import dev.lifeboat.cli.wiring.Workspace;
import dev.lifeboat.vault.snapshot.SnapshotRecord;
import dev.lifeboat.vault.snapshot.SnapshotView;
import dev.lifeboat.vault.tree.Content;
import dev.lifeboat.vault.tree.Name;
import dev.lifeboat.vault.tree.Node;
import dev.lifeboat.vault.tree.TreePath;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;

/** {@code lifeboat diff}. */
@CommandLine.Command(
    name = "diff",
    description = "Show what differs between two snapshots. Needs the recovery kit.")
public final class DiffCommand extends Command {
  @CommandLine.Parameters(index = "0", paramLabel = "FROM", description = "The earlier snapshot.")
  private String from = "";

  @CommandLine.Parameters(index = "1", paramLabel = "TO", description = "The later snapshot.")
  private String to = "";

  @CommandLine.Option(
      names = "--dataset",
      paramLabel = "NAME",
      description = "Of this dataset: NAME or TENANT/NAME.")
  private @Nullable String dataset;

  DiffCommand(Invocation invocation) {
    super(invocation);
  }

  /** What became of a path. */
  private enum Change {
    ADDED('+'),
    REMOVED('-'),
    CONTENT('M'),
    ATTRIBUTES('a'),
    TYPE('T');

    private final char letter;

    Change(char letter) {
      this.letter = letter;
    }
  }

  private record Difference(
      Change change, TreePath path, @Nullable Node before, @Nullable Node after) {}

  @Override
  ExitCode execute() throws Exception {
    try (Workspace workspace = Workspace.open(invocation())) {
      Snapshots snapshots = new Snapshots(workspace);
      SnapshotRecord first = snapshots.find(from, Optional.ofNullable(dataset));
      SnapshotRecord second = snapshots.find(to, Optional.ofNullable(dataset));
      List<Difference> differences = new ArrayList<>();
      try (SnapshotView before = snapshots.open(first);
          SnapshotView after = snapshots.open(second)) {
        compare(TreePath.ROOT, before, before.root(), after, after.root(), differences);
      }
      print(differences);
      return ExitCode.DONE;
    }
  }

  private void print(List<Difference> differences) {
    if (json()) {
      printJson(differences.stream().map(DiffCommand::fields).toList());
      return;
    }
    Table table = new Table("", ">SIZE", "PATH");
    for (Difference difference : differences) {
      Node shown = difference.after == null ? difference.before : difference.after;
      table.row(
          String.valueOf(difference.change.letter),
          shown instanceof Node.File ? Units.bytes(Entries.bytes(shown)) : "",
          difference.path.toString());
    }
    if (table.isEmpty()) {
      invocation().say("No difference.");
    } else {
      print(table);
      invocation().say("+ added, - removed, M other content, a other attributes, T other type");
    }
  }

  private static Map<String, Object> fields(Difference difference) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("change", difference.change.name().toLowerCase(Locale.ROOT));
    fields.put("path", difference.path.toString());
    if (difference.before != null) {
      fields.put("before", Entries.fields(difference.path, difference.before));
    }
    if (difference.after != null) {
      fields.put("after", Entries.fields(difference.path, difference.after));
    }
    return fields;
  }

  /**
   * Compares directories name by name. Chunk ids are keyed by tenant: across tenants everything
   * would differ, which is why content equal by its ids is equal, and never the other way round.
   */
  private static void compare(
      TreePath path,
      SnapshotView before,
      @Nullable Content left,
      SnapshotView after,
      @Nullable Content right,
      List<Difference> out) {
    if (left != null && left.equals(right)) {
      return;
    }
    Map<Name, Node> old = nodes(before, left);
    Map<Name, Node> young = nodes(after, right);
    TreeSet<Name> names = new TreeSet<>(old.keySet());
    names.addAll(young.keySet());
    for (Name name : names) {
      Node a = old.get(name);
      Node b = young.get(name);
      TreePath child = path.child(name);
      Change change = change(a, b);
      if (change != null) {
        out.add(new Difference(change, child, a, b));
      }
      Content inner = a instanceof Node.Directory d ? d.content() : null;
      Content outer = b instanceof Node.Directory d ? d.content() : null;
      if (inner != null || outer != null) {
        compare(child, before, inner, after, outer, out);
      }
    }
  }

  private static Map<Name, Node> nodes(SnapshotView view, @Nullable Content content) {
    TreeMap<Name, Node> nodes = new TreeMap<>();
    if (content != null) {
      view.list(content).forEach(node -> nodes.put(node.name(), node));
    }
    return nodes;
  }

  private static @Nullable Change change(@Nullable Node a, @Nullable Node b) {
    if (a == null) {
      return Change.ADDED;
    }
    if (b == null) {
      return Change.REMOVED;
    }
    if (Entries.letter(a) != Entries.letter(b)) {
      return Change.TYPE;
    }
    if (!Objects.equals(content(a), content(b))) {
      return Change.CONTENT;
    }
    return a.attributes().equals(b.attributes()) ? null : Change.ATTRIBUTES;
  }

  /** What the node consists of; a directory's nodes are compared on their own. */
  private static Object content(Node node) {
    return switch (node) {
      case Node.File file ->
          List.of(file.content(), Optional.ofNullable(file.extents()), file.bytes());
      case Node.Directory _ -> "";
      case Node.Symlink link -> link.target();
      case Node.Special special -> List.of(special.major(), special.minor());
    };
  }
}
