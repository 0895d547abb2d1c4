package dev.lifeboat.restore;

import dev.lifeboat.vault.tree.TreePath;
import java.util.Objects;

/**
 * Something that was asked for and did not come back.
 *
 * @param path where it is in the snapshot; a directory stands for all below it
 * @param reason for people
 */
public record RestoreFailure(TreePath path, String reason) {
  static RestoreFailure of(TreePath path, Exception e) {
    return new RestoreFailure(path, Objects.requireNonNullElse(e.getMessage(), e.toString()));
  }
}
