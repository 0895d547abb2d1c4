package dev.lifeboat.sources.directory;

import dev.lifeboat.sources.posix.Accounts;
import dev.lifeboat.sources.posix.Descriptor;
import dev.lifeboat.sources.posix.FileStatus;
import dev.lifeboat.sources.posix.PosixException;
import dev.lifeboat.sources.posix.RawPath;
import dev.lifeboat.sources.posix.Xattrs;
import dev.lifeboat.vault.tree.Bytes;
import dev.lifeboat.vault.tree.Xattr;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/**
 * Makes a directory tree of everything that backups get wrong. As root it has device nodes, foreign
 * owners and trusted attributes, too.
 */
public final class NastyTree {
  /** Names that are valid for Linux and trouble for everybody else. */
  public static final List<byte[]> NAMES =
      List.of(
          new byte[] {(byte) 0xff, (byte) 0xfe, 'x'},
          new byte[] {'c', 'a', 'f', (byte) 0xe9},
          new byte[] {(byte) 0xc3},
          new byte[] {(byte) 0xed, (byte) 0xa0, (byte) 0x80},
          bytes("two\nlines"),
          bytes("tab\tand\001control\033[31m"),
          bytes("-rf"),
          bytes(" blank "),
          bytes("back\\slash\\x41"),
          bytes("quote'\"`$(id)"),
          bytes("star*?[a]"),
          bytes("..."),
          bytes("naïve-漢字-🛟"),
          bytes("n".repeat(255)),
          bytes("é".repeat(127) + "x"));

  private static final Random RANDOM = new Random(20_261_121);

  private NastyTree() {}

  public static void main(String[] arguments) throws IOException, InterruptedException {
    build(RawPath.of(URI.create(arguments[0])));
  }

  /** Fills a directory, which it makes. */
  public static void build(RawPath path) throws IOException, InterruptedException {
    boolean root = Accounts.effectiveUser() == 0;
    try (Descriptor top = Descriptor.makeDirectories(path, 0755)) {
      for (byte[] name : NAMES) {
        file(top, name, 0644, name.length + 11);
      }
      sizes(top);
      links(top);
      sparse(top);
      attributes(top, root);
      specials(top, root);
      modes(top, root);
      times(top);
      many(top);
      deep(top);
      accessLists(top);
      if (root) {
        owners(top);
      }
      // Last, so that nothing changes it any more.
      top.setModified(1_234_567_890, 123_456_789);
    }
  }

  private static void sizes(Descriptor top) throws PosixException {
    top.mkdir(bytes("sizes"), 0755);
    try (Descriptor sizes = top.directory(bytes("sizes"))) {
      for (int size : new int[] {0, 1, 4095, 4096, 262_143, 262_144, 262_145, 3_000_001}) {
        file(sizes, bytes("s" + size), 0644, size);
      }
    }
    top.mkdir(bytes("empty"), 0755);
  }

  private static void links(Descriptor top) throws PosixException {
    top.mkdir(bytes("links"), 0755);
    try (Descriptor links = top.directory(bytes("links"))) {
      links.symlink(bytes("nowhere/at/all"), bytes("dangling"));
      links.symlink(bytes("/etc/passwd"), bytes("absolute"));
      links.symlink(bytes("../sizes"), bytes("to-directory"));
      links.symlink(new byte[] {(byte) 0xff, '\n'}, bytes("invalid-target"));
      links.symlink(bytes("self"), bytes("self"));
      links.symlink(bytes("x/".repeat(2000)), bytes("long"));
      try (Descriptor link = links.node(bytes("dangling"))) {
        link.setModified(-86_400, 999_999_999);
      }
      file(links, bytes("one"), 0640, 5000);
      links.link(bytes("one"), links, bytes("two"));
      links.link(bytes("one"), top, bytes("a-third-name"));
      file(links, bytes("other"), 0640, 5000);
      links.link(bytes("other"), top, bytes("zz-other"));
      links.mknod(bytes("fifo"), FileStatus.Type.FIFO, 0, 0);
      links.link(bytes("fifo"), links, bytes("fifo-again"));
    }
  }

  private static void sparse(Descriptor top) throws PosixException {
    top.mkdir(bytes("sparse"), 0755);
    try (Descriptor sparse = top.directory(bytes("sparse"))) {
      long mebi = 1 << 20;
      holes(sparse, "start", 10 * mebi, 9 * mebi, 10 * mebi);
      holes(sparse, "middle", 10 * mebi, 0, mebi, 9 * mebi, 10 * mebi);
      holes(sparse, "end", 10 * mebi, 0, mebi);
      holes(sparse, "only", 7 * mebi + 13);
      holes(sparse, "small", 100);
      holes(sparse, "uneven", 5 * mebi + 77, 12_345, 12_346, mebi + 1, 2 * mebi - 1);
      holes(sparse, "huge", 20L << 30, 0, 4096, 10L << 30, (10L << 30) + 8192);
    }
  }

