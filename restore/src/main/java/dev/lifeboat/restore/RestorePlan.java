package dev.lifeboat.restore;

import dev.lifeboat.vault.VaultException;
import dev.lifeboat.vault.chunk.ChunkId;
import dev.lifeboat.vault.index.ChunkLocation;
import dev.lifeboat.vault.pack.PackId;
import dev.lifeboat.vault.snapshot.ChunkReader;
import dev.lifeboat.vault.snapshot.SnapshotView;
import dev.lifeboat.vault.tree.Attributes;
import dev.lifeboat.vault.tree.Content;
import dev.lifeboat.vault.tree.Node;
import dev.lifeboat.vault.tree.TreePath;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a restore will do, in the order it will do it: which directories and nodes to make, which
 * frames of which packs to fetch, and where each chunk of them goes.
 *
 * <p>Packs come in the order in which the tree first needs them, frames in the order they lie in
 * their pack: each frame is fetched and decoded once, whatever number of files it feeds, and files
 * that were captured together are written together.
 */
final class RestorePlan {
  /** A directory to make, with the attributes it has in the end. */
  record PlannedDirectory(TreePath path, Attributes attributes) {}

  /** A symbolic link, fifo, socket or device. */
  record PlannedOther(TreePath path, Node node) {}

  /** A further name of a file or special node that is written under another path. */
  record PlannedLink(TreePath path, Attributes attributes, TreePath original) {}

  private final SnapshotView snapshot;
  private final Selection selection;
  private final ChunkReader chunks;

  private final List<PlannedDirectory> directories = new ArrayList<>();
  private final List<PlannedFile> files = new ArrayList<>();
  private final List<PlannedOther> others = new ArrayList<>();
  private final List<PlannedLink> links = new ArrayList<>();
  private final Map<PackId, PackPieces> pieces = new LinkedHashMap<>();
  private final Map<Node.LinkGroup, TreePath> firstNames = new HashMap<>();
  private final List<RestoreFailure> failures = new ArrayList<>();
  private long contentBytes;

  private RestorePlan(SnapshotView snapshot, Selection selection) {
    this.snapshot = snapshot;
    this.selection = selection;
    this.chunks = snapshot.chunks();
  }

  /**
   * Plans a restore, reading the selected part of the tree and nothing else.
   *
   * @throws VaultException.NotFound if a selected path is not in the snapshot
   */
  static RestorePlan of(SnapshotView snapshot, Selection selection) {
    RestorePlan plan = new RestorePlan(snapshot, selection);
    selection.requirePathsIn(snapshot);
    plan.walk(TreePath.ROOT, snapshot.root());
    plan.directories.add(new PlannedDirectory(TreePath.ROOT, snapshot.rootAttributes()));
    plan.pieces.values().forEach(PackPieces::sort);
    return plan;
  }

  /** The root and all directories below it that are meant or lead to something that is. */
  List<PlannedDirectory> directories() {
    return directories;
  }

  /** Every file once, under the first of its names. */
  List<PlannedFile> files() {
    return files;
  }

  List<PlannedOther> others() {
    return others;
  }

  List<PlannedLink> links() {
    return links;
  }

  /** Pieces by pack; within a pack in order of frames. */
  Map<PackId, PackPieces> pieces() {
    return pieces;
  }

  /** What is known already to be beyond restoring, because its tree or its index is damaged. */
  List<RestoreFailure> failures() {
    return failures;
  }

  /** What will be written into files, each hard-linked file once, holes not counted. */
  long contentBytes() {
    return contentBytes;
  }

  /** Plans what is below a directory; tells whether that is anything. */
  private boolean walk(TreePath directory, Content content) {
    List<Node> nodes;
    try {
      nodes = snapshot.list(content);
    } catch (VaultException.Damaged e) {
      failures.add(RestoreFailure.of(directory, e));
      return true;
    }
    boolean any = false;
    for (Node node : nodes) {
      TreePath path = directory.child(node.name());
      boolean isDirectory = node instanceof Node.Directory;
      if (!selection.mayHold(path, isDirectory)) {
        continue;
      }
      boolean selected = selection.selects(path, isDirectory);
      boolean planned = selected;
      switch (node) {
        case Node.Directory child -> {
          planned |= walk(path, child.content());
          if (planned) {
            directories.add(new PlannedDirectory(path, child.attributes()));
          }
        }
        case Node.File file when selected -> {
          if (isFirstName(path, file.attributes(), file.link())) {
            planFile(path, file);
          }
        }
        case Node.Special special when selected -> {
          if (isFirstName(path, special.attributes(), special.link())) {
            others.add(new PlannedOther(path, special));
          }
        }
        case Node.Symlink link when selected -> others.add(new PlannedOther(path, link));
        case Node.File _, Node.Special _, Node.Symlink _ -> {}
      }
      any |= planned;
    }
    return any;
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
    links.add(new PlannedLink(path, attributes, original));
    return false;
  }

  private void planFile(TreePath path, Node.File node) {
    List<ChunkId> ids;
    List<ChunkLocation> locations = new ArrayList<>();
    try {
      ids = chunks.flatten(node.content());
      ids.forEach(id -> locations.add(chunks.locate(id)));
    } catch (VaultException.Damaged e) {
      failures.add(RestoreFailure.of(path, e));
      return;
    }
    PlannedFile file =
        new PlannedFile(
            path, node, ids, locations.stream().mapToInt(ChunkLocation::bytes).toArray());
    if (file.contentBytes() != node.content().bytes()) {
      failures.add(
          new RestoreFailure(
              path,
              "its chunks have %d bytes, its entry says %d"
                  .formatted(file.contentBytes(), node.content().bytes())));
      return;
    }
    for (int i = 0; i < ids.size(); i++) {
      ChunkLocation at = locations.get(i);
      pieces
          .computeIfAbsent(at.pack(), _ -> new PackPieces())
          .add(new Piece(at.frame(), at.offset(), at.bytes(), file, i));
    }
    files.add(file);
    contentBytes += file.contentBytes();
  }
}
