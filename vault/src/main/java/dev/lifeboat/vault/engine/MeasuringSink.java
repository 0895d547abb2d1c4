package dev.lifeboat.vault.engine;

import dev.lifeboat.vault.chunk.ChunkHasher;
import dev.lifeboat.vault.chunk.Chunker;
import dev.lifeboat.vault.chunk.Gear;
import dev.lifeboat.vault.seal.SecretBytes;
import dev.lifeboat.vault.seal.TenantWriteKeys;
import dev.lifeboat.vault.snapshot.SnapshotSink;
import dev.lifeboat.vault.tree.Content;
import dev.lifeboat.vault.tree.Node;
import dev.lifeboat.vault.tree.TreeCodec;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;

/**
 * Names content exactly as a {@code SnapshotWriter} of the same tenant would, and stores nothing:
 * for measuring what was brought back, and for dry runs. Works in the calling thread. Closing wipes
 * its copy of the key.
 */
public final class MeasuringSink implements SnapshotSink, AutoCloseable {
  private static final int READ_BYTES = 256 << 10;

  private final SecretBytes chunkIdKey;
  private final Gear gear;

  public MeasuringSink(TenantWriteKeys tenant) {
    chunkIdKey = tenant.chunkIdKey().copy();
    gear = Gear.of(chunkIdKey);
  }

  @Override
  public Content store(InputStream in) throws IOException {
    ChunkHasher hasher = new ChunkHasher(chunkIdKey);
    ContentBuilder content =
        new ContentBuilder(gear, (bytes, length) -> hasher.hash(bytes, 0, length));
    Chunker chunker = new Chunker(gear);
    byte[] window = new byte[Chunker.MAX_BYTES + READ_BYTES];
    int filled = 0;
    long total = 0;
    while (true) {
      int read = in.read(window, filled, Math.min(READ_BYTES, window.length - filled));
      if (read < 0) {
        break;
      }
      filled += read;
      total += read;
      for (int cut = chunker.next(window, 0, filled);
          cut > 0;
          cut = chunker.next(window, 0, filled)) {
        content.add(hasher.hash(window, 0, cut));
        System.arraycopy(window, cut, window, 0, filled - cut);
        filled -= cut;
      }
    }
    if (filled > 0) {
      content.add(hasher.hash(window, 0, filled));
    }
    return content.build(total);
  }

  /** Nothing is known here: always {@code false}. */
  @Override
  public boolean reuse(Content content) {
    return false;
  }

  @Override
  public Content storeDirectory(List<Node> nodes) {
    try {
      return store(new ByteArrayInputStream(TreeCodec.encode(nodes)));
    } catch (IOException e) {
      throw new UncheckedIOException("reading from memory cannot fail", e);
    }
  }

  @Override
  public void close() {
    chunkIdKey.close();
  }
}