  /** A file of this length with data from each first to each second offset. */
  private static void holes(Descriptor parent, String name, long bytes, long... data)
      throws PosixException {
    try (Descriptor file = parent.create(bytes(name))) {
      file.truncate(bytes);
      for (int i = 0; i < data.length; i += 2) {
        byte[] part = random((int) (data[i + 1] - data[i]));
        file.write(data[i], part, 0, part.length);
      }
      file.sync();
    }
  }

  private static void attributes(Descriptor top, boolean root) throws PosixException {
    top.mkdir(bytes("xattrs"), 0755);
    try (Descriptor directory = top.directory(bytes("xattrs"))) {
      file(directory, bytes("file"), 0644, 10);
      try (Descriptor file = directory.writable(bytes("file"))) {
        xattr(file, "user.text", bytes("value"));
        xattr(file, "user.empty", new byte[0]);
        xattr(file, "user.binary", new byte[] {0, 1, (byte) 0xff, '\n', 0});
        xattr(file, "user.invalid-\\xff-name", bytes("x"));
        xattr(file, "user.back\\\\slash", bytes("x"));
        xattr(file, "user.long", random(1500));
        if (root) {
          xattr(file, "trusted.secret", bytes("t"));
          // cap_net_raw, as setcap writes it.
          xattr(
              file,
              "security.capability",
              new byte[] {1, 0, 0, 2, 0, 32, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0});
        }
      }
      xattr(directory, "user.of-directory", bytes("d"));
      directory.symlink(bytes("file"), bytes("symlink"));
      if (root) {
        try (Descriptor link = directory.node(bytes("symlink"))) {
          xattr(link, "trusted.of-link", bytes("l"));
        }
      }
    }
  }

  private static void specials(Descriptor top, boolean root) throws PosixException {
    top.mkdir(bytes("specials"), 0755);
    try (Descriptor directory = top.directory(bytes("specials"))) {
      directory.mknod(bytes("fifo"), FileStatus.Type.FIFO, 0, 0);
      directory.mknod(bytes("socket"), FileStatus.Type.SOCKET, 0, 0);
      if (root) {
        directory.mknod(bytes("null"), FileStatus.Type.CHARACTER_DEVICE, 1, 3);
        directory.mknod(bytes("big"), FileStatus.Type.CHARACTER_DEVICE, 511, 1_000_000);
        directory.mknod(bytes("loop"), FileStatus.Type.BLOCK_DEVICE, 7, 300);
        for (String name : List.of("null", "big", "loop", "fifo", "socket")) {
          try (Descriptor node = directory.node(bytes(name))) {
            node.chmod(0640);
            node.chown(1, 2);
            node.setModified(1_000_000_000, 5);
          }
        }
      }
    }
  }

  private static void modes(Descriptor top, boolean root) throws PosixException {
    top.mkdir(bytes("modes"), 0755);
    try (Descriptor directory = top.directory(bytes("modes"))) {
      for (int mode : new int[] {04755, 02755, 01644, 06711, 0400, 0444, 0777}) {
        file(directory, bytes("m%o".formatted(mode)), mode, 100);
      }
      if (root) {
        file(directory, bytes("m0"), 0, 100);
      }
      for (int mode : new int[] {01777, 02755, 0500}) {
        directory.mkdir(bytes("d%o".formatted(mode)), 0755);
        try (Descriptor child = directory.directory(bytes("d%o".formatted(mode)))) {
          file(child, bytes("inside"), 0444, 10);
          child.setModified(1_111_111_111, 111);
          child.chmod(mode);
        }
      }
    }
  }

  private static void times(Descriptor top) throws PosixException {
    top.mkdir(bytes("times"), 0755);
    try (Descriptor directory = top.directory(bytes("times"))) {
      long[] seconds = {-1, -1_000_000_000, 0, 1L << 31, (1L << 32) + 5, 9_000_000_000L};
      for (long second : seconds) {
        byte[] name = bytes("t" + second);
        file(directory, name, 0644, 1);
        try (Descriptor file = directory.writable(name)) {
          file.setModified(second, 987_654_321);
        }
      }
      directory.setModified(-2, 1);
    }
  }

