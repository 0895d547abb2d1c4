package dev.lifeboat.cli.command;

import dev.lifeboat.vault.snapshot.SnapshotView;
import dev.lifeboat.vault.tree.Attributes;
import dev.lifeboat.vault.tree.Content;
import dev.lifeboat.vault.tree.Name;
import dev.lifeboat.vault.tree.Node;
import dev.lifeboat.vault.tree.TreePath;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.BiConsumer;

/** Nodes of snapshots, for printing. */
final class Entries {
  private Entries() {}

  /** Calls {@code each} for everything below a directory, in order of paths. */
  static void walk(
      SnapshotView view, TreePath path, Content directory, BiConsumer<TreePath, Node> each) {
    for (Node node : view.list(directory)) {
      TreePath child = path.child(node.name());
      each.accept(child, node);
      if (node instanceof Node.Directory inner) {
        walk(view, child, inner.content(), each);
      }
    }
  }

  static char letter(Node node) {
    return switch (node) {
      case Node.File _ -> '-';
      case Node.Directory _ -> 'd';
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

  /** {@code drwxr-xr-x}, with setuid, setgid and sticky as ls shows them. */
  static String mode(Node node) {
    int mode = node.attributes().mode();
    StringBuilder out = new StringBuilder().append(letter(node));
    for (int shift = 6; shift >= 0; shift -= 3) {
      int bits = mode >> shift;
      boolean special = (mode & (shift == 6 ? 04000 : shift == 3 ? 02000 : 01000)) != 0;
      char execute = (bits & 1) != 0 ? 'x' : '-';
      if (special) {
        char mark = shift == 0 ? 't' : 's';
        execute = execute == 'x' ? mark : Character.toUpperCase(mark);
      }
      out.append((bits & 4) != 0 ? 'r' : '-').append((bits & 2) != 0 ? 'w' : '-').append(execute);
    }
    return out.toString();
  }

  static String owner(Attributes attributes) {
    return name(attributes.owner(), attributes.uid())
        + ":"
        + name(attributes.group(), attributes.gid());
  }

  private static String name(String name, long number) {
    return name.isEmpty() ? Long.toString(number) : name;
  }

  static Instant mtime(Attributes attributes) {
    return Instant.ofEpochSecond(attributes.mtimeSeconds(), attributes.mtimeNanos());
  }

  static long bytes(Node node) {
    return node instanceof Node.File file ? file.bytes() : 0;
  }

  /** The fields of a node in JSON. */
  static Map<String, Object> fields(TreePath path, Node node) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("path", path.toString());
    fields.put("mode", mode(node));
    fields.put("bytes", bytes(node));
    fields.put("uid", node.attributes().uid());
    fields.put("gid", node.attributes().gid());
    fields.put("owner", node.attributes().owner());
    fields.put("group", node.attributes().group());
    fields.put("mtime", mtime(node.attributes()));
    if (node instanceof Node.Symlink link) {
      fields.put("target", target(link));
    }
    return fields;
  }

  /** With the same escapes as a path, and its leading slash. */
  static String target(Node.Symlink link) {
    byte[] bytes = link.target().toBytes();
    StringBuilder out = new StringBuilder();
    int start = 0;
    for (int at = 0; at <= bytes.length; at++) {
      if (at == bytes.length || bytes[at] == '/') {
        byte[] part = Arrays.copyOfRange(bytes, start, at);
        out.append(part(part));
        if (at < bytes.length) {
          out.append('/');
        }
        start = at + 1;
      }
    }
    return out.toString();
  }

  private static String part(byte[] part) {
    if (part.length == 0 || new String(part, StandardCharsets.ISO_8859_1).matches("\\.{1,2}")) {
      return new String(part, StandardCharsets.ISO_8859_1);
    }
    if (part.length > 255) {
      return new String(part, StandardCharsets.UTF_8);
    }
    return Name.of(part).toString();
  }
}
