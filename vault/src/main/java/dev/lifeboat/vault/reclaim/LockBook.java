package dev.lifeboat.vault.reclaim;

import dev.lifeboat.vault.Digest;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.time.Instant;

/**
 * Until when objects of one region are locked, as far as the region has said so: a file of the
 * local cache. Losing it costs a question for each object. A lock that somebody with a special
 * right has shortened is still in it as it was.
 *
 * <p>Layout, numbers big-endian: magic; for each object: 1, its name, seconds since 1970 (8); then
 * 0, and SHA-256 of everything before.
 */
final class LockBook {
  private static final long MAGIC = 0x4c46424c4f434b01L; // "LFBLOCK", version 1

  private final Path file;

  LockBook(Path file) {
    this.file = file;
  }

  /** Is told of one object. */
  interface Row {
    void row(String key, Instant until) throws IOException;
  }

  /** Shows all that is known; nothing if the file is not there, or not whole. */
  void read(Row each) throws IOException {
    if (!Files.exists(file) || !DigestedFile.endsWithItsDigest(file)) {
      return;
    }
    try (DataInputStream in =
        new DataInputStream(new BufferedInputStream(Files.newInputStream(file), 1 << 16))) {
      if (in.readLong() != MAGIC) {
        return;
      }
      while (in.readByte() != 0) {
        String key = in.readUTF();
        each.row(key, Instant.ofEpochSecond(in.readLong()));
      }
    }
  }

  /** Writes all rows there are. */
  interface Source {
    void writeTo(Row out) throws IOException;
  }

  /** Replaces the book, all or nothing. */
  void write(Source rows) throws IOException {
    Path directory = file.toAbsolutePath().getParent();
    if (directory == null) {
      throw new IOException(file + " has no directory");
    }
    Files.createDirectories(directory);
    Path temporary = Files.createTempFile(directory, "locks", ".tmp");
    MessageDigest sha = Digest.sha256();
    try {
      try (DataOutputStream out =
          new DataOutputStream(
              new BufferedOutputStream(
                  new DigestOutputStream(Files.newOutputStream(temporary), sha), 1 << 16))) {
        out.writeLong(MAGIC);
        rows.writeTo((key, until) -> {
          out.writeByte(1);
          out.writeUTF(key);
          out.writeLong(until.getEpochSecond());
        });
        out.writeByte(0);
      }
      try (RandomAccessFile end = new RandomAccessFile(temporary.toFile(), "rw")) {
        end.seek(end.length());
        end.write(Digest.read(sha.digest(), 0).toBytes());
      }
      Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      Files.deleteIfExists(temporary);
    }
  }
}
