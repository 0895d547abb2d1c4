package dev.lifeboat.vault.reclaim;

import dev.lifeboat.vault.Digest;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;

/** Tells files that are whole from those that a crash or a disk has damaged. */
final class DigestedFile {
  private DigestedFile() {}

  /** Whether the last 32 bytes of a file are the SHA-256 of those before. */
  static boolean endsWithItsDigest(Path file) throws IOException {
    MessageDigest sha = Digest.sha256();
    long left = Files.size(file) - Digest.BYTES;
    if (left < 0) {
      return false;
    }
    try (DataInputStream in =
        new DataInputStream(new BufferedInputStream(Files.newInputStream(file), 1 << 16))) {
      byte[] piece = new byte[1 << 16];
      while (left > 0) {
        int read = in.read(piece, 0, (int) Math.min(left, piece.length));
        if (read < 0) {
          return false;
        }
        sha.update(piece, 0, read);
        left -= read;
      }
      return ReferenceTable.digest(in).equals(Digest.read(sha.digest(), 0));
    }
  }
}
