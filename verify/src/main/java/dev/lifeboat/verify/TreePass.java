package dev.lifeboat.verify;

import dev.lifeboat.vault.VaultException;
import dev.lifeboat.vault.chunk.ChunkId;
import dev.lifeboat.vault.engine.Vault;
import dev.lifeboat.vault.index.ChunkLocation;
import dev.lifeboat.vault.pack.PackId;
import dev.lifeboat.vault.seal.DatasetName;
import dev.lifeboat.vault.seal.TenantReadKeys;
import dev.lifeboat.vault.seal.TenantWriteKeys;
import dev.lifeboat.vault.snapshot.ChunkReader;
import dev.lifeboat.vault.snapshot.PackReference;
import dev.lifeboat.vault.snapshot.SnapshotRecord;
import dev.lifeboat.vault.snapshot.SnapshotView;
import dev.lifeboat.vault.tree.Content;
import dev.lifeboat.vault.tree.Name;
import dev.lifeboat.vault.tree.Node;
import dev.lifeboat.vault.tree.TreePath;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Walks the trees of snapshots from one region alone: every directory is read, and every chunk of
 * every file looked up where a restore of this snapshot would look it up. Whether the frames it is
 * in are right is found by whoever reads the packs.
 *
 * <p>A snapshot is walked beside the one before it of the same dataset. What both have is passed
 * over, if the manifest names every pack that the one before names: then whatever was found for
 * that one is found for this one, too. Memory: the directories that the walk is in, and what two
 * manifests say.
 */
final class TreePass {
  /** More of what is wrong with one snapshot nobody reads. */
  private static final int MOST_FAULTS = 1_000;

  private final Vault vault;
  private final Map<SnapshotRecord, Set<String>> faults = new LinkedHashMap<>();

  /**
   * @param vault over one region and no other
   */
  TreePass(Vault vault) {
    this.vault = vault;
  }

  /** What is wrong with snapshots, in the order in which they were walked. */
  Map<SnapshotRecord, Set<String>> faults() {
    return faults;
  }

  /** A snapshot without faults, and the packs that it names. */
  private record Base(SnapshotView view, List<PackReference> packs) {}

  /**
   * Walks snapshots of one tenant.
   *
   * @param snapshots oldest first
   * @param keys all generations
   */
  void check(List<SnapshotRecord> snapshots, List<TenantReadKeys> keys)
      throws InterruptedException {
    Map<DatasetName, List<SnapshotRecord>> datasets = new LinkedHashMap<>();
    for (SnapshotRecord snapshot : snapshots) {
      datasets.computeIfAbsent(snapshot.header().dataset(), _ -> new ArrayList<>()).add(snapshot);
    }
    for (List<SnapshotRecord> dataset : datasets.values()) {
      Base base = null;
      try {
        for (SnapshotRecord snapshot : dataset) {
          Base next = check(snapshot, base, keys);
          if (next != null) {
            close(base);
            base = next;
          }
        }
      } finally {
        close(base);
      }
    }
  }

  private static void close(@Nullable Base base) {
    if (base != null) {
      base.view.close();
    }
  }

  /** The snapshot as a base for the next one; {@code null} if it has faults. */
  private @Nullable Base check(
      SnapshotRecord snapshot, @Nullable Base base, List<TenantReadKeys> keys)
      throws InterruptedException {
    SnapshotView view = null;
    boolean sound = false;
    try {
      List<PackReference> packs = packs(snapshot, keys);
      view = vault.open(snapshot, keys);
      Walk walk = new Walk(view, snapshot, null);
      if (base != null && hasAll(packs, base.packs)) {
        walk.beside(base.view);
        walk.directory(TreePath.ROOT, view.root(), Optional.of(base.view.root()));
      } else {
        walk.directory(TreePath.ROOT, view.root(), Optional.empty());
      }
      sound = !faults.containsKey(snapshot);
      return sound ? new Base(view, packs) : null;
    } catch (VaultException e) {
      fault(snapshot, String.valueOf(e.getMessage()));
      return null;
    } finally {
      if (view != null && !sound) {
        view.close();
      }
    }
  }

  private List<PackReference> packs(SnapshotRecord snapshot, List<TenantReadKeys> keys) {
    List<TenantWriteKeys> write = keys.stream().map(TenantReadKeys::write).toList();
    return vault.references(snapshot, write);
  }