  private static void many(Descriptor top) throws PosixException {
    top.mkdir(bytes("many"), 0755);
    try (Descriptor directory = top.directory(bytes("many"))) {
      for (int i = 0; i < 2500; i++) {
        file(directory, bytes("%05d".formatted(i)), 0644, i % 50);
      }
    }
  }

  /** More than 4,096 bytes of path, and more levels than are kept open. */
  private static void deep(Descriptor top) throws PosixException {
    chain(top, "deep", 30, "d".repeat(250));
    chain(top, "many-levels", 300, "l");
  }

  private static void chain(Descriptor top, String first, int levels, String name)
      throws PosixException {
    top.mkdir(bytes(first), 0755);
    Descriptor at = top.directory(bytes(first));
    for (int i = 0; i < levels; i++) {
      try (Descriptor parent = at) {
        file(parent, bytes("before"), 0644, 20);
        parent.mkdir(bytes(name), 0755);
        parent.mkdir(bytes("z"), 0755);
        at = parent.directory(bytes(name));
      }
    }
    try (Descriptor bottom = at) {
      file(bottom, bytes("bottom"), 0644, 20);
    }
  }

  private static void accessLists(Descriptor top) throws PosixException {
    top.mkdir(bytes("acl"), 0755);
    try (Descriptor directory = top.directory(bytes("acl"))) {
      file(directory, bytes("file"), 0640, 10);
      try (Descriptor file = directory.writable(bytes("file"))) {
        xattr(file, "system.posix_acl_access", accessList(6));
      }
      file(directory, bytes("read-only"), 0440, 10);
      try (Descriptor file = directory.node(bytes("read-only"))) {
        xattr(file, "system.posix_acl_access", accessList(4));
      }
      directory.mkdir(bytes("default"), 0750);
      try (Descriptor child = directory.directory(bytes("default"))) {
        file(child, bytes("without"), 0644, 10);
        child.mkdir(bytes("plain"), 0755);
        xattr(child, "system.posix_acl_default", accessList(7));
        xattr(child, "system.posix_acl_access", accessList(7));
        file(child, bytes("inherits"), 0640, 10);
      }
    }
  }

  /** The kernel's form of {@code user::rw,user:1:N,group::r,mask::N,other::-}. */
  private static byte[] accessList(int rights) {
    // A directory without search permission would lock its own owner out.
    byte owner = (byte) (6 | rights);
    return new byte[] {
      2,
      0,
      0,
      0,
      1,
      0,
      owner,
      0,
      -1,
      -1,
      -1,
      -1,
      2,
      0,
      (byte) rights,
      0,
      1,
      0,
      0,
      0,
      4,
      0,
      4,
      0,
      -1,
      -1,
      -1,
      -1,
      16,
      0,
      (byte) rights,
      0,
      -1,
      -1,
      -1,
      -1,
      32,
      0,
      0,
      0,
      -1,
      -1,
      -1,
      -1
    };
  }

  private static void owners(Descriptor top) throws PosixException {
    file(top, bytes("foreign"), 0644, 10);
    try (Descriptor file = top.writable(bytes("foreign"))) {
      file.chown(3_000_000_000L, 4_000_000_001L);
    }
    file(top, bytes("foreign-setuid"), 0644, 10);
    try (Descriptor file = top.writable(bytes("foreign-setuid"))) {
      file.chown(12_345, 54_321);
      file.chmod(06755);
    }
    top.symlink(bytes("foreign"), bytes("foreign-link"));
    try (Descriptor link = top.node(bytes("foreign-link"))) {
      link.chown(12_345, 54_321);
    }
    top.mkdir(bytes("foreign-directory"), 0700);
    try (Descriptor directory = top.directory(bytes("foreign-directory"))) {
      file(directory, bytes("inside"), 0600, 10);
      directory.chown(12_345, 54_321);
    }
  }

  private static void xattr(Descriptor file, String name, byte[] value) throws PosixException {
    Xattrs.set(file, new Xattr(name, Bytes.of(value)));
  }

  private static void file(Descriptor parent, byte[] name, int mode, int size)
      throws PosixException {
    try (Descriptor file = parent.create(name)) {
      byte[] content = random(size);
      file.write(0, content, 0, size);
      file.chmod(mode);
      file.setModified(1_500_000_000 + Math.abs(Arrays.hashCode(name) % 1000), 1 + size % 999);
    }
  }

  private static byte[] random(int size) {
    byte[] content = new byte[size];
    RANDOM.nextBytes(content);
    return content;
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
