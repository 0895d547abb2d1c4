package dev.lifeboat.restore;

import dev.lifeboat.vault.VaultException;
import dev.lifeboat.vault.chunk.ChunkId;
import dev.lifeboat.vault.index.ChunkLocation;
import dev.lifeboat.vault.pack.PackId;
import dev.lifeboat.vault.snapshot.ChunkReader;
import dev.lifeboat.vault.snapshot.Expectations;
import dev.lifeboat.vault.snapshot.Problem;
import dev.lifeboat.vault.snapshot.SnapshotHeader;
import dev.lifeboat.vault.snapshot.SnapshotView;
import dev.lifeboat.vault.tree.Attributes;
import dev.lifeboat.vault.tree.Content;
import dev.lifeboat.vault.tree.Node;
import dev.lifeboat.vault.tree.TreePath;
import java.io.InputStream;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;

/** Counts the frames that are fetched, and can stop giving any. */
final class CountingView implements SnapshotView, ChunkReader {
  private final SnapshotView view;
  private final AtomicInteger frames = new AtomicInteger();
  private int last = Integer.MAX_VALUE;

  CountingView(SnapshotView view) {
    this.view = view;
  }

  /** After so many frames, no region answers any more. */
  CountingView failingAfter(int frames) {
    last = frames;
    return this;
  }

  int frames() {
    return frames.get();
  }

  @Override
  public byte[] frame(PackId pack, int frame) {
    if (frames.incrementAndGet() > last) {
      throw new VaultException.Unreachable("no region answers", List.of());
    }
    return view.chunks().frame(pack, frame);
  }

  @Override
  public List<ChunkId> flatten(Content content) {
    return view.chunks().flatten(content);
  }

  @Override
  public ChunkLocation locate(ChunkId chunk) {
    return view.chunks().locate(chunk);
  }

  @Override
  public ChunkId name(byte[] bytes, int from, int length) {
    return view.chunks().name(bytes, from, length);
  }

  @Override
  public SnapshotHeader header() {
    return view.header();
  }

  @Override
  public Attributes rootAttributes() {
    return view.rootAttributes();
  }

  @Override
  public Content root() {
    return view.root();
  }

  @Override
  public Expectations expectations() {
    return view.expectations();
  }

  @Override
  public List<Problem> problems() {
    return view.problems();
  }

  @Override
  public List<Node> list(Content directory) {
    return view.list(directory);
  }

  @Override
  public Optional<Node> find(TreePath path) {
    return view.find(path);
  }

  @Override
  public InputStream open(Content content) {
    return view.open(content);
  }

  @Override
  public ChunkReader chunks() {
    return this;
  }

  @Override
  public void close() {
    view.close();
  }
}
