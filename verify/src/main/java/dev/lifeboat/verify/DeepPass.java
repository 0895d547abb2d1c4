package dev.lifeboat.verify;

import dev.lifeboat.vault.VaultException;
import dev.lifeboat.vault.chunk.ChunkId;
import dev.lifeboat.vault.engine.Vault;
import dev.lifeboat.vault.index.ChunkLocation;
import dev.lifeboat.vault.pack.PackId;
import dev.lifeboat.vault.region.RegionName;
import dev.lifeboat.vault.seal.TenantReadKeys;
import dev.lifeboat.vault.snapshot.ChunkReader;
import dev.lifeboat.vault.snapshot.FrameSink;
import dev.lifeboat.vault.snapshot.OpenedFrame;
import dev.lifeboat.vault.snapshot.PackFrames;
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
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Reads every snapshot from one region alone, as a restore would: trees are walked, every chunk of
 * every file is located, and every frame is decrypted and compared with its chunk ids, each once,
 * by several threads. Only where that finds damage is the tree walked again, to tell what it hurts.
 */
final class DeepPass {
  private final Vault vault;
  private final RegionName region;
  private final VerificationProgress progress;
  private final int threads;
  private final Map<PackId, BitSet> soundFrames = new HashMap<>();
  private final Set<Content> soundDirectories = new HashSet<>();
  private final List<Finding> findings = new ArrayList<>();
  private long frames;

  /**
   * @param vault over this region and no other
   * @param threads that open frames
   */
  DeepPass(Vault vault, RegionName region, int threads, VerificationProgress progress) {
    this.vault = vault;
    this.region = region;
    this.threads = threads;
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
      new Reading(view, faults).run();
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

  private static void stopIfInterrupted(TreePath path) throws InterruptedException {
    if (Thread.interrupted()) {
      throw new InterruptedException("verification was stopped at " + path);
    }
  }

  /** One snapshot. */
  private final class Reading implements FrameSink {
    private final SnapshotView view;
    private final ChunkReader chunks;
    private final Set<String> faults;
    private final Set<Content> directories = new HashSet<>();
    private final SortedMap<PackId, BitSet> wanted = new TreeMap<>();
    private final Map<PackId, Map<Integer, VaultException>> bad = new HashMap<>();

    private Reading(SnapshotView view, Set<String> faults) {
      this.view = view;
      this.chunks = view.chunks();
      this.faults = faults;
    }

    private void run() throws InterruptedException {
      collect(TreePath.ROOT, view.root());
      chunks.read(
          wanted.entrySet().stream()
              .map(pack -> new PackFrames(pack.getKey(), pack.getValue().stream().toArray()))
              .iterator(),
          threads,
          this);
      if (!bad.isEmpty()) {
        directories.clear();
        blame(TreePath.ROOT, view.root());
      }
      if (faults.isEmpty()) {
        soundDirectories.addAll(directories);
      }
    }

    /** Notes which frames have to be read that were not found sound before. */
    private void collect(TreePath path, Content content) throws InterruptedException {
      if (soundDirectories.contains(content) || !directories.add(content)) {
        // Checked with all below it, for an earlier snapshot, or noted already.
        return;
      }
      want(path, content);
      for (Node node : list(path, content)) {
        TreePath child = path.child(node.name());
        switch (node) {
          case Node.Directory directory -> collect(child, directory.content());
          case Node.File file -> want(child, file.content());
          case Node.Symlink _, Node.Special _ -> {}
        }
      }
    }

    private List<Node> list(TreePath path, Content content) {
      try {
        return view.list(content);
      } catch (VaultException.Damaged e) {
        fault(path, e);
        return List.of();
      }
    }

    private void want(TreePath path, Content content) throws InterruptedException {
      stopIfInterrupted(path);
      try {
        for (ChunkId chunk : chunks.flatten(content)) {
          ChunkLocation at = chunks.locate(chunk);
          BitSet sound = soundFrames.get(at.pack());
          if (sound == null || !sound.get(at.frame())) {
            wanted.computeIfAbsent(at.pack(), _ -> new BitSet()).set(at.frame());
          }
        }
      } catch (VaultException.Damaged e) {
        fault(path, e);
      }
    }

    private void fault(TreePath path, VaultException e) {
      faults.add("%s: %s".formatted(path, e.getMessage()));
    }

    @Override
    public void opened(PackId pack, int frame, OpenedFrame opened) {
      if (!opened.isSound()) {
        damaged(
            pack,
            frame,
            new VaultException.Damaged(
                "frame %d of pack %s holds other bytes than its directory says"
                    .formatted(frame, pack)));
        return;
      }
      synchronized (this) {
        soundFrames.computeIfAbsent(pack, _ -> new BitSet()).set(frame);
        frames++;
        progress.frames(1);
      }
    }

    @Override
    public synchronized void damaged(PackId pack, int frame, VaultException.Damaged why) {
      bad.computeIfAbsent(pack, _ -> new HashMap<>()).put(frame, why);
    }

    /** Names what needs a bad frame, each with the first of its bad frames. */
    private void blame(TreePath path, Content content) throws InterruptedException {
      if (soundDirectories.contains(content)) {
        return;
      }
      blameContent(path, content);
      for (Node node : list(path, content)) {
        TreePath child = path.child(node.name());
        switch (node) {
          case Node.Directory directory -> blame(child, directory.content());
          case Node.File file -> blameContent(child, file.content());
          case Node.Symlink _, Node.Special _ -> {}
        }
      }
    }

    private void blameContent(TreePath path, Content content) throws InterruptedException {
      stopIfInterrupted(path);
      try {
        for (ChunkId chunk : chunks.flatten(content)) {
          ChunkLocation at = chunks.locate(chunk);
          VaultException why = bad.getOrDefault(at.pack(), Map.of()).get(at.frame());
          if (why != null) {
            fault(path, why);
            return;
          }
        }
      } catch (VaultException.Damaged e) {
        fault(path, e);
      }
    }
  }
}
