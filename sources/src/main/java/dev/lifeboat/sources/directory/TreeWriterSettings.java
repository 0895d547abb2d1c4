package dev.lifeboat.sources.directory;

import java.util.regex.Pattern;

/**
 * How a tree is written.
 *
 * @param restoreId 16 hexadecimal digits that are part of every temporary name; a restore that is
 *     resumed uses the same again and so finds its unfinished files
 * @param sync whether every file and directory is forced to the disk before it counts as written;
 *     otherwise all are at the end
 */
public record TreeWriterSettings(String restoreId, Overwrite overwrite, boolean sync) {
  private static final Pattern SHAPE = Pattern.compile("[0-9a-f]{16}");

  public TreeWriterSettings {
    if (!SHAPE.matcher(restoreId).matches()) {
      throw new IllegalArgumentException("a restore's id has 16 hexadecimal digits: " + restoreId);
    }
  }
}
