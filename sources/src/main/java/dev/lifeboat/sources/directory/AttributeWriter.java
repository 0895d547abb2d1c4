package dev.lifeboat.sources.directory;

import dev.lifeboat.sources.posix.Descriptor;
import dev.lifeboat.sources.posix.FileStatus;
import dev.lifeboat.sources.posix.PosixException;
import dev.lifeboat.sources.posix.Xattrs;
import dev.lifeboat.vault.tree.Attributes;
import dev.lifeboat.vault.tree.TreePath;
import dev.lifeboat.vault.tree.Xattr;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Gives a node its attributes, in the one order that works: the owner first, because a change of
 * owner takes setuid bits and capabilities away; extended attributes while the node can still be
 * written; access-control lists after them, because they decide on that; the mode; the time last.
 * What cannot be given is a warning.
 */
final class AttributeWriter {
  private static final String ACL_PREFIX = "system.posix_acl_";
  private static final long UNCHANGED = 0xffffffffL;
  private static final int SET_ID_BITS = 06000;

  private final Warnings warnings;

  AttributeWriter(Warnings warnings) {
    this.warnings = warnings;
  }

  void apply(TreePath path, Descriptor node, Attributes attributes) throws PosixException {
    FileStatus status = node.status();
    boolean owned = owner(path, node, status, attributes);
    xattrs(path, node, attributes);
    boolean moded =
        status.type() != FileStatus.Type.SYMLINK && mode(path, node, attributes.mode(), owned);
    boolean timed = time(path, node, attributes);
    if (moded || timed) {
      compare(path, node.status(), attributes, moded ? mode(attributes.mode(), owned) : -1, timed);
    }
  }

  /** A file system that cannot hold a mode or a time takes the nearest one and says nothing. */
  private void compare(
      TreePath path, FileStatus got, Attributes attributes, int wantedMode, boolean timed) {
    if (wantedMode >= 0 && got.permissions() != wantedMode) {
      warnings.add(
          WriteWarning.Kind.MODE,
          path,
          "%o instead of %o".formatted(got.permissions(), wantedMode));
    }
    if (timed
        && (got.mtimeSeconds() != attributes.mtimeSeconds()
            || got.mtimeNanos() != attributes.mtimeNanos())) {
      warnings.add(
          WriteWarning.Kind.TIME,
          path,
          "%d.%09d instead of %d.%09d"
              .formatted(
                  got.mtimeSeconds(),
                  got.mtimeNanos(),
                  attributes.mtimeSeconds(),
                  attributes.mtimeNanos()));
    }
  }

  private boolean owner(TreePath path, Descriptor node, FileStatus status, Attributes attributes) {
    if (status.uid() == attributes.uid() && status.gid() == attributes.gid()) {
      return true;
    }
    try {
      node.chown(attributes.uid(), attributes.gid());
      return true;
    } catch (PosixException e) {
      warnings.add(
          WriteWarning.Kind.OWNER,
          path,
          "%d:%d, %s".formatted(attributes.uid(), attributes.gid(), e.getMessage()));
    }
    if (status.gid() != attributes.gid()) {
      try {
        // One may give a file to a group that one belongs to.
        node.chown(UNCHANGED, attributes.gid());
      } catch (PosixException _) {
        // The warning is there already.
      }
    }
    return false;
  }

  private void xattrs(TreePath path, Descriptor node, Attributes attributes) {
    try {
      Map<String, Xattr> present = new HashMap<>();
      Xattrs.of(node).forEach(xattr -> present.put(xattr.name(), xattr));
      if (present.isEmpty() && attributes.xattrs().isEmpty()) {
        return;
      }
      for (Xattr wanted : attributes.xattrs()) {
        if (!wanted.name().startsWith(ACL_PREFIX)) {
          set(path, node, present.get(wanted.name()), wanted);
        }
      }
      for (Xattr wanted : attributes.xattrs()) {
        if (wanted.name().startsWith(ACL_PREFIX)) {
          set(path, node, present.get(wanted.name()), wanted);
        }
      }
      attributes.xattrs().forEach(wanted -> present.remove(wanted.name()));
      // What is left was inherited from a default list of the parent, or was there before. Labels
      // that the system gives to every new file stay.
      present.keySet().removeIf(name -> name.startsWith("security."));
      for (String extra : present.keySet()) {
        Xattrs.remove(node, extra);
      }
    } catch (PosixException e) {
      warnings.add(WriteWarning.Kind.XATTR, path, e.getMessage());
    }
  }

  private void set(TreePath path, Descriptor node, @Nullable Xattr present, Xattr wanted) {
    if (wanted.equals(present)) {
      return;
    }
    try {
      Xattrs.set(node, wanted);
    } catch (PosixException e) {
      warnings.add(WriteWarning.Kind.XATTR, path, e.getMessage());
    }
  }

  /** With another owner the set-id bits would give away the rights of whoever restores. */
  private static int mode(int mode, boolean owned) {
    return owned ? mode : mode & ~SET_ID_BITS;
  }

  private boolean mode(TreePath path, Descriptor node, int mode, boolean owned) {
    int wanted = mode(mode, owned);
    if (wanted != mode) {
      warnings.add(
          WriteWarning.Kind.MODE, path, "setuid and setgid left out, as the owner is another");
    }
    try {
      node.chmod(wanted);
      return true;
    } catch (PosixException e) {
      warnings.add(WriteWarning.Kind.MODE, path, e.getMessage());
      return false;
    }
  }

  private boolean time(TreePath path, Descriptor node, Attributes attributes) {
    try {
      node.setModified(attributes.mtimeSeconds(), attributes.mtimeNanos());
      return true;
    } catch (PosixException e) {
      warnings.add(WriteWarning.Kind.TIME, path, e.getMessage());
      return false;
    }
  }
}
