package dev.lifeboat.restore;

import dev.lifeboat.vault.index.ChunkLocation;
import dev.lifeboat.vault.pack.PackId;
import dev.lifeboat.vault.tree.Attributes;
import dev.lifeboat.vault.tree.Node;
import dev.lifeboat.vault.tree.TreePath;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a restore, or a part of it, will do, in the order it will do it: which directories and nodes
 * to make, which frames of which packs to fetch, and where each chunk of them goes.
 *
 * <p>Packs come in the order in which the tree first needs them, frames in the order they lie in
 * their pack: each frame is fetched and decoded once, whatever number of files it feeds, and files
 * that were captured together are written together.
 */
final class RestorePlan {
  private static final int CHUNKS_FOR_A_FILE = 4;

  /** A directory to make, with the attributes it has in the end. */
  record PlannedDirectory(TreePath path, Attributes attributes) {}

  /** A symbolic link, fifo, socket or device. */
  record PlannedOther(TreePath path, Node node) {}

  /** A further name of a file or special node that is written under another path. */
  record PlannedLink(TreePath path, Attributes attributes, TreePath original) {}

  private final List<PlannedDirectory> directories = new ArrayList<>();
  private final List<PlannedFile> files = new ArrayList<>();
  private final List<PlannedOther> others = new ArrayList<>();
  private final List<PlannedLink> links = new ArrayList<>();
  private final Map<PackId, PackPieces> pieces = new LinkedHashMap<>();
  private final List<RestoreFailure> failures = new ArrayList<>();
  private long contentBytes;
  private long chunks;

  void add(PlannedFile file, List<ChunkLocation> locations) {
    for (int i = 0; i < locations.size(); i++) {
      ChunkLocation at = locations.get(i);
      pieces
          .computeIfAbsent(at.pack(), _ -> new PackPieces())
          .add(new Piece(at.frame(), at.offset(), at.bytes(), file, i));
    }
    files.add(file);
    chunks += locations.size();
    contentBytes += file.contentBytes();
  }

  /** Whether there are this many nodes, or chunks of more memory. */
  boolean isLargerThan(int mostFiles) {
    return files.size() + others.size() >= mostFiles
        || chunks >= (long) CHUNKS_FOR_A_FILE * mostFiles;
  }

  /** To be called when everything is there. */
  void sort() {
    directories.sort(Comparator.comparing(PlannedDirectory::path));
    pieces.values().forEach(PackPieces::sort);
  }

  /** Directories that are meant or lead to something that is, each before what it holds. */
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

  /** Pieces by pack. */
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
}
