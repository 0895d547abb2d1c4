package dev.lifeboat.jobs;

import javax.sql.DataSource;
import org.springframework.batch.core.configuration.support.MapJobRegistry;
import org.springframework.batch.core.launch.JobOperator;
import org.springframework.batch.core.launch.support.TaskExecutorJobOperator;
import org.springframework.batch.core.repository.JobRepository;
import org.springframework.batch.core.repository.support.JdbcJobRepositoryFactoryBean;
import org.springframework.core.task.SyncTaskExecutor;
import org.springframework.transaction.PlatformTransactionManager;

/** Spring Batch as this program sets it up: without an application context. */
public final class BatchSetup {
  private BatchSetup() {}

  /**
   * What Spring Batch remembers in a database that has its tables.
   *
   * @param type as Spring Batch calls it, {@code H2} or {@code POSTGRES}
   */
  public static JobRepository repository(
      DataSource source, PlatformTransactionManager transactions, String type) {
    try {
      JdbcJobRepositoryFactoryBean factory = new JdbcJobRepositoryFactoryBean();
      factory.setDataSource(source);
      factory.setTransactionManager(transactions);
      factory.setDatabaseType(type);
      // A lock of ours lets one process at a time begin an instance: nothing to serialise against.
      factory.setIsolationLevelForCreate("ISOLATION_READ_COMMITTED");
      factory.afterPropertiesSet();
      return factory.getObject();
    } catch (Exception e) {
      throw new IllegalStateException("cannot set up the job repository", e);
    }
  }

  /** Starts jobs, on the thread that asks for it. */
  public static JobOperator operator(JobRepository repository) {
    try {
      TaskExecutorJobOperator operator = new TaskExecutorJobOperator();
      operator.setJobRepository(repository);
      operator.setJobRegistry(new MapJobRegistry());
      operator.setTaskExecutor(new SyncTaskExecutor());
      operator.afterPropertiesSet();
      return operator;
    } catch (Exception e) {
      throw new IllegalStateException("cannot set up the job operator", e);
    }
  }
}
