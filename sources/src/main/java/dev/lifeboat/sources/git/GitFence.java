package dev.lifeboat.sources.git;

import dev.lifeboat.sources.fence.Fence;
import dev.lifeboat.sources.fence.FenceContext;
import dev.lifeboat.sources.fence.Fenced;
import dev.lifeboat.vault.snapshot.SnapshotHeader;
import java.nio.file.Path;

/** A scratch directory of bare repositories. */
public final class GitFence implements Fence {
  @Override
  public String kind() {
    return GitSource.KIND;
  }

  @Override
  public Fenced raise(SnapshotHeader snapshot, FenceContext context) {
    Path directory = context.directory();
    return new FencedRepositories(
        directory.resolve("repositories"), directory.resolve("trials"), context.children());
  }
}
