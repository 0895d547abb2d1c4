package dev.lifeboat.jobs;

import dev.lifeboat.jobs.report.NightReport;

/** What a night does to the regions beside capturing; see {@link NightWork} for the promises. */
public interface NightUpkeep {
  /** Brings regions that lack something up to the others. */
  NightReport.Replication replicate() throws InterruptedException;

  /** Forgets what the policy keeps no longer; never a dataset's newest good snapshot. */
  NightReport.Retention retain() throws InterruptedException;

  /** Gives back the space of what nothing refers to any more. */
  NightReport.Reclamation reclaim() throws InterruptedException;
}
