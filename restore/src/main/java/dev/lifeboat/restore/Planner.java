package dev.lifeboat.restore;

import dev.lifeboat.vault.VaultException;
import dev.lifeboat.vault.chunk.ChunkId;
import dev.lifeboat.vault.index.ChunkLocation;
import dev.lifeboat.vault.snapshot.ChunkReader;
import dev.lifeboat.vault.snapshot.SnapshotView;
import dev.lifeboat.vault.tree.Attributes;
import dev.lifeboat.vault.tree.Content;
import dev.lifeboat.vault.tree.Node;
import dev.lifeboat.vault.tree.TreePath;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Walks the selected part of a tree, reading nothing else, and plans it part by part, so that
 * memory does not grow with the number of files: each part names its files and all directories that
 * these lie in and no earlier part had. What lies in frames that two parts need is fetched for
 * each.
 */
final class Planner {
  /** Takes a part; the walk goes on when it returns. */
  interface Parts {
    void planned(RestorePlan part) throws IOException, InterruptedException;
  }

  private final SnapshotView snapshot;
  private final Selection selection;
  private final ChunkReader chunks;
  private final int mostFiles;
  private final Parts parts;
  private final Map<Node.LinkGroup, TreePath> firstNames = new HashMap<>();
  private final List<Open> stack = new ArrayList<>();
  private RestorePlan part = new RestorePlan();

  /** A directory that the walk is in. */
  private static final class Open {
    private final RestorePlan.PlannedDirectory directory;
    private boolean needed;
    private boolean planned;

    private Open(RestorePlan.PlannedDirectory directory) {
      this.directory = directory;
    }
  }

  private Planner(SnapshotView snapshot, Selection selection, int mostFiles, Parts parts) {
    this.snapshot = snapshot;
    this.selection = selection;
    this.chunks = snapshot.chunks();
    this.mostFiles = mostFiles;
    this.parts = parts;
  }

  /**
   * Plans.
   *
   * @param mostFiles of one part, or as many chunks and four times more
   * @throws VaultException.NotFound if a selected path is not in the snapshot
   */
  static void walk(SnapshotView snapshot, Selection selection, int mostFiles, Parts parts)
      throws IOException, InterruptedException {
    selection.requirePathsIn(snapshot);
    Planner planner = new Planner(snapshot, selection, mostFiles, parts);
    Open root =
        new Open(new RestorePlan.PlannedDirectory(TreePath.ROOT, snapshot.rootAttributes()));
    root.needed = true;
    planner.stack.add(root);
    planner.walk(TreePath.ROOT, snapshot.root());
    planner.hand();
  }

  private void walk(TreePath directory, Content content) throws IOException, InterruptedException {
    List<Node> nodes;
    try {
      nodes = snapshot.list(content);
    } catch (VaultException.Damaged e) {
      part.failures().add(RestoreFailure.of(directory, e));
      need();
      return;
    }
    for (Node node : nodes) {
      TreePath path = directory.child(node.name());
      boolean isDirectory = node instanceof Node.Directory;
      if (!selection.mayHold(path, isDirectory)) {
        continue;
      }
      boolean selected = selection.selects(path, isDirectory);
      if (node instanceof Node.Directory child) {
        Open open = new Open(new RestorePlan.PlannedDirectory(path, child.attributes()));
        stack.add(open);
        if (selected) {
          need();
        }
        walk(path, child.content());
        stack.removeLast();
        if (open.needed && !open.planned) {
          part.directories().add(open.directory);
        }
      } else if (selected) {
        need();
        plan(path, node);
        if (part.isLargerThan(mostFiles)) {
          hand();
        }
      }
    }
  }

  /** The directories that the walk is in are wanted. */
  private void need() {
    for (int i = stack.size() - 1; i >= 0 && !stack.get(i).needed; i--) {
      stack.get(i).needed = true;
    }
  }

  private void hand() throws IOException, InterruptedException {
    for (Open open : stack) {
      if (open.needed && !open.planned) {
        open.planned = true;
        part.directories().add(open.directory);
      }
    }
    RestorePlan whole = part;
    part = new RestorePlan();
    whole.sort();
    parts.planned(whole);
  }

  private void plan(TreePath path, Node node) {
    switch (node) {
      case Node.File file -> {
        if (isFirstName(path, file.attributes(), file.link())) {
          planFile(path, file);
        }
      }
      case Node.Special special -> {
        if (isFirstName(path, special.attributes(), special.link())) {
          part.others().add(new RestorePlan.PlannedOther(path, special));
        }
      }
      case Node.Symlink link -> part.others().add(new RestorePlan.PlannedOther(path, link));
      case Node.Directory _ -> throw new IllegalArgumentException("a directory: " + path);
    }
  }

  private boolean isFirstName(
      TreePath path, Attributes attributes, Node.@Nullable LinkGroup group) {
    if (group == null) {
      return true;
    }
    TreePath original = firstNames.putIfAbsent(group, path);
    if (original == null) {
      return true;
    }
    part.links().add(new RestorePlan.PlannedLink(path, attributes, original));
    return false;
  }

  private void planFile(TreePath path, Node.File node) {
    List<ChunkId> ids;
    List<ChunkLocation> locations = new ArrayList<>();
    try {
      ids = chunks.flatten(node.content());
      ids.forEach(id -> locations.add(chunks.locate(id)));
    } catch (VaultException.Damaged e) {
      part.failures().add(RestoreFailure.of(path, e));
      return;
    }
    PlannedFile file =
        new PlannedFile(
            path, node, ids, locations.stream().mapToInt(ChunkLocation::bytes).toArray());
    if (file.contentBytes() != node.content().bytes()) {
      part.failures()
          .add(
              new RestoreFailure(
                  path,
                  "its chunks have %d bytes, its entry says %d"
                      .formatted(file.contentBytes(), node.content().bytes())));
      return;
    }
    part.add(file, locations);
  }
}
