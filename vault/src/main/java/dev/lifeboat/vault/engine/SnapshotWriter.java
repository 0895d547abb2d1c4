package dev.lifeboat.vault.engine;

import dev.lifeboat.vault.snapshot.Captured;
import dev.lifeboat.vault.snapshot.SnapshotSink;
import dev.lifeboat.vault.tree.Content;
import dev.lifeboat.vault.tree.Node;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;

/** A snapshot being written. Closing it without a commit abandons it. */
// The bodies follow with the write path.
@SuppressWarnings("DoNotCallSuggester")
public final class SnapshotWriter implements SnapshotSink, AutoCloseable {
  SnapshotWriter() {}

  @Override
  public Content store(InputStream in) throws IOException {
    throw new UnsupportedOperationException("not written yet");
  }

  @Override
  public boolean reuse(Content content) {
    throw new UnsupportedOperationException("not written yet");
  }

  @Override
  public Content storeDirectory(List<Node> nodes) {
    throw new UnsupportedOperationException("not written yet");
  }

  public Committed commit(Captured captured) {
    throw unwritten();
  }

  private static UnsupportedOperationException unwritten() {
    return new UnsupportedOperationException("not written yet");
  }

  @Override
  public void close() {}
}
