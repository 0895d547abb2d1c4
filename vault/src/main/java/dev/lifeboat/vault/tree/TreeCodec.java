package dev.lifeboat.vault.tree;

import dev.lifeboat.vault.Digest;
import dev.lifeboat.vault.VaultException;
import dev.lifeboat.vault.cbor.CborReader;
import dev.lifeboat.vault.cbor.CborWriter;
import dev.lifeboat.vault.chunk.ChunkId;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A directory as bytes: the CBOR sequence (RFC 8742) of its nodes in order of their names, each a
 * map whose keys {@code docs/format.md} lists. The same nodes are always the same bytes, so that an
 * unchanged directory is stored once.
 */
public final class TreeCodec {
  private static final int FILE = 0;
  private static final int DIRECTORY = 1;
  private static final int SYMLINK = 2;
  private static final int FIFO = 3;
  private static final int SOCKET = 4;
  private static final int CHARACTER_DEVICE = 5;
  private static final int BLOCK_DEVICE = 6;

  private static final long MAX_ID = 0xffff_ffffL;

  private TreeCodec() {}

  /**
   * Encodes a directory.
   *
   * @param nodes in any order
   * @throws IllegalArgumentException if two have the same name
   */
  public static byte[] encode(List<Node> nodes) {
    CborWriter out = new CborWriter(Math.max(64, 160 * nodes.size()));
    encode(nodes, out);
    return out.toBytes();
  }

  /** Appends a directory to {@code out}; see {@link #encode(List)}. */
  public static void encode(List<Node> nodes, CborWriter out) {
    List<Node> sorted = new ArrayList<>(nodes);
    sorted.sort(Comparator.comparing(Node::name));
    @Nullable Name previous = null;
    for (Node node : sorted) {
      if (previous != null && node.name().equals(previous)) {
        throw new IllegalArgumentException("two nodes have the name " + previous);
      }
      previous = node.name();
      encode(node, out);
    }
  }

  /**
   * Decodes a directory.
   *
   * @param what names it in error messages
   * @throws VaultException.Damaged if {@link #encode} would not have written it so
   */
  public static List<Node> decode(String what, byte[] bytes) {
    CborReader in = new CborReader(what, bytes);
    List<Node> nodes = new ArrayList<>();
    @Nullable Name previous = null;
    while (!in.atEnd()) {
      Node node;
      try {
        node = decode(in);
      } catch (IllegalArgumentException e) {
        throw in.damaged(String.valueOf(e.getMessage()));
      }
      if (previous != null && node.name().compareTo(previous) <= 0) {
        throw in.damaged("'%s' behind '%s'".formatted(node.name(), previous));
      }
      previous = node.name();
      nodes.add(node);
    }
    return nodes;
  }

  /** Appends the attributes that a node and the root directory have, as a map. */
  public static void encodeAttributes(Attributes attributes, CborWriter out) {
    out.map(attributeKeys(attributes));
    upperAttributes(attributes, out);
    nanos(attributes, out);
    out.key('g').integer(attributes.gid());
    out.key('m').integer(attributes.mode());
    out.key('s').integer(attributes.mtimeSeconds());
    out.key('u').integer(attributes.uid());
    xattrs(attributes, out);
  }

  /** Reads what {@link #encodeAttributes} wrote. */
  public static Attributes decodeAttributes(CborReader in) {
    Fields fields = new Fields();
    CborReader.Keys keys = in.map();
    for (String key = keys.next(); key != null; key = keys.next()) {
      fields.read(key, in);
    }
    try {
      return fields.attributes(in);
    } catch (IllegalArgumentException e) {
      throw in.damaged(String.valueOf(e.getMessage()));
    }
  }

  /** Appends content as {@code [bytes, depth, ids]}. */
  public static void encodeContent(Content content, CborWriter out) {
    out.array(3).integer(content.bytes()).integer(content.depth());
    out.bytesHead(content.chunks().size() * Digest.BYTES);
    byte[] id = new byte[Digest.BYTES];
    for (ChunkId chunk : content.chunks()) {
      chunk.value().write(id, 0);
      out.raw(id, 0, id.length);
    }
  }

  /** Reads what {@link #encodeContent} wrote. */
  public static Content decodeContent(CborReader in) {
    in.array(3);
    long bytes = in.unsigned(Long.MAX_VALUE);
    int depth = (int) in.unsigned(Content.MAX_DEPTH);
    try {
      return new Content(bytes, depth, ids(in, in.bytes()));
    } catch (IllegalArgumentException e) {
      throw in.damaged(String.valueOf(e.getMessage()));
    }
  }

  private static List<ChunkId> ids(CborReader in, byte[] bytes) {
    if (bytes.length % Digest.BYTES != 0) {
      throw in.damaged("%d bytes are no ids".formatted(bytes.length));
    }
    List<ChunkId> ids = new ArrayList<>(bytes.length / Digest.BYTES);
    for (int at = 0; at < bytes.length; at += Digest.BYTES) {
      ids.add(ChunkId.read(bytes, at));
    }
    return ids;
  }