  /** Whether everything of {@code before} is in {@code packs}; both are in ascending order. */
  private static boolean hasAll(List<PackReference> packs, List<PackReference> before) {
    Iterator<PackReference> here = packs.iterator();
    for (PackReference wanted : before) {
      PackId found = null;
      while (here.hasNext() && (found == null || found.compareTo(wanted.pack()) < 0)) {
        found = here.next().pack();
      }
      if (!wanted.pack().equals(found)) {
        return false;
      }
    }
    return true;
  }

  /**
   * Names what needs bad frames.
   *
   * @param snapshots of one tenant
   */
  void blame(List<SnapshotRecord> snapshots, List<TenantReadKeys> keys, BadFrames bad)
      throws InterruptedException {
    for (SnapshotRecord snapshot : snapshots) {
      try {
        if (packs(snapshot, keys).stream().noneMatch(pack -> bad.has(pack.pack()))) {
          continue;
        }
        // Found again, and what the frames are at fault for in their words.
        faults.remove(snapshot);
        try (SnapshotView view = vault.open(snapshot, keys)) {
          new Walk(view, snapshot, bad).directory(TreePath.ROOT, view.root(), Optional.empty());
        }
      } catch (VaultException e) {
        fault(snapshot, String.valueOf(e.getMessage()));
      }
    }
  }

  private void fault(SnapshotRecord snapshot, String fault) {
    Set<String> all = faults.computeIfAbsent(snapshot, _ -> new LinkedHashSet<>());
    if (all.size() < MOST_FAULTS) {
      all.add(fault);
    } else {
      all.add("and more");
    }
  }

  /** One snapshot. */
  private final class Walk {
    private final SnapshotView view;
    private final ChunkReader chunks;
    private final SnapshotRecord snapshot;
    private final @Nullable BadFrames bad;
    private @Nullable SnapshotView before;

    private Walk(SnapshotView view, SnapshotRecord snapshot, @Nullable BadFrames bad) {
      this.view = view;
      this.chunks = view.chunks();
      this.snapshot = snapshot;
      this.bad = bad;
    }

    private void beside(SnapshotView other) {
      before = other;
    }

    /**
     * @param known what was found right at the same place before
     */
    private void directory(TreePath path, Content content, Optional<Content> known)
        throws InterruptedException {
      if (known.isPresent() && known.get().equals(content)) {
        return;
      }
      if (!content(path, content)) {
        return;
      }
      Map<Name, Node> old = known.isPresent() ? nodes(known.get()) : Map.of();
      for (Node node : list(path, content)) {
        TreePath child = path.child(node.name());
        Node was = old.get(node.name());
        switch (node) {
          case Node.Directory directory ->
              directory(
                  child,
                  directory.content(),
                  was instanceof Node.Directory same
                      ? Optional.of(same.content())
                      : Optional.empty());
          case Node.File file -> {
            if (!(was instanceof Node.File same) || !same.content().equals(file.content())) {
              boolean _ = content(child, file.content());
            }
          }
          case Node.Symlink _, Node.Special _ -> {}
        }
      }
    }

    private Map<Name, Node> nodes(Content directory) {
      Map<Name, Node> nodes = new HashMap<>();
      SnapshotView from = before;
      if (from != null) {
        from.list(directory).forEach(node -> nodes.put(node.name(), node));
      }
      return nodes;
    }

    private List<Node> list(TreePath path, Content content) {
      try {
        return view.list(content);
      } catch (VaultException.Damaged e) {
        fault(path, String.valueOf(e.getMessage()));
        return List.of();
      }
    }

    /** Whether all of a content is where it should be. */
    private boolean content(TreePath path, Content content) throws InterruptedException {
      if (Thread.interrupted()) {
        throw new InterruptedException("verification was stopped at " + path);
      }
      try {
        long bytes = 0;
        for (Iterator<ChunkId> ids = chunks.leaves(content); ids.hasNext(); ) {
          ChunkLocation at = chunks.locate(ids.next());
          bytes += at.bytes();
          Optional<String> why = bad == null ? Optional.empty() : bad.why(at.pack(), at.frame());
          if (why.isPresent()) {
            fault(path, why.get());
            return false;
          }
        }
        if (bytes == content.bytes()) {
          return true;
        }
        fault(
            path, "its chunks have %d bytes, its entry says %d".formatted(bytes, content.bytes()));
      } catch (VaultException.Damaged e) {
        fault(path, String.valueOf(e.getMessage()));
      }
      return false;
    }

    private void fault(TreePath path, String why) {
      TreePass.this.fault(snapshot, "%s: %s".formatted(path, why));
    }
  }
}
