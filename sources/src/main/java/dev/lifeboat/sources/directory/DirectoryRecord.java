package dev.lifeboat.sources.directory;

import dev.lifeboat.vault.chunk.ChunkId;
import dev.lifeboat.vault.tree.Bytes;
import dev.lifeboat.vault.tree.Content;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * What the file cache knows of a directory as a whole: a directory in which nothing has changed
 * need be neither encoded nor hashed again.
 *
 * @param own {@link TreeHash#own} of the directory, which its parent's entry depends on
 * @param files how many of its entries are files
 * @param subdirectories how many are directories
 * @param others {@link TreeHash#others} of the rest
 * @param content its stored form
 * @param hashes of its entries
 */
record DirectoryRecord(
    Bytes own, int files, int subdirectories, Bytes others, Content content, TreeHash.Pair hashes) {
  private static final int HASH_BYTES = 32;

  void write(DataOutputStream out) throws IOException {
    out.write(own.toBytes());
    out.writeInt(files);
    out.writeInt(subdirectories);
    out.write(others.toBytes());
    write(out, content);
    out.write(hashes.content().toBytes());
    out.write(hashes.full().toBytes());
  }

  static DirectoryRecord read(DataInputStream in) throws IOException {
    return new DirectoryRecord(
        hash(in),
        in.readInt(),
        in.readInt(),
        hash(in),
        readContent(in),
        new TreeHash.Pair(hash(in), hash(in)));
  }

  private static Bytes hash(DataInputStream in) throws IOException {
    return Bytes.of(in.readNBytes(HASH_BYTES));
  }

  static void write(DataOutputStream out, Content content) throws IOException {
    out.writeLong(content.bytes());
    out.writeByte(content.depth());
    out.writeInt(content.chunks().size());
    for (ChunkId id : content.chunks()) {
      out.write(id.value().toBytes());
    }
  }

  static Content readContent(DataInputStream in) throws IOException {
    long bytes = in.readLong();
    int depth = in.readUnsignedByte();
    int ids = in.readInt();
    List<ChunkId> chunks = new ArrayList<>(ids);
    for (int i = 0; i < ids; i++) {
      chunks.add(ChunkId.read(in.readNBytes(HASH_BYTES), 0));
    }
    return bytes == 0 ? Content.EMPTY : new Content(bytes, depth, chunks);
  }
}
