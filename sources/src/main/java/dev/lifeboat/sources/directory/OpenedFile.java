package dev.lifeboat.sources.directory;

import dev.lifeboat.sources.posix.Descriptor;
import dev.lifeboat.sources.posix.FileStatus;
import dev.lifeboat.vault.tree.Extent;
import dev.lifeboat.vault.tree.Node;
import java.io.IOException;

/** The {@link ExistingFile} of a {@link TreeWriter}. */
final class OpenedFile implements ExistingFile {
  private static final int BUFFER_BYTES = 256 * 1024;

  private final Descriptor file;
  private final FileStatus status;
  private final Node.File node;
  private final Layout layout;

  OpenedFile(Descriptor file, FileStatus status, Node.File node) {
    this.file = file;
    this.status = status;
    this.node = node;
    this.layout = Layout.of(node);
  }

  @Override
  public boolean looksEqual() {
    return status.size() == node.bytes()
        && status.mtimeSeconds() == node.attributes().mtimeSeconds()
        && status.mtimeNanos() == node.attributes().mtimeNanos();
  }

  @Override
  public boolean sameShape() throws IOException {
    if (status.size() != node.bytes()) {
      return false;
    }
    if (node.extents() == null) {
      return true;
    }
    long at = 0;
    for (Extent extent : layout.extents()) {
      if (!zeros(at, extent.offset())) {
        return false;
      }
      at = extent.end();
    }
    return zeros(at, node.bytes());
  }

  private boolean zeros(long from, long to) throws IOException {
    byte[] buffer = new byte[BUFFER_BYTES];
    long at = from;
    while (at < to) {
      long data = file.seekData(at);
      if (data < 0 || data >= to) {
        return true;
      }
      int bytes = file.read(data, buffer, 0, (int) Math.min(buffer.length, to - data));
      if (bytes == 0) {
        return true;
      }
      for (int i = 0; i < bytes; i++) {
        if (buffer[i] != 0) {
          return false;
        }
      }
      at = data + bytes;
    }
    return true;
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
  public void close() {
    file.close();
  }
}
