package dev.lifeboat.jobs;

import java.nio.file.Path;
import java.util.List;
import org.springframework.jdbc.core.simple.JdbcClient;

/** Looks into the state database of a home that nobody uses. */
final class JobRepositoryProbe {
  private JobRepositoryProbe() {}

  /** Statuses of all executions of a job, oldest first. */
  static List<String> executions(Path home, NightJob job) {
    return query(
        home,
        "SELECT E.STATUS FROM BATCH_JOB_EXECUTION E JOIN BATCH_JOB_INSTANCE I"
            + " ON E.JOB_INSTANCE_ID = I.JOB_INSTANCE_ID WHERE I.JOB_NAME = '"
            + job.id()
            + "' ORDER BY E.JOB_EXECUTION_ID");
  }

  /** Instances of a job. */
  static int instances(Path home, NightJob job) {
    return query(home, "SELECT JOB_KEY FROM BATCH_JOB_INSTANCE WHERE JOB_NAME = '" + job.id() + "'")
        .size();
  }

  /** Jobs and steps that seem to be running. */
  static List<String> running(Path home) {
    return query(
        home,
        "SELECT 'job ' || JOB_EXECUTION_ID FROM BATCH_JOB_EXECUTION WHERE STATUS IN ('STARTING', 'STARTED', 'STOPPING') OR END_TIME IS NULL"
            + " UNION ALL SELECT STEP_NAME FROM BATCH_STEP_EXECUTION WHERE STATUS IN ('STARTING', 'STARTED', 'STOPPING')");
  }

  static List<String> query(Path home, String sql) {
    try (StateDatabase database = StateDatabase.open(home, 2)) {
      return JdbcClient.create(database.dataSource()).sql(sql).query(String.class).list();
    }
  }
}
