package dev.lifeboat.cli.wiring;

import dev.lifeboat.cli.CliException;
import dev.lifeboat.cli.Environment;
import dev.lifeboat.cli.ExitCode;
import dev.lifeboat.cli.Failure;
import dev.lifeboat.cli.Invocation;
import dev.lifeboat.cli.config.AlertsSection;
import dev.lifeboat.cli.config.ConfigException;
import dev.lifeboat.cli.config.Configuration;
import dev.lifeboat.cli.config.HeartbeatSection;
import dev.lifeboat.jobs.report.NightReport;
import dev.lifeboat.schedules.alert.Alert;
import dev.lifeboat.schedules.alert.AlertQueue;
import dev.lifeboat.schedules.alert.AlertQueueException;
import dev.lifeboat.schedules.alert.AlertRules;
import dev.lifeboat.schedules.alert.Alerts;
import dev.lifeboat.schedules.alert.Standing;
import dev.lifeboat.schedules.alert.channel.HttpSender;
import dev.lifeboat.schedules.alert.channel.Trust;
import dev.lifeboat.schedules.heartbeat.Heartbeat;
import dev.lifeboat.schedules.watch.Concern;
import dev.lifeboat.schedules.watch.Concern.Severity;
import dev.lifeboat.schedules.watch.Observation;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Tells of one run of a job, as configured: heartbeats around it, an alert if it fails, the end of
 * that alert when it succeeds. Never makes a job fail: what cannot be told is said on standard
 * error.
 */
public final class JobNotices {
  /**
   * Set for commands that the service runs, to the name of the job in the configuration: by that it
   * is told of, and the service delivers what is raised.
   */
  public static final String SCHEDULED_AS = "LIFEBOAT_JOB";

  private static final Duration PAUSE = Duration.ofSeconds(2);

  private final String job;
  private final Environment environment;
  private final Optional<Configuration> configuration;
  private final Optional<SharedStores> stores;
  private final Optional<Alerts> alerts;
  private final @Nullable Heartbeat heartbeat;
  private final boolean inService;
  private @Nullable NightReport report;
  private boolean toldByItself;

  private JobNotices(
      String job, Environment environment, Optional<Configuration> configuration, Path home) {
    this.job = job;
    this.environment = environment;
    this.configuration = configuration;
    this.inService = environment.variables().containsKey(SCHEDULED_AS);
    this.stores = configuration.flatMap(read -> SharedStores.of(read, environment, home));
    this.alerts =
        configuration
            .flatMap(Configuration::alerts)
            .map(section -> Alerting.of(section, environment, home, stores, environment::warn));
    this.heartbeat =
        section(configuration, job)
            .map(section ->
                new Heartbeat(
                    () ->
                        new Secrets(environment.variables(), section.timeout().toSeconds() + 1)
                            .fetch(section.url(), "heartbeat of " + job),
                    new HttpSender(new Trust(section.ca()), section.timeout()),
                    random(environment),
                    PAUSE))
            .orElse(null);
  }

  /** Of version 4 (RFC 9562), from the randomness of the environment. */
  private static UUID random(Environment environment) {
    long high = (environment.random().nextLong() & ~0xF000L) | 0x4000L;
    long low = (environment.random().nextLong() & ~(3L << 62)) | (1L << 63);
    return new UUID(high, low);
  }

  /** Of the job as it is called, or, for a drill, of all drills. */
  private static Optional<HeartbeatSection> section(
      Optional<Configuration> configuration, String job) {
    return configuration
        .map(Configuration::heartbeats)
        .flatMap(all ->
            Optional.ofNullable(all.get(job))
                .or(() -> Optional.ofNullable(all.get(job.split(" ", 2)[0]))));
  }

  /** Begins. A configuration that cannot be read is left to the job to report. */
  public static JobNotices begin(Invocation invocation, String job) {
    Optional<Configuration> configuration = Optional.empty();
    Path home = Path.of("");
    try {
      Configuration read = invocation.configuration();
      home = invocation.home();
      configuration = Optional.of(read);
    } catch (ConfigException | CliException e) {
      // The job says it itself.
    }
    JobNotices notices = new JobNotices(job, invocation.environment(), configuration, home);
    Heartbeat heartbeat = notices.heartbeat;
    if (heartbeat != null) {
      heartbeat.begin();
    }
    return notices;
  }

