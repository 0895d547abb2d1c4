package dev.lifeboat.vault.snapshot;

/**
 * Something of the source that is not in the snapshot as it should be. One is enough to make the
 * snapshot partial.
 *
 * @param subject what, for people: a path as {@link dev.lifeboat.vault.tree.TreePath#toString}
 *     shows it, a table, a repository
 * @param kind why
 * @param detail the error as the system told it
 */
public record Problem(String subject, Kind kind, String detail) {
  public enum Kind {
    /** No permission, an I/O error, a failed query. */
    UNREADABLE,
    /** It was listed, and gone when it was to be read. */
    VANISHED,
    /** It changed while it was read, however often that was tried. */
    CHANGED_WHILE_READ,
    /** The source knows of a kind of thing here that it does not back up. */
    UNSUPPORTED
  }
}
