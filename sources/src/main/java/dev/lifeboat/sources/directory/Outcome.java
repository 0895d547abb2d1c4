package dev.lifeboat.sources.directory;

import dev.lifeboat.vault.tree.TreePath;

/** What became of a node that was to be written. */
public sealed interface Outcome {
  /** It is there, as asked. */
  record Written(TreePath path) implements Outcome {}

  /** It was left alone. */
  record Skipped(TreePath path, Reason reason) implements Outcome {}

  /** Why something was left alone. */
  enum Reason {
    /** Something of that name exists and may not be replaced. */
    EXISTS,
    /** What exists is not older. */
    NOT_NEWER,
    /** A directory is in the way of something else, or something else in the way of a directory. */
    OTHER_KIND,
    /** This user may not make such a node: devices need root. */
    NOT_PERMITTED
  }
}
