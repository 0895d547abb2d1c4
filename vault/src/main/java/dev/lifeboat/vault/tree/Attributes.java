package dev.lifeboat.vault.tree;

import java.util.List;

/**
 * What every node has.
 *
 * @param mode the lower twelve bits of {@code st_mode}: permissions, setuid, setgid, sticky
 * @param uid numeric owner, 0 to 2³² − 1
 * @param gid numeric group, 0 to 2³² − 1
 * @param owner the owner's name at capture, empty if it had none
 * @param group the group's name at capture, empty if it had none
 * @param mtimeSeconds modification time since 1970, may be negative
 * @param mtimeNanos 0 to 999,999,999, added to the seconds
 * @param xattrs extended attributes in order of their names; POSIX ACLs are among them, as {@code
 *     system.posix_acl_access} and {@code system.posix_acl_default}
 */
public record Attributes(
    int mode,
    long uid,
    long gid,
    String owner,
    String group,
    long mtimeSeconds,
    int mtimeNanos,
    List<Xattr> xattrs) {
  public Attributes {
    if ((mode & ~07777) != 0) {
      throw new IllegalArgumentException("mode %o has more than twelve bits".formatted(mode));
    }
    if (mtimeNanos < 0 || mtimeNanos > 999_999_999) {
      throw new IllegalArgumentException("nanoseconds out of range: " + mtimeNanos);
    }
    xattrs = List.copyOf(xattrs);
  }

  /** Attributes for what has no file behind it, such as a dump: owned by root, no times. */
  public static Attributes synthetic(int mode) {
    return new Attributes(mode, 0, 0, "", "", 0, 0, List.of());
  }
}
