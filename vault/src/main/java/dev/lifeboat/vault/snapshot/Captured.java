package dev.lifeboat.vault.snapshot;

import dev.lifeboat.vault.tree.Attributes;
import dev.lifeboat.vault.tree.Content;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What a source hands over when it is through: the snapshot to commit.
 *
 * @param time the instant the data are of
 * @param rootAttributes of the root directory
 * @param root content of the root directory, from {@link SnapshotSink#storeDirectory}
 * @param counts what the source counted
 * @param problems none if the capture is complete
 * @param tools name to version of the programs that took part, for example {@code pg_dump}
 */
public record Captured(
    Instant time,
    Attributes rootAttributes,
    Content root,
    Counts counts,
    Expectations expectations,
    List<Problem> problems,
    SortedMap<String, String> tools) {
  public Captured {
    problems = List.copyOf(problems);
    tools = Collections.unmodifiableSortedMap(new TreeMap<>(tools));
  }

  /**
   * What a source counted.
   *
   * @param bytes of all files together, without holes
   * @param unchangedFiles taken over without reading them
   */
  public record Counts(
      long files,
      long directories,
      long others,
      long bytes,
      long newFiles,
      long changedFiles,
      long unchangedFiles,
      long bytesRead) {}
}
