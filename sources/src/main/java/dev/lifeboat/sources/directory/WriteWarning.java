package dev.lifeboat.sources.directory;

import java.util.List;

/**
 * Something of the snapshot that the target or this user could not take. Content is never among it.
 *
 * @param count how many nodes it concerns
 * @param examples a few of them, as {@code path: error}
 */
public record WriteWarning(Kind kind, long count, List<String> examples) {
  public WriteWarning {
    examples = List.copyOf(examples);
  }

  /** What could not be taken. */
  public enum Kind {
    /** Owner or group: only root may give files away. */
    OWNER,
    /** Mode: the setgid bit of a foreign group, for example. */
    MODE,
    /** Extended attributes and access-control lists. */
    XATTR,
    /** Modification time. */
    TIME,
    /** Names that were one file became files of their own. */
    HARD_LINK
  }
}
