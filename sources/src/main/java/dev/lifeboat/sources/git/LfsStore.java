package dev.lifeboat.sources.git;

import dev.lifeboat.vault.Digest;
import dev.lifeboat.vault.Directories;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;

/** The LFS objects of one mirror: an object is there whole and verified, or not at all. */
final class LfsStore {
  private final Mirror mirror;

  LfsStore(Mirror mirror) throws IOException {
    this.mirror = mirror;
    // Half objects of a run that died.
    Directories.delete(incoming());
  }

  private Path incoming() {
    return mirror.directory().resolve("lfs/incoming");
  }

  boolean has(String oid, long bytes) throws IOException {
    Path file = mirror.lfsObject(oid);
    return Files.isRegularFile(file) && Files.size(file) == bytes;
  }

  /**
   * Takes an object.
   *
   * @param in read to its end, not closed
   * @throws IOException if it is not the object of this id, or cannot be read or written; then
   *     nothing was taken
   */
  void put(String oid, long bytes, InputStream in) throws IOException {
    Files.createDirectories(incoming());
    Path temporary = incoming().resolve(oid);
    MessageDigest digest = Digest.sha256();
    long length = 0;
    try (OutputStream out = Files.newOutputStream(temporary)) {
      byte[] buffer = new byte[1 << 16];
      for (int got = in.read(buffer); got >= 0; got = in.read(buffer)) {
        digest.update(buffer, 0, got);
        out.write(buffer, 0, got);
        length += got;
        if (length > bytes) {
          throw new IOException("more than the %d bytes that its pointer says".formatted(bytes));
        }
      }
    }
    String actual = HexFormat.of().formatHex(digest.digest());
    if (length != bytes || !actual.equals(oid)) {
      Files.delete(temporary);
      throw new IOException(
          "%d bytes with SHA-256 %s, its pointer says %d bytes".formatted(length, actual, bytes));
    }
    DurableFiles.sync(temporary);
    Path file = mirror.lfsObject(oid);
    Files.createDirectories(file.getParent());
    DurableFiles.move(temporary, file);
  }
}
