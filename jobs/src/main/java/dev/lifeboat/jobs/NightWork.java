package dev.lifeboat.jobs;

import dev.lifeboat.jobs.report.NightReport;
import dev.lifeboat.sources.Progress;
import dev.lifeboat.sources.SourceException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * What the parts of a night do, without order, restart or report: those are the jobs'.
 *
 * <p>Every part may be called again after a crash at any point of it, and then does only what is
 * left. Trouble with one region or one dataset is part of the results; what is thrown, a {@link
 * dev.lifeboat.vault.VaultException} included, fails the part, and the night goes on with the next.
 * All answer an interrupt with {@link InterruptedException}.
 */
public interface NightWork {
  /**
   * A snapshot of this dataset that this host committed at or after an instant, if there is one:
   * what a run that was killed between the commit and its own bookkeeping left behind.
   */
  Optional<NightReport.Dataset> committedSince(DatasetPlan dataset, Instant since)
      throws InterruptedException;

  /**
   * Captures and commits one dataset. Called for several datasets at once.
   *
   * @param state directory of this dataset alone, mode 0700, kept between nights
   */
  NightReport.Dataset capture(DatasetPlan dataset, Path state, Progress progress)
      throws SourceException, InterruptedException;

  /** Brings regions that lack something up to the others. */
  NightReport.Replication replicate() throws InterruptedException;

  /** Verifies as much as a night allows. */
  NightReport.Verification verify() throws InterruptedException;

  /** Forgets what the policy keeps no longer; never a dataset's newest good snapshot. */
  NightReport.Retention retain() throws InterruptedException;

  /** Gives back the space of what nothing refers to any more. */
  NightReport.Reclamation reclaim() throws InterruptedException;

  /** Looks at the vault as it is now, for the report. */
  Survey survey(List<DatasetPlan> datasets) throws InterruptedException;

  /**
   * The vault at the end of a night.
   *
   * @param quorum regions that must hold a snapshot before it is durable
   * @param regions every region
   * @param standings one for each dataset asked for, in that order
   * @param warnings what is not protected whatever the datasets do: a tenant whose key has no
   *     second recipient, a vault in one region
   */
  record Survey(
      int quorum,
      List<NightReport.RegionState> regions,
      List<Standing> standings,
      List<NightReport.Unprotected> warnings) {
    public Survey {
      regions = List.copyOf(regions);
      standings = List.copyOf(standings);
      warnings = List.copyOf(warnings);
    }
  }

  /**
   * How well a dataset stands.
   *
   * @param newestComplete instant of its newest complete snapshot that a quorum of regions holds
   * @param snapshots which snapshot lies in which regions, newest first
   */
  record Standing(String dataset, Optional<Instant> newestComplete, List<Held> snapshots) {
    public Standing {
      snapshots = List.copyOf(snapshots);
    }
  }

  /** A snapshot and the regions that hold it, by name. */
  record Held(String snapshot, List<String> regions) {
    public Held {
      regions = List.copyOf(regions);
    }
  }
}
