package dev.lifeboat.cli.wiring;

import dev.lifeboat.cli.Environment;
import dev.lifeboat.cli.ExitCode;
import dev.lifeboat.cli.Invocation;
import dev.lifeboat.cli.config.Configuration;
import dev.lifeboat.schedules.alert.Alert;
import dev.lifeboat.schedules.alert.AlertCourier;
import dev.lifeboat.schedules.alert.AlertQueue;
import dev.lifeboat.schedules.alert.AlertQueueException;
import dev.lifeboat.schedules.alert.Alerts;
import dev.lifeboat.schedules.alert.Standing;
import dev.lifeboat.schedules.run.Run;
import dev.lifeboat.schedules.run.RunListener;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The alerts of the service: delivers in the background what its jobs, and other commands of this
 * home, raise; and tells of runs whose command could not tell itself, because it was ended, did not
 * run, or found a configuration that cannot be read. Follows the configuration that the service
 * started with.
 */
public final class ServiceAlerts implements RunListener, AutoCloseable {
  private final Configuration configuration;
  private final Environment environment;
  private final Optional<Alerts> alerts;
  private final @Nullable AlertCourier courier;

  private ServiceAlerts(
      Configuration configuration, Environment environment, Optional<Alerts> alerts) {
    this.configuration = configuration;
    this.environment = environment;
    this.alerts = alerts;
    this.courier = alerts.map(all -> AlertCourier.start(all, environment.clock())).orElse(null);
  }

  /** Begins to deliver, if the configuration says to whom. */
  public static ServiceAlerts start(
      Invocation invocation,
      Configuration configuration,
      Path home,
      Optional<SharedStores> shared) {
    Environment environment = invocation.environment();
    return new ServiceAlerts(
        configuration,
        environment,
        configuration
            .alerts()
            .map(section -> Alerting.of(section, environment, home, shared, environment::warn)));
  }

  /** Those that are configured. */
  public Optional<Alerts> alerts() {
    return alerts;
  }

  @Override
  public void ends(Run run) {
    switch (run.state()) {
      case DONE -> alerts.ifPresent(all -> all.resolve(Alert.keyOf(run.job())));
      case FAILED -> {
        boolean concerns =
            run.command().equals(List.of("watch"))
                && run.exitCode().filter(code -> code == ExitCode.UNPROVEN.code()).isPresent();
        if (!concerns) {
          failed(
              run,
              run.exitCode()
                  .map(code ->
                      "ended with exit code %d: %s".formatted(code, ExitCode.of(code).meaning()))
                  .orElse("failed"));
        }
      }
      case OVERRAN -> failed(run, "took longer than it may, and was ended");
      case STOPPED -> failed(run, "was stopped, and does not go on by itself");
      case NOT_RUN -> leftOut(run);
      // They go on.
      case RUNNING, INTERRUPTED -> {}
    }
  }

  @Override
  public void leftOut(Run run) {
    failed(run, "was due and did not run" + (run.what().isEmpty() ? "" : ": " + run.what()));
  }

  /** Unless the command did so itself, and knew more. */
  private void failed(Run run, String what) {
    alerts.ifPresent(all -> {
      List<Standing> standings = Standings.unknown(configuration);
      try {
        if (all.queue().isSeen(Alert.keyOf(run.job()), run.began())) {
          return;
        }
        List<Standing> known = all.queue().known();
        standings = known.isEmpty() ? standings : known;
      } catch (AlertQueueException e) {
        // Said by what raises it.
      }
      all.raise(
          JobAlerts.notRun(
              run.job(),
              String.join(" ", run.command()),
              what,
              standings,
              environment.clock().instant()),
          AlertQueue.Origin.JOB);
    });
  }

  @Override
  public void close() {
    AlertCourier running = courier;
    if (running != null) {
      running.close();
    }
  }
}
