package dev.lifeboat.sources.directory;

import dev.lifeboat.sources.posix.FileStatus;
import dev.lifeboat.vault.tree.Bytes;
import dev.lifeboat.vault.tree.Content;
import dev.lifeboat.vault.tree.Extent;
import dev.lifeboat.vault.tree.Name;
import dev.lifeboat.vault.tree.Xattr;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What the file cache knows of one file. */
record CacheEntry(
    Name name,
    long size,
    long mtimeSeconds,
    int mtimeNanos,
    long ctimeSeconds,
    int ctimeNanos,
    long inode,
    List<Xattr> xattrs,
    FileData data) {
  private static final int EXTENTS = 1;
  private static final int SPARSE = 2;

  static CacheEntry of(Name name, FileStatus status, List<Xattr> xattrs, FileData data) {
    return new CacheEntry(
        name,
        status.size(),
        status.mtimeSeconds(),
        status.mtimeNanos(),
        status.ctimeSeconds(),
        status.ctimeNanos(),
        status.inode(),
        xattrs,
        data);
  }

  boolean describes(FileStatus status) {
    return size == status.size()
        && mtimeSeconds == status.mtimeSeconds()
        && mtimeNanos == status.mtimeNanos()
        && ctimeSeconds == status.ctimeSeconds()
        && ctimeNanos == status.ctimeNanos()
        && inode == status.inode();
  }

  void write(DataOutputStream out) throws IOException {
    out.writeByte(name.length());
    out.write(name.toBytes());
    out.writeLong(size);
    out.writeLong(mtimeSeconds);
    out.writeInt(mtimeNanos);
    out.writeLong(ctimeSeconds);
    out.writeInt(ctimeNanos);
    out.writeLong(inode);
    out.writeInt(xattrs.size());
    for (Xattr xattr : xattrs) {
      out.writeUTF(xattr.name());
      bytes(out, xattr.value().toBytes());
    }
    List<Extent> extents = data.extents();
    Bytes sparse = data.sparse();
    out.writeByte((extents == null ? 0 : EXTENTS) | (sparse == null ? 0 : SPARSE));
    if (extents != null) {
      out.writeInt(extents.size());
      for (Extent extent : extents) {
        out.writeLong(extent.offset());
        out.writeLong(extent.bytes());
      }
    }
    if (sparse != null) {
      bytes(out, sparse.toBytes());
    }
    out.writeLong(data.bytes());
    DirectoryRecord.write(out, data.content());
  }

  static CacheEntry read(DataInputStream in) throws IOException {
    Name name = Name.of(in.readNBytes(in.readUnsignedByte()));
    long size = in.readLong();
    long mtimeSeconds = in.readLong();
    int mtimeNanos = in.readInt();
    long ctimeSeconds = in.readLong();
    int ctimeNanos = in.readInt();
    long inode = in.readLong();
    int count = in.readInt();
    List<Xattr> xattrs = count == 0 ? List.of() : new ArrayList<>();
    for (int i = 0; i < count; i++) {
      xattrs.add(new Xattr(in.readUTF(), Bytes.of(in.readNBytes(in.readInt()))));
    }
    int flags = in.readUnsignedByte();
    List<Extent> extents = null;
    if ((flags & EXTENTS) != 0) {
      extents = new ArrayList<>();
      for (int left = in.readInt(); left > 0; left--) {
        extents.add(new Extent(in.readLong(), in.readLong()));
      }
    }
    @Nullable Bytes sparse = (flags & SPARSE) == 0 ? null : Bytes.of(in.readNBytes(in.readInt()));
    long bytes = in.readLong();
    Content content = DirectoryRecord.readContent(in);
    return new CacheEntry(
        name,
        size,
        mtimeSeconds,
        mtimeNanos,
        ctimeSeconds,
        ctimeNanos,
        inode,
        xattrs,
        new FileData(bytes, content, extents, sparse));
  }

  private static void bytes(DataOutputStream out, byte[] bytes) throws IOException {
    out.writeInt(bytes.length);
    out.write(bytes);
  }
}
