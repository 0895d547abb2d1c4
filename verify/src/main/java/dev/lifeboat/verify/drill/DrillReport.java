package dev.lifeboat.verify.drill;

import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What a drill did, how long it took, and what it showed. {@code docs/drills.md} documents the
 * fields; their names are the JSON's and do not change within a version.
 *
 * @param version of the meaning of the fields
 * @param id of this run: its time and some random digits
 * @param name of the configured drill, or {@code ad hoc}
 * @param startedBy account that started it
 * @param host it ran on
 * @param command how it was started, without anything secret
 * @param tools name to version of the programs that took part
 * @param isolation what was fenced off, to how
 * @param datasets in the order in which they were brought back
 * @param stages of the whole drill, in the order in which they began
 * @param reasons for the verdict, in words; for a pass what it rests on
 * @param selfTest absent if this run seeded no faults
 * @param proof that this drill notices faults: of this run, or of an earlier one that still holds;
 *     absent if there is none
 * @param notProven what this drill says nothing about, in words
 * @param deviations from what was planned or from a real disaster, and manual steps
 */
public record DrillReport(
    int version,
    String id,
    String name,
    Instant started,
    Instant ended,
    String startedBy,
    String host,
    String command,
    SortedMap<String, String> tools,
    ScenarioRun scenario,
    SortedMap<String, String> isolation,
    List<Dataset> datasets,
    List<Stage> stages,
    Goals goals,
    Verdict verdict,
    List<String> reasons,
    Optional<SelfTest> selfTest,
    Optional<Proof> proof,
    List<String> notProven,
    List<String> deviations) {
  /** The version of the fields that this program writes. */
  public static final int VERSION = 1;

  public DrillReport {
    tools = sorted(tools);
    isolation = sorted(isolation);
    datasets = List.copyOf(datasets);
    stages = List.copyOf(stages);
    reasons = List.copyOf(reasons);
    notProven = List.copyOf(notProven);
    deviations = List.copyOf(deviations);
  }

  /** How long all of it would take, if of a dataset only a sample was brought back. */
  public Optional<Duration> estimate() {
    return Verdicts.estimate(datasets);
  }

  /**
   * The datasets of which this drill showed that all of them comes back: none if it did not pass,
   * and none of which only a sample was brought back.
   */
  public List<Dataset> proven() {
    return verdict == Verdict.PASS
        ? datasets.stream().filter(Dataset::provesAll).toList()
        : List.of();
  }

  private static SortedMap<String, String> sorted(SortedMap<String, String> map) {
    return Collections.unmodifiableSortedMap(new TreeMap<>(map));
  }

  /**
   * What was supposed to be lost.
   *
   * @param name as in the configuration: {@code latest}, {@code region-lost}
   * @param description in a sentence
   * @param lostRegions that nothing was read from; their credentials were not in use
   * @param usableRegions that could be read from
   */
  public record ScenarioRun(
      String name, String description, List<String> lostRegions, List<String> usableRegions) {
    public ScenarioRun {
      lostRegions = List.copyOf(lostRegions);
      usableRegions = List.copyOf(usableRegions);
    }
  }

  /**
   * A dataset that was brought back, or was to be.
   *
   * @param kind of source
   * @param copy absent if no snapshot could be chosen
   * @param target where it was brought back to
   * @param bytes brought back: of all files, as the snapshot counts them
   * @param objects brought back: files, tables or repositories
   * @param regions what was read from each region
   * @param rto absent if it was not brought back, or in part
   * @param rpo absent if it was not brought back
   * @param estimate of the time for everything when only a part was brought back
   * @param failure why it could not be brought back or checked
   */
  public record Dataset(
      String tenant,
      String dataset,
      String kind,
      Optional<Copy> copy,
      String target,
      long bytes,
      long objects,
      List<RegionUse> regions,
      List<Check> checks,
      List<Stage> stages,
      Optional<Duration> rto,
      Optional<Duration> rpo,
      Optional<Duration> estimate,
      Verdict verdict,
      Optional<String> failure) {
    public Dataset {
      regions = List.copyOf(regions);
      checks = List.copyOf(checks);
      stages = List.copyOf(stages);
    }

    /** {@code tenant/dataset}. */
    public String id() {
      return tenant + "/" + dataset;
    }

    /** Whether all of it was brought back and passed, not a sample. */
    private boolean provesAll() {
      return verdict == Verdict.PASS && estimate.isEmpty();
    }
  }

  /**
   * The exact copy that was drilled.
   *
   * @param snapshot its id
   * @param manifest SHA-256 of its manifest, in hexadecimal
   * @param time the instant the data are of
   * @param complete whether the source was captured without a problem
   * @param why this copy and no other
   * @param heldBy regions that list it, as far as they were asked
   * @param keyGeneration of the tenant's keys, which it was opened with
   * @param recipient whose key opened it
   */
  public record Copy(
      String snapshot,
      String manifest,
      Instant time,
      boolean complete,
      String why,
      List<String> heldBy,
      int keyGeneration,
      String recipient) {
    public Copy {
      heldBy = List.copyOf(heldBy);
    }
  }

  /**
   * What was read from a region.
   *
   * @param reads requests that gave bytes
   * @param failures requests that failed; another region may have answered instead
   */
  public record RegionUse(String region, long reads, long bytes, long failures) {}

  /**
   * One comparison.
   *
   * @param name for example {@code sealed facts} or {@code git fsck}
   * @param expected in words or as a value
   * @param actual the same, as found; for many differences the first
   * @param count how many things were compared: facts, objects, files; none is no proof
   */
  public record Check(String name, String expected, String actual, long count, boolean passed) {}

  /**
   * One stage.
   *
   * @param name {@code key access}, {@code plan}, {@code fetch}, {@code decrypt}, {@code write},
   *     {@code start}, {@code replay}, {@code check}, {@code teardown} (servers stopped), {@code
   *     removal} (files removed)
   * @param began after the start of the drill
   * @param took by the clock on the wall; of an overlapping stage the time in which it was at work
   * @param overlaps whether it ran beside the stage before it, whose time contains it
   */
  public record Stage(String name, Duration began, Duration took, boolean overlaps) {}

  /**
   * What was asked of the drill, and what was measured.
   *
   * @param rtoGoal longest time until all datasets are back and checked
   * @param rto measured: from the start until all were back and checked; absent if they were not
   * @param rpoGoal greatest age of the newest restored record at the time of failure
   * @param rpo measured: of the dataset that lost most; absent if none was brought back
   * @param failureTime when the disaster is supposed to have happened
   */
  public record Goals(
      Optional<Duration> rtoGoal,
      Optional<Duration> rto,
      Optional<Duration> rpoGoal,
      Optional<Duration> rpo,
      Instant failureTime) {}

  /**
   * Whether this drill notices what it is for.
   *
   * @param passed whether every fault that could be seeded was found for what it is; never with
   *     none
   */
  public record SelfTest(boolean passed, List<Fault> faults) {
    public SelfTest {
      faults = List.copyOf(faults);
    }
  }

  /**
   * That faults seeded into each dataset were found.
   *
   * @param configuration what it holds for: SHA-256 of scenario, datasets, checks and versions of
   *     programs
   * @param drill that seeded them
   * @param time of that drill
   */
  public record Proof(String configuration, String drill, Instant time) {}

  /**
   * A fault seeded into a copy, never into the vault.
   *
   * @param name for example {@code bit flip}
   * @param dataset {@code tenant/dataset}
   * @param kind of source
   * @param seeded what was done to which object; or why it could not be done
   * @param possible whether it could be seeded at all
   * @param expected what the drill has to say
   * @param found what it said
   * @param detected whether it failed, and for this reason
   */
  public record Fault(
      String name,
      String dataset,
      String kind,
      String seeded,
      boolean possible,
      String expected,
      String found,
      boolean detected) {}
}