  /** Also tells of what the report says. */
  public void learn(NightReport night) {
    report = night;
    alerts.ifPresent(all -> all.know(Standings.of(night, configuration.orElseThrow())));
  }

  /** Tells of what the watch saw; that it saw something is not a failure of its own. */
  public void learn(Observation seen, List<Concern> concerns) {
    alerts.ifPresent(all -> WatchAlerts.tell(all, seen, concerns));
    toldByItself = true;
  }

  /** The job threw. */
  public void failed(Throwable thrown) {
    Failure failure = Failure.of(thrown);
    end(failure.code(), List.of(failure.message()));
  }

  /** The job came to its end. */
  public void ended(ExitCode code) {
    end(code, List.of());
  }

  private void end(ExitCode code, List<String> messages) {
    if (configuration.isEmpty()) {
      return;
    }
    // An interrupt is for the job: what is written down of it must be whole.
    boolean interrupted = Thread.interrupted();
    try {
      alerts.ifPresent(all -> tell(all, code, messages));
      beat(code);
      if (alerts.isPresent() && !inService && code != ExitCode.INTERRUPTED && !interrupted) {
        alerts
            .get()
            .deliverAndSay(
                configuration
                    .flatMap(Configuration::alerts)
                    .map(AlertsSection::sendWithin)
                    .orElseThrow());
      }
    } catch (InterruptedException e) {
      interrupted = true;
    } catch (RuntimeException e) {
      environment.warn("cannot tell of %s: %s".formatted(job, Failure.of(e).message()));
    } finally {
      stores.ifPresent(SharedStores::close);
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private Alert alert(Alerts all, ExitCode code, List<String> messages) {
    List<Standing> standings = List.of();
    try {
      standings = all.queue().known();
    } catch (AlertQueueException e) {
      // Said by whoever raises.
    }
    return JobAlerts.failed(
        job,
        code,
        Optional.ofNullable(report),
        standings.isEmpty() ? Standings.unknown(configuration.orElseThrow()) : standings,
        messages,
        now());
  }

  private void tell(Alerts all, ExitCode code, List<String> messages) {
    if (code == ExitCode.DONE || (toldByItself && code == ExitCode.UNPROVEN)) {
      all.resolve(Alert.keyOf(job));
    } else if (!(inService && code == ExitCode.INTERRUPTED)) {
      // The service goes on with what was interrupted.
      all.raise(alert(all, code, messages), AlertQueue.Origin.JOB);
    }
  }

  private void beat(ExitCode code) throws InterruptedException {
    Heartbeat beating = heartbeat;
    if (beating == null) {
      return;
    }
    HeartbeatSection section = section(configuration, job).orElseThrow();
    List<String> log = new ArrayList<>();
    if (section.log()) {
      log.add("%s %s".formatted(job, JobAlerts.ended(code, Optional.ofNullable(report))));
    }
    Optional<String> problem = beating.end(code.code(), String.join("\n", log));
    beating
        .startProblem()
        .ifPresent(why -> environment.warn("heartbeat of %s: %s".formatted(job, why)));
    problem.ifPresent(why -> environment.warn("heartbeat of %s: %s".formatted(job, why)));
    if (alerts.isPresent()) {
      Optional<Instant> since = alerts.get().queue().heartbeat(job, problem.isEmpty(), now());
      String key = "heartbeat:" + job;
      if (since.isEmpty()) {
        alerts.get().resolve(key);
      } else if (!since.get().plus(section.unreachableAfter()).isAfter(now())) {
        alerts
            .get()
            .raise(
                new Alert(
                    key,
                    AlertRules.HEARTBEAT_SILENT,
                    Severity.WARNING,
                    job,
                    since,
                    "the service that should hear of it takes no heartbeat",
                    "nobody outside notices if it does not run any more",
                    List.of(),
                    Optional.empty(),
                    problem.stream().toList()),
                AlertQueue.Origin.HEARTBEAT);
      }
    }
  }

  private Instant now() {
    return environment.clock().instant();
  }
}
