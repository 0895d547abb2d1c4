package dev.lifeboat.sources.directory;

import dev.lifeboat.sources.posix.RawPath;
import dev.lifeboat.vault.snapshot.SnapshotView;
import dev.lifeboat.vault.tree.Content;
import dev.lifeboat.vault.tree.Node;
import dev.lifeboat.vault.tree.TreePath;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Writes a whole snapshot through a {@link TreeWriter}, one node after the other. */
public final class TreeCopy {
  private final SnapshotView view;
  private final TreeWriter writer;
  private final List<Outcome.Skipped> skipped = new ArrayList<>();
  private final Map<Node.LinkGroup, TreePath> links = new HashMap<>();

  private TreeCopy(SnapshotView view, TreeWriter writer) {
    this.view = view;
    this.writer = writer;
  }

  /** What came of it. */
  public record Result(List<Outcome.Skipped> skipped, List<WriteWarning> warnings) {}

  public static Result write(SnapshotView view, RawPath target, TreeWriterSettings settings)
      throws IOException {
    try (TreeWriter writer = TreeWriter.open(target, settings)) {
      TreeCopy copy = new TreeCopy(view, writer);
      copy.all();
      return new Result(copy.skipped, writer.finish());
    }
  }

  private record Directory(TreePath path, Content content) {}

  private void all() throws IOException {
    note(writer.directory(TreePath.ROOT, view.rootAttributes()));
    Deque<Directory> stack = new ArrayDeque<>();
    stack.push(new Directory(TreePath.ROOT, view.root()));
    while (!stack.isEmpty()) {
      Directory directory = stack.pop();
      for (Node node : view.list(directory.content())) {
        TreePath path = directory.path().child(node.name());
        switch (node) {
          case Node.Directory child -> {
            Outcome outcome = writer.directory(path, child.attributes());
            note(outcome);
            if (outcome instanceof Outcome.Written) {
              stack.push(new Directory(path, child.content()));
            }
          }
          case Node.File file -> {
            TreePath first = file.link() == null ? null : links.putIfAbsent(file.link(), path);
            note(
                first == null
                    ? file(writer, view, path, file)
                    : writer.link(first, path, file.attributes()));
          }
          case Node.Symlink link -> note(writer.symlink(path, link));
          case Node.Special special -> {
            TreePath first =
                special.link() == null ? null : links.putIfAbsent(special.link(), path);
            note(
                first == null
                    ? writer.special(path, special)
                    : writer.link(first, path, special.attributes()));
          }
        }
      }
    }
  }

  private void note(Outcome outcome) {
    if (outcome instanceof Outcome.Skipped left) {
      skipped.add(left);
    }
  }

  /** Writes one file from beginning to end. */
  static Outcome file(TreeWriter writer, SnapshotView view, TreePath path, Node.File file)
      throws IOException {
    return switch (writer.begin(path, file)) {
      case TreeWriter.Begun.Skipped(Outcome.Skipped outcome) -> outcome;
      case TreeWriter.Begun.Writing(FileWriter out) -> {
        try (out;
            InputStream in = view.open(file.content())) {
          byte[] buffer = new byte[100_000];
          long offset = 0;
          for (int bytes = in.read(buffer); bytes > 0; bytes = in.read(buffer)) {
            out.write(offset, buffer, 0, bytes);
            offset += bytes;
          }
          yield out.finish();
        }
      }
    };
  }
}
