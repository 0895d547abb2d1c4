package dev.lifeboat.jobs;

import java.util.Locale;

/** The jobs there are: the whole night, and each of its parts alone. */
public enum NightJob {
  NIGHTLY,
  BACKUP,
  REPLICATE,
  VERIFY,
  RETENTION,
  RECLAIM;

  /** As the job repository and the reports call it. */
  public String id() {
    return name().toLowerCase(Locale.ROOT);
  }
}
