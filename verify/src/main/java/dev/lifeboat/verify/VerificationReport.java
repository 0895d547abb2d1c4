package dev.lifeboat.verify;

import dev.lifeboat.vault.region.RegionName;
import java.util.List;
import java.util.SortedSet;

/**
 * What a verification did and found.
 *
 * @param depth how far it looked
 * @param regions that were looked at
 * @param snapshots whose references were followed
 * @param objects that were listed, over all regions
 * @param objectsRead whose bytes were read and judged, over all regions
 * @param bytesRead of them
 * @param framesDecoded decrypted and compared with their chunk ids, over all regions
 * @param bytesDecoded of them, decompressed
 * @param healed what was mended, in words
 * @param notes what was not looked at, and why
 * @param coverage of each region that was looked at, with what was read now; empty if not asked for
 */
public record VerificationReport(
    Depth depth,
    SortedSet<RegionName> regions,
    long snapshots,
    long objects,
    long objectsRead,
    long bytesRead,
    long framesDecoded,
    long bytesDecoded,
    List<Finding> findings,
    List<String> healed,
    List<String> notes,
    List<Coverage> coverage) {
  public VerificationReport {
    findings = List.copyOf(findings);
    healed = List.copyOf(healed);
    notes = List.copyOf(notes);
    coverage = List.copyOf(coverage);
  }

  /** How far a verification looks; each includes those before it. */
  public enum Depth {
    /** Listings against references. */
    INVENTORY,
    /** Bytes against names and signatures. */
    CIPHERTEXT,
    /** Contents against chunk ids. */
    DEEP
  }

  /**
   * Whether something was looked at, all of it could be, and nothing is wrong but what is mere
   * {@linkplain Finding#isAdvice advice}. Where nothing was looked at, nothing is proven.
   */
  public boolean sound() {
    return findings.stream().allMatch(Finding::isAdvice) && objects > 0 && !regions.isEmpty();
  }
}
