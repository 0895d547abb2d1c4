package dev.lifeboat.schedules.metrics;

import java.util.List;
import java.util.Locale;

/**
 * All metrics. Their names are what dashboards and alert rules hold on to. No label is called
 * {@code job} or {@code instance}: these are Prometheus' own.
 */
public enum Metric {
  BUILD_INFO("1, with the version of the program.", "version"),
  COLLECTION_TIMESTAMP_SECONDS("When the numbers were collected from the vault last."),
  COLLECTION_DURATION_SECONDS("How long that took."),
  COLLECTION_SUCCESS(
      "1 if the last attempt to collect them succeeded, else 0: the others are old."),

  DATASET_LAST_SUCCESS_TIMESTAMP_SECONDS(
      "The instant that the newest complete snapshot which a quorum of regions holds is of; none: no such metric.",
      "tenant",
      "dataset"),
  DATASET_RPO_SECONDS("How old that may become.", "tenant", "dataset"),
  DATASET_SNAPSHOTS("Snapshots in any region.", "tenant", "dataset"),

  COPY_LAST_SUCCESS_TIMESTAMP_SECONDS(
      "The instant that the newest complete snapshot in this region is of; none: no such metric.",
      "tenant",
      "dataset",
      "region"),
  COPY_LAGGING_SNAPSHOTS("Snapshots that other regions hold.", "tenant", "dataset", "region"),
  COPY_LAGGING_BYTES("What these added when they were stored.", "tenant", "dataset", "region"),
  LOCK_HORIZON_TIMESTAMP_SECONDS(
      "Until when the newest complete snapshot is locked; only of regions that lock.",
      "tenant",
      "dataset",
      "region"),

  REGION_UP("1 if the region answers, else 0.", "region"),
  REGION_LAGGING_SNAPSHOTS("Snapshots that other regions hold.", "region"),
  REGION_LAG_SECONDS("Age of the oldest of these.", "region"),
  REGION_OBJECTS("Objects in it.", "region"),
  REGION_BYTES("Bytes in it.", "region"),
  REGION_CLOCK_SKEW_SECONDS("How far its clock is ahead of this machine's.", "region"),
  CERTIFICATE_END_TIMESTAMP_SECONDS(
      "Until when the certificate of a region with an endpoint, or of this service, is valid.",
      "subject"),

  COVERAGE_PROVEN_RATIO("Share of the bytes that were read and right in time.", "region"),
  COVERAGE_OVERDUE_OBJECTS("Objects that should have been read by now.", "region"),
  COVERAGE_OVERDUE_BYTES("Bytes of these.", "region"),
  COVERAGE_OLDEST_UNPROVEN_TIMESTAMP_SECONDS(
      "Since when the object that waits longest waits to be read.", "region"),
  FINDINGS("Findings of an inventory of all regions.", "severity"),

  DRILL_LAST_PASS_TIMESTAMP_SECONDS(
      "When a drill of the dataset passed last; never: no such metric.", "tenant", "dataset"),
  DRILL_RTO_SECONDS("How long it took in that drill until it was back.", "tenant", "dataset"),
  DRILL_RPO_SECONDS("How much would have been lost in that drill.", "tenant", "dataset"),
  DRILL_LAST_RUN_TIMESTAMP_SECONDS("When a drill ran last.", "drill"),
  DRILL_LAST_PASSED("1 if it passed, 0 if it failed or did not run.", "drill"),
  EVIDENCE_PROBLEMS("Pieces of evidence that are missing, forged or unreadable."),

  CONCERNS("What lifeboat watch would tell.", "severity"),
  DISK_FREE_BYTES("Free where this host keeps its state."),
  AUDIT_UNCOPIED_RECORDS("Records of the audit trail that are not in the vault yet."),

  ALERTS_OPEN("Alerts that are raised and not resolved.", "severity"),
  ALERTS_WAITING_MESSAGES("Messages that are to be sent, also when quiet hours end."),
  ALERTS_OLDEST_WAITING_TIMESTAMP_SECONDS(
      "When the oldest of these was written; none waits: no such metric."),
  ALERTS_GIVEN_UP_MESSAGES("Messages that no channel took in all the time that they were tried."),

  NIGHT_LAST_END_TIMESTAMP_SECONDS("When the last night of this host ended."),
  NIGHT_LAST_OUTCOME("1 for the outcome that it had, 0 for the others.", "outcome"),
  NIGHT_DURATION_SECONDS("How long its last run took."),
  NIGHT_STAGE_DURATION_SECONDS("How long each part of it took.", "stage"),
  NIGHT_READ_BYTES("Read from the source in it.", "tenant", "dataset"),
  NIGHT_ADDED_BYTES("Stored in each region in it.", "tenant", "dataset"),
  NIGHT_DATASET_DURATION_SECONDS("How long the capture took.", "tenant", "dataset"),
  NIGHT_DATASET_COMPLETE(
      "1 if it has a complete snapshot of that night that a quorum holds, else 0.",
      "tenant",
      "dataset"),
  NIGHT_REGION_FAILURES("Parts of it that failed in this region.", "region"),

  JOB_LAST_SUCCESS_TIMESTAMP_SECONDS(
      "When a run of the job ended well last; never: no such metric.", "name"),
  JOB_LAST_BEGIN_TIMESTAMP_SECONDS("When a run of it began last.", "name"),
  JOB_LAST_DURATION_SECONDS("How long its last run took that ended.", "name"),
  JOB_LAST_SUCCESS(
      "1 if its last run that ended, or should have run, was a success, else 0.", "name"),
  JOB_LAST_EXIT_CODE("The exit code of that, if it had one.", "name"),
  JOB_RUNNING("1 while it runs, else 0.", "name"),
  JOB_RUNS("Runs that are on record, by how they stand.", "name", "state"),
  ;

  private final String help;

  /** With spaces between them. */
  private final String labels;

  Metric(String help, String... labels) {
    this.help = help;
    this.labels = String.join(" ", labels);
  }

  /** As Prometheus has it. */
  public String text() {
    return "lifeboat_" + name().toLowerCase(Locale.ROOT);
  }

  /** What it says, in a sentence. */
  public String help() {
    return help;
  }

  /** Names of its labels, in the order of their values. */
  public List<String> labels() {
    return labels.isEmpty() ? List.of() : List.of(labels.split(" ", -1));
  }
}
