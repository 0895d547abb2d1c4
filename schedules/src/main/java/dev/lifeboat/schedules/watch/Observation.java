package dev.lifeboat.schedules.watch;

import dev.lifeboat.jobs.DatasetGoal;
import dev.lifeboat.jobs.NightWork;
import dev.lifeboat.vault.region.RegionName;
import dev.lifeboat.verify.Coverage;
import dev.lifeboat.verify.Finding;
import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What was seen of a vault at one moment.
 *
 * @param goals the datasets there must be
 * @param findings of an inventory of all regions
 * @param coverage of each region that answers
 * @param skew of the regions that answer: how far each one's clock is ahead of this machine's
 * @param certificates whose, in words, to until when it is valid
 * @param drilled when a drill passed last, by dataset
 * @param evidence what is wrong with the evidence, in words
 * @param audit what is known of the copies of audit trails
 */
public record Observation(
    Instant now,
    List<DatasetGoal> goals,
    NightWork.Survey survey,
    List<Finding> findings,
    List<Coverage> coverage,
    SortedMap<RegionName, Duration> skew,
    SortedMap<String, Instant> certificates,
    Map<String, Instant> drilled,
    List<String> evidence,
    Audit audit,
    Disk disk) {
  public Observation {
    goals = List.copyOf(goals);
    findings = List.copyOf(findings);
    coverage = List.copyOf(coverage);
    skew = Collections.unmodifiableSortedMap(new TreeMap<>(skew));
    certificates = Collections.unmodifiableSortedMap(new TreeMap<>(certificates));
    drilled = Map.copyOf(drilled);
    evidence = List.copyOf(evidence);
  }

  /**
   * Copies of audit trails in the vault.
   *
   * @param problems what is wrong with them, in words
   * @param copied time of the newest copied record of each host, by its name
   * @param worked when each host is known to have done something that is recorded; empty where
   *     nothing is to be copied
   */
  public record Audit(
      List<String> problems, SortedMap<String, Instant> copied, SortedMap<String, Instant> worked) {
    public Audit {
      problems = List.copyOf(problems);
      copied = Collections.unmodifiableSortedMap(new TreeMap<>(copied));
      worked = Collections.unmodifiableSortedMap(new TreeMap<>(worked));
    }

    /** That of a vault in which there is nothing wrong, and nothing to compare. */
    public static final Audit NONE = new Audit(List.of(), new TreeMap<>(), new TreeMap<>());
  }

  /**
   * Where this host keeps its state.
   *
   * @param free bytes
   */
  public record Disk(String path, long free) {}
}
