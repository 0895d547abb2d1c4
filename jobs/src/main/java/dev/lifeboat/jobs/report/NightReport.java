package dev.lifeboat.jobs.report;

import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What happened in a night, and what is not protected after it. {@code docs/nightly.md} documents
 * the fields; their names are the JSON's and do not change within a version.
 *
 * @param version of the meaning of the fields
 * @param night id of the night; runs that continue one another share it
 * @param job {@code nightly}, or the part that ran alone
 * @param started when the night began, in its first run
 * @param finished when this run ended
 * @param duration of this run alone
 * @param runs how many times this night was started, this run included
 * @param datasets in the order of the plan
 * @param replication absent if this job has no such part or it did not end; so the next three
 * @param unprotected what a disaster now would cost; empty is the goal
 * @param errors of parts of the night that failed
 * @param stages how long each part of this run took, by its name
 */
public record NightReport(
    int version,
    String night,
    String job,
    NightOutcome outcome,
    Instant started,
    Instant finished,
    Duration duration,
    int runs,
    List<Dataset> datasets,
    List<RegionState> regions,
    Totals totals,
    Optional<Replication> replication,
    Optional<Verification> verification,
    Optional<Retention> retention,
    Optional<Reclamation> reclamation,
    List<Unprotected> unprotected,
    List<PartError> errors,
    SortedMap<String, Duration> stages) {
  /** The version of the fields that this program writes. */
  public static final int VERSION = 1;

  public NightReport {
    datasets = List.copyOf(datasets);
    regions = List.copyOf(regions);
    unprotected = List.copyOf(unprotected);
    errors = List.copyOf(errors);
    // A report of an earlier version has none.
    stages =
        Collections.unmodifiableSortedMap(
            new TreeMap<>(Objects.requireNonNullElse(stages, Collections.emptySortedMap())));
  }

  /** What became of a dataset in a night. */
  public enum State {
    /** Captured and committed without a problem. */
    COMPLETE,
    /** Captured and committed, but something of it could not be read. */
    PARTIAL,
    /** Nothing was committed. */
    FAILED,
    /** Nothing was committed, because source or regions could not be reached. */
    UNREACHABLE,
    /** Nothing was committed, because the night was stopped. */
    INTERRUPTED
  }

  /**
   * One dataset.
   *
   * @param kind of source
   * @param snapshot absent if nothing was committed
   * @param capturedAt the instant the data are of
   * @param ratio bytes read for each byte added; absent when nothing was added
   * @param regions that hold the snapshot at the end of the night
   * @param durable whether a quorum holds it
   * @param missing region to the reason why it did not take the snapshot
   * @param expectations facts sealed with the data, to be compared when it comes back
   * @param limits facts that were not taken
   * @param problems the first of them, as text; {@code counts.problems} has how many there are
   * @param error why nothing was committed
   */
  public record Dataset(
      String tenant,
      String dataset,
      String kind,
      State state,
      Optional<String> snapshot,
      Optional<Instant> capturedAt,
      Counts counts,
      Optional<Double> ratio,
      Duration duration,
      List<String> regions,
      boolean durable,
      SortedMap<String, String> missing,
      int expectations,
      int limits,
      List<String> problems,
      Optional<String> error) {
    /** How many problems of a dataset a report spells out. */
    public static final int PROBLEMS_SHOWN = 20;

    public Dataset {
      regions = List.copyOf(regions);
      missing = Collections.unmodifiableSortedMap(new TreeMap<>(missing));
      problems = List.copyOf(problems);
      if (snapshot.isPresent() != (state == State.COMPLETE || state == State.PARTIAL)) {
        throw new IllegalArgumentException(dataset + " is " + state + " with snapshot " + snapshot);
      }
    }

    /** A dataset of which nothing was committed. */
    public static Dataset without(
        String tenant, String dataset, String kind, State state, Duration duration, String error) {
      return new Dataset(
          tenant,
          dataset,
          kind,
          state,
          Optional.empty(),
          Optional.empty(),
          Counts.NONE,
          Optional.empty(),
          duration,
          List.of(),
          false,
          Collections.emptySortedMap(),
          0,
          0,
          List.of(),
          Optional.of(error));
    }

    /** {@code acme/uploads}. */
    public String id() {
      return tenant + "/" + dataset;
    }

    /** The same, with what is known at the end of the night of where it lies. */
    public Dataset heldBy(List<String> holders, boolean isDurable) {
      TreeMap<String, String> stillMissing = new TreeMap<>(missing);
      holders.forEach(stillMissing::remove);
      return new Dataset(
          tenant,
          dataset,
          kind,
          state,
          snapshot,
          capturedAt,
          counts,
          ratio,
          duration,
          holders,
          isDurable,
          stillMissing,
          expectations,
          limits,
          problems,
          error);
    }
  }

  /**
   * What was counted in a capture.
   *
   * @param bytes of all files together
   * @param bytesRead from the source
   * @param bytesAdded stored in each region
   */
  public record Counts(
      long files,
      long directories,
      long others,
      long newFiles,
      long changedFiles,
      long unchangedFiles,
      long bytes,
      long bytesRead,
      long bytesAdded,
      long problems) {
    public static final Counts NONE = new Counts(0, 0, 0, 0, 0, 0, 0, 0, 0, 0);

    Counts plus(Counts more) {
      return new Counts(
          files + more.files,
          directories + more.directories,
          others + more.others,
          newFiles + more.newFiles,
          changedFiles + more.changedFiles,
          unchangedFiles + more.unchangedFiles,
          bytes + more.bytes,
          bytesRead + more.bytesRead,
          bytesAdded + more.bytesAdded,
          problems + more.problems);
    }
  }

  /**
   * One region at the end of the night.
   *
   * @param problem why it could not be asked
   * @param lagging snapshots that others hold and it does not
   * @param lag age of the oldest of these
   * @param objects in it
   * @param bytes in it
   * @param laggingBytes that the snapshots it lacks added when they were stored
   * @param lock how it locks what is stored in it, in words
   * @param datasets what it holds of each
   */
  public record RegionState(
      String name,
      boolean reachable,
      Optional<String> problem,
      long lagging,
      Duration lag,
      long objects,
      long bytes,
      long laggingBytes,
      Optional<String> lock,
      List<Copy> datasets) {
    public RegionState {
      // A report of an earlier version has none.
      datasets = List.copyOf(Objects.requireNonNullElse(datasets, List.of()));
      lock = Objects.requireNonNullElse(lock, Optional.empty());
    }
  }

  /**
   * One dataset in one region.
   *
   * @param dataset tenant and name
   * @param newestComplete instant of the newest complete snapshot that lies there
   * @param age of that
   * @param late whether it is older than the dataset's RPO, or there is none
   * @param lagging snapshots that others hold and it does not
   * @param laggingBytes that these added when they were stored
   */
  public record Copy(
      String dataset,
      Optional<Instant> newestComplete,
      Optional<Duration> age,
      boolean late,
      long lagging,
      long laggingBytes) {}

  /** All datasets together. */
  public record Totals(int datasets, int complete, int partial, int failed, Counts counts) {
    /** Adds up. */
    public static Totals of(List<Dataset> datasets) {
      int complete = 0;
      int partial = 0;
      int failed = 0;
      Counts counts = Counts.NONE;
      for (Dataset dataset : datasets) {
        switch (dataset.state()) {
          case COMPLETE -> complete++;
          case PARTIAL -> partial++;
          case FAILED, UNREACHABLE, INTERRUPTED -> failed++;
        }
        counts = counts.plus(dataset.counts());
      }
      return new Totals(datasets.size(), complete, partial, failed, counts);
    }
  }

  /**
   * What replication did.
   *
   * @param objects copied
   * @param bytes copied
   * @param snapshots that became complete in a region
   * @param failed region to the reason
   */
  public record Replication(
      long objects, long bytes, long snapshots, SortedMap<String, String> failed) {
    public Replication {
      failed = Collections.unmodifiableSortedMap(new TreeMap<>(failed));
    }
  }

  /**
   * What verification found.
   *
   * @param ran whether anything was looked at; if not, nothing is proven
   * @param counts what was looked at
   */
  public record Verification(
      boolean ran,
      SortedMap<String, Long> counts,
      List<String> findings,
      List<String> unreachable) {
    public Verification {
      counts = Collections.unmodifiableSortedMap(new TreeMap<>(counts));
      findings = List.copyOf(findings);
      unreachable = List.copyOf(unreachable);
    }
  }

  /**
   * What retention did.
   *
   * @param kept snapshots
   * @param forgotten snapshots
   * @param failed region to the reason
   */
  public record Retention(long kept, long forgotten, SortedMap<String, String> failed) {
    public Retention {
      failed = Collections.unmodifiableSortedMap(new TreeMap<>(failed));
    }
  }

  /**
   * What reclamation did.
   *
   * @param marked objects newly marked, to be deleted after a grace
   * @param deleted objects
   * @param bytes freed in all regions together
   * @param notes why something was put off
   * @param failed region to the reason
   */
  public record Reclamation(
      long marked, long deleted, long bytes, List<String> notes, SortedMap<String, String> failed) {
    public Reclamation {
      notes = List.copyOf(notes);
      failed = Collections.unmodifiableSortedMap(new TreeMap<>(failed));
    }
  }

  /**
   * Something a disaster now would take.
   *
   * @param subject a dataset, tenant, region or the vault
   * @param reason why it is not protected as it should be
   */
  public record Unprotected(String subject, String reason) {}

  /** A part of the night that failed, and why. */
  public record PartError(String part, String error) {}
}