  /** The keys' order is that of their bytes: capitals first. */
  private static void encode(Node node, CborWriter out) {
    Attributes attributes = node.attributes();
    out.map(attributeKeys(attributes) + 2 + ownKeys(node));
    upperAttributes(attributes, out);
    switch (node) {
      case Node.File file -> {
        if (file.extents() != null) {
          out.key('b').integer(file.bytes());
        }
        if (!file.content().chunks().isEmpty()) {
          out.key('c');
          encodeContent(file.content(), out);
        }
        List<Extent> extents = file.extents();
        if (extents != null) {
          out.key('e').array(2 * extents.size());
          for (Extent extent : extents) {
            out.integer(extent.offset()).integer(extent.bytes());
          }
        }
      }
      case Node.Directory directory -> {
        if (!directory.content().chunks().isEmpty()) {
          out.key('c');
          encodeContent(directory.content(), out);
        }
      }
      case Node.Special special -> {
        if (isDevice(special.kind())) {
          out.key('d').array(2).integer(special.major()).integer(special.minor());
        }
      }
      case Node.Symlink _ -> {}
    }
    nanos(attributes, out);
    out.key('g').integer(attributes.gid());
    if (node instanceof Node.Symlink symlink) {
      out.key('k').bytes(symlink.target().toBytes());
    }
    Node.LinkGroup link = link(node);
    if (link != null) {
      out.key('l').array(2).integer(link.device()).integer(link.inode());
    }
    out.key('m').integer(attributes.mode());
    out.key('n').bytes(node.name().toBytes());
    out.key('s').integer(attributes.mtimeSeconds());
    out.key('t').integer(type(node));
    out.key('u').integer(attributes.uid());
    xattrs(attributes, out);
  }

  private static int attributeKeys(Attributes attributes) {
    return 4
        + (attributes.owner().isEmpty() ? 0 : 1)
        + (attributes.group().isEmpty() ? 0 : 1)
        + (attributes.mtimeNanos() == 0 ? 0 : 1)
        + (attributes.xattrs().isEmpty() ? 0 : 1);
  }

  private static int ownKeys(Node node) {
    int link = link(node) == null ? 0 : 1;
    return switch (node) {
      case Node.File file ->
          link + (file.content().chunks().isEmpty() ? 0 : 1) + (file.extents() == null ? 0 : 2);
      case Node.Directory directory -> directory.content().chunks().isEmpty() ? 0 : 1;
      case Node.Symlink _ -> 1;
      case Node.Special special -> link + (isDevice(special.kind()) ? 1 : 0);
    };
  }

  private static Node.@Nullable LinkGroup link(Node node) {
    return switch (node) {
      case Node.File file -> file.link();
      case Node.Special special -> special.link();
      case Node.Directory _, Node.Symlink _ -> null;
    };
  }

  private static void upperAttributes(Attributes attributes, CborWriter out) {
    if (!attributes.group().isEmpty()) {
      out.key('G').text(attributes.group());
    }
    if (!attributes.owner().isEmpty()) {
      out.key('U').text(attributes.owner());
    }
  }

  private static void nanos(Attributes attributes, CborWriter out) {
    if (attributes.mtimeNanos() != 0) {
      out.key('f').integer(attributes.mtimeNanos());
    }
  }

  private static void xattrs(Attributes attributes, CborWriter out) {
    if (!attributes.xattrs().isEmpty()) {
      out.key('x').array(2 * attributes.xattrs().size());
      for (Xattr xattr : attributes.xattrs()) {
        out.text(xattr.name()).bytes(xattr.value().toBytes());
      }
    }
  }

  private static boolean isDevice(Node.Special.Kind kind) {
    return switch (kind) {
      case FIFO, SOCKET -> false;
      case CHARACTER_DEVICE, BLOCK_DEVICE -> true;
    };
  }

  private static int type(Node node) {
    return switch (node) {
      case Node.File _ -> FILE;
      case Node.Directory _ -> DIRECTORY;
      case Node.Symlink _ -> SYMLINK;
      case Node.Special special ->
          switch (special.kind()) {
            case FIFO -> FIFO;
            case SOCKET -> SOCKET;
            case CHARACTER_DEVICE -> CHARACTER_DEVICE;
            case BLOCK_DEVICE -> BLOCK_DEVICE;
          };
    };
  }

  private static Node decode(CborReader in) {
    Fields fields = new Fields();
    CborReader.Keys keys = in.map();
    for (String key = keys.next(); key != null; key = keys.next()) {
      fields.read(key, in);
    }
    return fields.node(in);
  }

