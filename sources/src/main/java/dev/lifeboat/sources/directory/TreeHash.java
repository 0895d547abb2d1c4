package dev.lifeboat.sources.directory;

import dev.lifeboat.vault.Digest;
import dev.lifeboat.vault.chunk.ChunkId;
import dev.lifeboat.vault.tree.Attributes;
import dev.lifeboat.vault.tree.Bytes;
import dev.lifeboat.vault.tree.Node;
import dev.lifeboat.vault.tree.Node.LinkGroup;
import dev.lifeboat.vault.tree.Xattr;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The Merkle hashes of a directory tree, as {@code docs/format.md} has them under "Expectations of
 * a directory": one of names and contents, one of everything.
 */
final class TreeHash {
  /** The two hashes of a directory. */
  record Pair(Bytes content, Bytes full) {}

  /**
   * An entry of a directory with what its node does not say.
   *
   * @param directory the hashes of a subdirectory
   * @param sparse the digest of a file with holes
   */
  record Entry(Node node, @Nullable Pair directory, @Nullable Bytes sparse) {}

  private TreeHash() {}

  /** Hashes a directory's entries, which come in the order of their names. */
  static Pair directory(List<Entry> entries) {
    MessageDigest content = Digest.sha256();
    MessageDigest full = Digest.sha256();
    content.update("lifeboat v1 directory content\0".getBytes(StandardCharsets.US_ASCII));
    full.update("lifeboat v1 directory\0".getBytes(StandardCharsets.US_ASCII));
    for (Entry entry : entries) {
      content.update(encode(entry, false));
      full.update(encode(entry, true));
    }
    return new Pair(Bytes.of(content.digest()), Bytes.of(full.digest()));
  }

  /**
   * Hashes what a directory itself brings into its parent's entry, and the device that it lies on,
   * which groups of hard links are named by. Owners count by number only.
   */
  static Bytes own(Attributes attributes, long device) {
    try {
      ByteArrayOutputStream bytes = new ByteArrayOutputStream(64);
      DataOutputStream out = new DataOutputStream(bytes);
      out.writeLong(device);
      attributes(out, attributes);
      return Bytes.of(Digest.sha256().digest(bytes.toByteArray()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Hashes those entries of a directory that are neither files nor directories. */
  static Bytes others(List<Entry> entries) {
    MessageDigest others = Digest.sha256();
    for (Entry entry : entries) {
      switch (entry.node()) {
        case Node.Directory _, Node.File _ -> {}
        case Node.Symlink _ -> others.update(encode(entry, true));
        case Node.Special special -> {
          others.update(encode(entry, true));
          LinkGroup link = special.link();
          if (link != null) {
            ByteBuffer group = ByteBuffer.allocate(17).put((byte) 'g');
            others.update(group.putLong(link.device()).putLong(link.inode()).array());
          }
        }
      }
    }
    return Bytes.of(others.digest());
  }

  static String contentHash(Pair root) {
    return HexFormat.of().formatHex(root.content().toBytes());
  }

  static String rootHash(Attributes attributes, Pair root, Bytes links) {
    try {
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      DataOutputStream out = new DataOutputStream(bytes);
      out.write("lifeboat v1 root\0".getBytes(StandardCharsets.US_ASCII));
      attributes(out, attributes);
      out.write(root.full().toBytes());
      out.write(links.toBytes());
      return HexFormat.of().formatHex(Digest.sha256().digest(bytes.toByteArray()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static byte[] encode(Entry entry, boolean full) {
    try {
      ByteArrayOutputStream bytes = new ByteArrayOutputStream(256);
      DataOutputStream out = new DataOutputStream(bytes);
      Node node = entry.node();
      out.writeByte(letter(node));
      string(out, node.name().toBytes());
      if (full) {
        attributes(out, node.attributes());
      }
      switch (node) {
        case Node.Directory _ -> {
          Pair pair = entry.directory();
          if (pair == null) {
            throw new IllegalStateException("a directory without its hash: " + node.name());
          }
          out.write((full ? pair.full() : pair.content()).toBytes());
        }
        case Node.File file -> file(out, file, entry.sparse());
        case Node.Symlink link -> string(out, link.target().toBytes());
        case Node.Special special -> {
          out.writeLong(special.major());
          out.writeLong(special.minor());
        }
      }
      return bytes.toByteArray();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void file(DataOutputStream out, Node.File file, @Nullable Bytes sparse)
      throws IOException {
    out.writeLong(file.bytes());
    if (sparse != null) {
      out.writeByte('s');
      out.write(sparse.toBytes());
      return;
    }
    out.writeByte('i');
    out.writeByte(file.content().depth());
    out.writeInt(file.content().chunks().size());
    for (ChunkId id : file.content().chunks()) {
      out.write(id.value().toBytes());
    }
  }

  private static int letter(Node node) {
    return switch (node) {
      case Node.Directory _ -> 'd';
      case Node.File _ -> 'f';
      case Node.Symlink _ -> 'l';
      case Node.Special special ->
          switch (special.kind()) {
            case FIFO -> 'p';
            case SOCKET -> 's';
            case CHARACTER_DEVICE -> 'c';
            case BLOCK_DEVICE -> 'b';
          };
    };
  }

  private static void attributes(DataOutputStream out, Attributes attributes) throws IOException {
    out.writeInt(attributes.mode());
    out.writeInt((int) attributes.uid());
    out.writeInt((int) attributes.gid());
    out.writeLong(attributes.mtimeSeconds());
    out.writeInt(attributes.mtimeNanos());
    out.writeInt(attributes.xattrs().size());
    for (Xattr xattr : attributes.xattrs()) {
      string(out, xattr.name().getBytes(StandardCharsets.UTF_8));
      string(out, xattr.value().toBytes());
    }
  }

  private static void string(DataOutputStream out, byte[] bytes) throws IOException {
    out.writeInt(bytes.length);
    out.write(bytes);
  }
}
