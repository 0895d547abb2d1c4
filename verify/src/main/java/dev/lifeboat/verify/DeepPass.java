package dev.lifeboat.verify;

import dev.lifeboat.vault.VaultException;
import dev.lifeboat.vault.chunk.ChunkId;
import dev.lifeboat.vault.engine.Vault;
import dev.lifeboat.vault.index.ChunkLocation;
import dev.lifeboat.vault.pack.PackId;
import dev.lifeboat.vault.region.RegionName;
import dev.lifeboat.vault.seal.TenantReadKeys;
import dev.lifeboat.vault.snapshot.ChunkReader;
import dev.lifeboat.vault.snapshot.SnapshotRecord;
import dev.lifeboat.vault.snapshot.SnapshotView;
import dev.lifeboat.vault.tree.Content;
import dev.lifeboat.vault.tree.Node;
import dev.lifeboat.vault.tree.TreePath;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Reads every snapshot from one region alone, as a restore would: trees are walked, every chunk of
 * every file is located, and every frame is decrypted and compared with its chunk ids, each once.
 */
final class DeepPass {
  private final Vault vault;
  private final RegionName region;
  private final VerificationProgress progress;
  private final Map<PackId, BitSet> framesSeen = new HashMap<>();
  private final Set<Content> directoriesSeen = new HashSet<>();
  private final List<Finding> findings = new ArrayList<>();
  private long frames;

  /**
   * @param vault over this region and no other
   */
  DeepPass(Vault vault, RegionName region, VerificationProgress progress) {
    this.vault = vault;
    this.region = region;
    this.progress = progress;
  }

  List<Finding> findings() {
    return findings;
  }

  long frames() {
    return frames;
  }

  /**
   * Reads one snapshot.
   *
   * @param keys all generations of its tenant's keys
   */
  void check(SnapshotRecord snapshot, List<TenantReadKeys> keys) throws InterruptedException {
    String name = snapshot.header().dataset() + "/" + snapshot.header().id();
    progress.at("%s in %s".formatted(name, region));
    Set<String> faults = new HashSet<>();
    try (SnapshotView view = vault.open(snapshot, keys)) {
      walk(view, TreePath.ROOT, view.root(), faults);
    } catch (VaultException e) {
      faults.add(String.valueOf(e.getMessage()));
    }
    for (String fault : faults) {
      findings.add(new Finding.Unrestorable(region, fault, Hurt.of(List.of(name))));
    }
  }

  /** Notes a snapshot that could not even be begun with. */
  void fail(String name, VaultException why) {
    findings.add(
        new Finding.Unrestorable(region, String.valueOf(why.getMessage()), Hurt.of(List.of(name))));
  }

  private void walk(SnapshotView view, TreePath path, Content content, Set<String> faults)
      throws InterruptedException {
    if (!directoriesSeen.add(content)) {
      // Checked with all below it, for this snapshot or an earlier one.
      return;
    }
    read(view.chunks(), path, content, faults);
    List<Node> nodes;
    try {
      nodes = view.list(content);
    } catch (VaultException.Damaged e) {
      fault(path, e, faults);
      return;
    }
    for (Node node : nodes) {
      TreePath child = path.child(node.name());
      switch (node) {
        case Node.Directory directory -> walk(view, child, directory.content(), faults);
        case Node.File file -> read(view.chunks(), child, file.content(), faults);
        case Node.Symlink _, Node.Special _ -> {}
      }
    }
  }

  private void fault(TreePath path, VaultException e, Set<String> faults) {
    // Whatever is below a directory with a fault has to be found wanting in later snapshots too.
    directoriesSeen.clear();
    faults.add("%s: %s".formatted(path, e.getMessage()));
  }

  private void read(ChunkReader chunks, TreePath path, Content content, Set<String> faults)
      throws InterruptedException {
    try {
      for (ChunkId chunk : chunks.flatten(content)) {
        if (Thread.interrupted()) {
          throw new InterruptedException("verification was stopped at " + path);
        }
        ChunkLocation at = chunks.locate(chunk);
        BitSet seen = framesSeen.computeIfAbsent(at.pack(), _ -> new BitSet());
        if (!seen.get(at.frame())) {
          chunks.frame(at.pack(), at.frame());
          seen.set(at.frame());
          frames++;
          progress.frames(1);
        }
      }
    } catch (VaultException.Damaged e) {
      fault(path, e, faults);
    }
  }
}
