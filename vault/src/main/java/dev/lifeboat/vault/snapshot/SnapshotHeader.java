package dev.lifeboat.vault.snapshot;

import dev.lifeboat.vault.Digest;
import dev.lifeboat.vault.seal.DatasetName;
import dev.lifeboat.vault.seal.TenantName;
import java.time.Instant;
import java.util.Collections;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The part of a manifest that the index key opens: everything but names and contents of files.
 *
 * @param time the instant the data are of, to the millisecond
 * @param source kind of source, for example {@code directory}
 * @param writer name of the host that wrote it, as in the vault document
 * @param sequence 1 for a dataset's first snapshot, then one more than its predecessor's
 * @param previous SHA-256 of the predecessor's manifest; {@code null} for the first
 * @param complete whether the source was captured without a {@link Problem}
 * @param tools name to version of the programs that took part; of a server also what identifies it
 * @param tags words that people gave it, for retention and for themselves
 * @param packs how many packs hold a part of the snapshot. Which they are can be a million lines:
 *     {@link VerifiedManifest} has them
 */
public record SnapshotHeader(
    SnapshotId id,
    Instant time,
    TenantName tenant,
    DatasetName dataset,
    String source,
    String writer,
    long sequence,
    @Nullable Digest previous,
    boolean complete,
    Counts counts,
    SortedMap<String, String> tools,
    SortedSet<String> tags,
    int packs) {
  private static final Shared<SortedMap<String, String>> TOOLS = new Shared<>();
  private static final Shared<SortedSet<String>> TAGS = new Shared<>();
  private static final Shared<String> WORDS = new Shared<>();
  private static final Shared<TenantName> TENANTS = new Shared<>();
  private static final Shared<DatasetName> DATASETS = new Shared<>();

  public SnapshotHeader {
    if ((sequence == 1) != (previous == null)) {
      throw new IllegalArgumentException("only the first snapshot has no predecessor");
    }
    tools = TOOLS.of(tools, map -> Collections.unmodifiableSortedMap(new TreeMap<>(map)));
    tags = TAGS.of(tags, set -> Collections.unmodifiableSortedSet(new TreeSet<>(set)));
    tenant = TENANTS.of(tenant);
    dataset = DATASETS.of(dataset);
    source = WORDS.of(source);
    writer = WORDS.of(writer);
  }

  /**
   * What was captured.
   *
   * @param bytes of all files together, without holes
   * @param newFiles not in the predecessor, as far as the source can tell
   * @param changedFiles in the predecessor with other bytes or attributes
   * @param unchangedFiles not read again
   * @param bytesRead from the source
   * @param bytesAdded stored in each region for this snapshot: new packs, index and manifest not
   *     counted
   * @param problems how many {@link Problem}s
   */
  public record Counts(
      long files,
      long directories,
      long others,
      long bytes,
      long newFiles,
      long changedFiles,
      long unchangedFiles,
      long bytesRead,
      long bytesAdded,
      long problems) {}
}
