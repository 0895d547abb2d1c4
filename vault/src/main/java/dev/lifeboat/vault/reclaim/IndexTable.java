package dev.lifeboat.vault.reclaim;

import dev.lifeboat.vault.Digest;
import dev.lifeboat.vault.pack.PackId;
import dev.lifeboat.vault.region.ObjectInfo;
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
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Which packs the index objects of one tenant in one region describe, in a file of the local cache:
 * an index object never changes, and is read once. Passed through from the first to the last name,
 * with one index object in memory.
 *
 * <p>Layout: magic, binding (32), for each object: 1, its name, its length (8), number of packs
 * (4), their ids; then 0 and SHA-256 of everything before.
 */
final class IndexTable {
  private static final long MAGIC = 0x4c46425049445801L; // "LFBPIDX", version 1

  private final Path file;
  private final Digest binding;

  IndexTable(Path file, Digest binding) {
    this.file = file;
    this.binding = binding;
  }

  /** Reads the packs of an index object that is not in the table; {@code null} if it cannot. */
  interface Reader {
    @Nullable Collection<PackId> read(ObjectInfo object) throws IOException;
  }

  /** Is shown what an index object describes; not those that could not be read. */
  interface Visitor {
    void visit(ObjectInfo object, Collection<PackId> packs);
  }

  private record Entry(String name, long bytes, List<PackId> packs) {}

  /**
   * Shows all listed objects, and remembers for the next time those that had to be read.
   *
   * @param listed in ascending order of their keys
   */
  void visit(List<ObjectInfo> listed, Reader reader, Visitor visitor) throws IOException {
    Path directory = file.toAbsolutePath().getParent();
    if (directory == null) {
      throw new IOException(file + " has no directory");
    }
    Files.createDirectories(directory);
    Path temporary = Files.createTempFile(directory, "index", ".tmp");
    MessageDigest sha = Digest.sha256();
    boolean changed = false;
    try {
      try (DataInputStream old = open();
          DataOutputStream out =
              new DataOutputStream(
                  new BufferedOutputStream(
                      new DigestOutputStream(Files.newOutputStream(temporary), sha), 1 << 16))) {
        out.writeLong(MAGIC);
        out.write(binding.toBytes());
        Entry known = next(old);
        for (ObjectInfo object : listed) {
          String name = object.key().lastSegment();
          while (known != null && known.name.compareTo(name) < 0) {
            changed = true;
            known = next(old);
          }
          Collection<PackId> packs;
          if (known != null && known.name.equals(name) && known.bytes == object.bytes()) {
            packs = known.packs;
            known = next(old);
          } else {
            packs = reader.read(object);
            changed = true;
          }
          if (packs != null) {
            visitor.visit(object, packs);
            write(out, new Entry(name, object.bytes(), List.copyOf(packs)));
          }
        }
        changed |= known != null || old == null;
        out.writeByte(0);
      }
      if (changed) {
        try (RandomAccessFile end = new RandomAccessFile(temporary.toFile(), "rw")) {
          end.seek(end.length());
          end.write(sha.digest());
        }
        Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
      }
    } finally {
      Files.deleteIfExists(temporary);
    }
  }

  /** Behind the head of a table that is whole, or {@code null}. */
  private @Nullable DataInputStream open() throws IOException {
    if (!Files.exists(file) || !DigestedFile.endsWithItsDigest(file)) {
      return null;
    }
    DataInputStream in =
        new DataInputStream(new BufferedInputStream(Files.newInputStream(file), 1 << 16));
    if (in.readLong() == MAGIC && ReferenceTable.digest(in).equals(binding)) {
      return in;
    }
    in.close();
    return null;
  }

  private static @Nullable Entry next(@Nullable DataInputStream in) throws IOException {
    if (in == null || in.readByte() == 0) {
      return null;
    }
    String name = in.readUTF();
    long bytes = in.readLong();
    int count = in.readInt();
    List<PackId> packs = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      packs.add(new PackId(ReferenceTable.digest(in)));
    }
    return new Entry(name, bytes, packs);
  }

  private static void write(DataOutputStream out, Entry entry) throws IOException {
    out.writeByte(1);
    out.writeUTF(entry.name);
    out.writeLong(entry.bytes);
    out.writeInt(entry.packs.size());
    for (PackId pack : entry.packs) {
      out.write(pack.value().toBytes());
    }
  }
}