  /** What was found of a node so far. */
  private static final class Fields {
    private @Nullable Name name;
    private int type = -1;
    private int mode = -1;
    private long uid = -1;
    private long gid = -1;
    private String owner = "";
    private String group = "";
    private long seconds;
    private boolean hasSeconds;
    private int nanos;
    private List<Xattr> xattrs = List.of();
    private long bytes = -1;
    private Content content = Content.EMPTY;
    private @Nullable List<Extent> extents;
    private Node.@Nullable LinkGroup link;
    private @Nullable Bytes target;
    private long major;
    private long minor;
    private boolean hasDevice;

    private void read(String key, CborReader in) {
      if (key.length() != 1) {
        in.skip();
        return;
      }
      switch (key.charAt(0)) {
        // Few owners have many files: one string for each of them.
        case 'G' -> group = in.text().intern();
        case 'U' -> owner = in.text().intern();
        case 'b' -> bytes = in.unsigned(Long.MAX_VALUE);
        case 'c' -> content = decodeContent(in);
        case 'd' -> {
          in.array(2);
          major = in.unsigned(MAX_ID);
          minor = in.unsigned(MAX_ID);
          hasDevice = true;
        }
        case 'e' -> extents = extents(in);
        case 'f' -> nanos = (int) in.unsigned(999_999_999);
        case 'g' -> gid = in.unsigned(MAX_ID);
        case 'k' -> target = Bytes.of(in.bytes());
        case 'l' -> {
          in.array(2);
          link = new Node.LinkGroup(in.integer(), in.integer());
        }
        case 'm' -> mode = (int) in.unsigned(07777);
        case 'n' -> name = Name.of(in.bytes());
        case 's' -> {
          seconds = in.integer();
          hasSeconds = true;
        }
        case 't' -> type = (int) in.unsigned(MAX_ID);
        case 'u' -> uid = in.unsigned(MAX_ID);
        case 'x' -> xattrs = xattrs(in);
        default -> in.skip();
      }
    }

    private static List<Extent> extents(CborReader in) {
      int elements = in.array();
      if (elements % 2 != 0) {
        throw in.damaged("half an extent");
      }
      List<Extent> extents = new ArrayList<>(elements / 2);
      for (int i = 0; i < elements; i += 2) {
        extents.add(new Extent(in.unsigned(Long.MAX_VALUE), in.unsigned(Long.MAX_VALUE)));
      }
      return extents;
    }

    private static List<Xattr> xattrs(CborReader in) {
      int elements = in.array();
      if (elements % 2 != 0) {
        throw in.damaged("an attribute without a value");
      }
      List<Xattr> xattrs = new ArrayList<>(elements / 2);
      for (int i = 0; i < elements; i += 2) {
        xattrs.add(new Xattr(in.text(), Bytes.of(in.bytes())));
      }
      return xattrs;
    }

    private Attributes attributes(CborReader in) {
      if (mode < 0 || uid < 0 || gid < 0 || !hasSeconds) {
        throw in.damaged("mode, owner, group or time is missing");
      }
      return new Attributes(mode, uid, gid, owner, group, seconds, nanos, xattrs);
    }

    private Node node(CborReader in) {
      Attributes attributes = attributes(in);
      Name name = this.name;
      if (name == null) {
        throw in.damaged("a node without a name");
      }
      return switch (type) {
        case FILE -> file(in, name, attributes);
        case DIRECTORY -> {
          refuse(in, name, bytes >= 0 || extents != null || link != null || otherThanContent());
          yield new Node.Directory(name, attributes, content);
        }
        case SYMLINK -> {
          Bytes target = this.target;
          if (target == null) {
            throw in.damaged("symbolic link '%s' without a target".formatted(name));
          }
          refuse(in, name, isFile() || link != null || hasDevice);
          yield new Node.Symlink(name, attributes, target);
        }
        case FIFO -> special(in, name, attributes, Node.Special.Kind.FIFO);
        case SOCKET -> special(in, name, attributes, Node.Special.Kind.SOCKET);
        case CHARACTER_DEVICE -> special(in, name, attributes, Node.Special.Kind.CHARACTER_DEVICE);
        case BLOCK_DEVICE -> special(in, name, attributes, Node.Special.Kind.BLOCK_DEVICE);
        default -> throw in.damaged("'%s' has the unknown type %d".formatted(name, type));
      };
    }

    private Node file(CborReader in, Name name, Attributes attributes) {
      refuse(in, name, otherThanContent() || (extents == null) != (bytes < 0));
      long length = extents == null ? content.bytes() : bytes;
      return new Node.File(name, attributes, length, content, extents, link);
    }

    private Node special(CborReader in, Name name, Attributes attributes, Node.Special.Kind kind) {
      refuse(in, name, isFile() || target != null || hasDevice != isDevice(kind));
      return new Node.Special(name, attributes, kind, major, minor, link);
    }

    private boolean isFile() {
      return bytes >= 0 || extents != null || !content.chunks().isEmpty();
    }

    private boolean otherThanContent() {
      return target != null || hasDevice;
    }

    private static void refuse(CborReader in, Name name, boolean wrong) {
      if (wrong) {
        throw in.damaged("'%s' has what its type does not have".formatted(name));
      }
    }
  }
}
