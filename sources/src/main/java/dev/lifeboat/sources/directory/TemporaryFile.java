package dev.lifeboat.sources.directory;

import dev.lifeboat.sources.posix.Descriptor;
import dev.lifeboat.vault.tree.Node;
import dev.lifeboat.vault.tree.TreePath;
import java.io.IOException;
import java.util.concurrent.atomic.AtomicLong;

/** The {@link FileWriter} of a {@link TreeWriter}. */
final class TemporaryFile implements FileWriter {
  /** Gives the finished file its name. */
  interface Placing {
    Outcome place(Descriptor file) throws IOException;
  }

  private final TreePath path;
  private final Node.File node;
  private final Layout layout;
  private final Descriptor file;
  private final SharedDescriptor directory;
  private final boolean resumed;
  private final Placing placing;
  private final AtomicLong have = new AtomicLong();
  private boolean closed;

  /**
   * @param directory held for this file, which releases it
   */
  TemporaryFile(
      TreePath path,
      Node.File node,
      Descriptor file,
      SharedDescriptor directory,
      boolean resumed,
      Placing placing) {
    this.path = path;
    this.node = node;
    this.layout = Layout.of(node);
    this.file = file;
    this.directory = directory;
    this.resumed = resumed;
    this.placing = placing;
  }

  @Override
  public boolean resumed() {
    return resumed;
  }

  @Override
  public void write(long offset, byte[] bytes, int from, int length) throws IOException {
    layout.each(
        offset,
        from,
        length,
        (at, part, partLength) -> {
          file.write(at, bytes, part, partLength);
          return true;
        });
    have.addAndGet(length);
  }

  @Override
  public boolean read(long offset, byte[] into, int from, int length) throws IOException {
    return layout.each(
        offset,
        from,
        length,
        (at, part, partLength) -> file.readFully(at, into, part, partLength) == partLength);
  }

  @Override
  public void keep(long offset, int length) {
    have.addAndGet(length);
  }

  @Override
  public Outcome finish() throws IOException {
    if (have.get() != node.content().bytes()) {
      throw new IllegalStateException(
          "%s: %d of %d bytes were written".formatted(path, have.get(), node.content().bytes()));
    }
    // A fresh file has the length that was written; what an earlier run left may be longer.
    if (resumed && file.status().size() != node.bytes()) {
      file.truncate(node.bytes());
    }
    return placing.place(file);
  }

  @Override
  public synchronized void close() {
    if (!closed) {
      closed = true;
      file.close();
      directory.release();
    }
  }
}
