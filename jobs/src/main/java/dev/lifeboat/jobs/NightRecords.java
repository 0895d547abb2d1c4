package dev.lifeboat.jobs;

import dev.lifeboat.jobs.report.NightOutcome;
import dev.lifeboat.jobs.report.NightReport;
import dev.lifeboat.jobs.report.NightReportJson;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.support.TransactionTemplate;

/** The run history in the state database: nights, what became of their datasets, their reports. */
final class NightRecords {
  private final JdbcClient jdbc;
  private final TransactionTemplate transaction;

  NightRecords(StateDatabase database) {
    this.jdbc = JdbcClient.create(database.dataSource());
    this.transaction = new TransactionTemplate(database.transactions());
    // What became of a dataset is kept also when the step around it is rolled back for failing.
    transaction.setPropagationBehavior(TransactionDefinition.PROPAGATION_REQUIRES_NEW);
  }

  /**
   * A night as it is kept.
   *
   * @param runs how often it was started
   * @param outcome absent until a run of it came to its report
   */
  record Night(String id, Instant started, int runs, Optional<NightOutcome> outcome) {
    /** Whether a run of it is to be continued by the next. */
    boolean isToContinue(boolean alsoFailed) {
      return outcome
          .map(how ->
              switch (how) {
                case COMPLETE, INCOMPLETE, FINDINGS -> false;
                case UNREACHABLE, FAILED -> alsoFailed;
                case INTERRUPTED -> true;
              })
          .orElse(true);
    }
  }

  /** The newest night of a job. */
  Optional<Night> newest(NightJob job) {
    return jdbc.sql(
            "SELECT NIGHT, STARTED, RUNS, OUTCOME FROM LIFEBOAT_NIGHT WHERE JOB = ? ORDER BY STARTED DESC, NIGHT DESC LIMIT 1")
        .param(job.id())
        .query((row, _) ->
            new Night(
                row.getString(1),
                row.getObject(2, OffsetDateTime.class).toInstant(),
                row.getInt(3),
                Optional.ofNullable(row.getString(4)).map(NightOutcome::valueOf)))
        .optional();
  }

  /** Notes that a night is started, for the first time or again. */
  Night begin(NightJob job, String night, Instant started) {
    return transaction.execute(_ -> {
      int again =
          jdbc.sql(
                  "UPDATE LIFEBOAT_NIGHT SET RUNS = RUNS + 1, OUTCOME = NULL WHERE JOB = ? AND NIGHT = ?")
              .params(job.id(), night)
              .update();
      if (again == 0) {
        jdbc.sql("INSERT INTO LIFEBOAT_NIGHT (NIGHT, JOB, STARTED, RUNS) VALUES (?, ?, ?, 1)")
            .params(night, job.id(), OffsetDateTime.ofInstant(started, ZoneOffset.UTC))
            .update();
      }
      return newest(job)
          .filter(begun -> begun.id().equals(night))
          .orElseThrow(() -> new IllegalStateException("night " + night + " is not the newest"));
    });
  }

  /** Keeps what became of a dataset; a later run of the same night replaces it. */
  void save(NightJob job, String night, NightReport.Dataset dataset) {
    transaction.executeWithoutResult(_ ->
        jdbc.sql("MERGE INTO LIFEBOAT_DATASET (JOB, NIGHT, DATASET, RESULT) VALUES (?, ?, ?, ?)")
            .params(job.id(), night, dataset.id(), NightReportJson.writeDataset(dataset))
            .update());
  }

  /** What became of the datasets of a night so far, by {@link DatasetPlan#id}. */
  Map<String, NightReport.Dataset> datasets(NightJob job, String night) {
    Map<String, NightReport.Dataset> datasets = new TreeMap<>();
    jdbc.sql("SELECT DATASET, RESULT FROM LIFEBOAT_DATASET WHERE JOB = ? AND NIGHT = ?")
        .params(job.id(), night)
        .query(row -> {
          datasets.put(row.getString(1), NightReportJson.readDataset(row.getString(2)));
        });
    return datasets;
  }

  /** Keeps the report of a night, and with it how the night ended. */
  void finish(NightJob job, NightReport report) {
    transaction.executeWithoutResult(_ ->
        jdbc.sql("UPDATE LIFEBOAT_NIGHT SET OUTCOME = ?, REPORT = ? WHERE JOB = ? AND NIGHT = ?")
            .params(
                report.outcome().name(), NightReportJson.write(report), job.id(), report.night())
            .update());
  }

  /** Notes that a night which never came to its report will not be continued. */
  void giveUp(NightJob job, String night) {
    transaction.executeWithoutResult(_ ->
        jdbc.sql(
                "UPDATE LIFEBOAT_NIGHT SET OUTCOME = ? WHERE JOB = ? AND NIGHT = ? AND OUTCOME IS NULL")
            .params(NightOutcome.INTERRUPTED.name(), job.id(), night)
            .update());
  }

  /**
   * Removes all but the newest nights of a job.
   *
   * @return their ids
   */
  List<String> prune(NightJob job, int keep) {
    return transaction.execute(_ -> {
      List<String> old =
          jdbc.sql(
                  "SELECT NIGHT FROM LIFEBOAT_NIGHT WHERE JOB = ? ORDER BY STARTED DESC, NIGHT DESC OFFSET ? ROWS")
              .params(job.id(), keep)
              .query(String.class)
              .list();
      old.forEach(night ->
          jdbc.sql("DELETE FROM LIFEBOAT_NIGHT WHERE JOB = ? AND NIGHT = ?")
              .params(job.id(), night)
              .update());
      return old;
    });
  }
}
