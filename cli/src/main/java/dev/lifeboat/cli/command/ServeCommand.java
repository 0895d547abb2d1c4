package dev.lifeboat.cli.command;

import dev.lifeboat.cli.CliException;
import dev.lifeboat.cli.Environment;
import dev.lifeboat.cli.ExitCode;
import dev.lifeboat.cli.Invocation;
import dev.lifeboat.cli.Main;
import dev.lifeboat.cli.config.Schedules;
import dev.lifeboat.cli.config.ServiceSection;
import dev.lifeboat.cli.output.Units;
import dev.lifeboat.cli.systemd.Heart;
import dev.lifeboat.cli.wiring.ServiceAlerts;
import dev.lifeboat.cli.wiring.SharedStores;
import dev.lifeboat.cli.wiring.Surface;
import dev.lifeboat.cli.wiring.Workspace;
import dev.lifeboat.schedules.JobSchedule;
import dev.lifeboat.schedules.Timetable;
import dev.lifeboat.schedules.run.Run;
import dev.lifeboat.schedules.run.RunBook;
import dev.lifeboat.schedules.run.RunListener;
import dev.lifeboat.schedules.run.Runner;
import dev.lifeboat.schedules.store.SharedStore;
import dev.lifeboat.schedules.store.SharedStoreException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;

/** {@code lifeboat serve}. */
@CommandLine.Command(
    name = "serve",
    description = {
      "Run what the configuration schedules, when it is due, until this is stopped: nights and their parts, the watch,",
      "drills. What was due while this did not run, or was cut short, runs once at the start. One job at a time.",
      "With --dry-run: when each is due next."
    })
public final class ServeCommand extends Command {
  ServeCommand(Invocation invocation) {
    super(invocation);
  }

  @Override
  ExitCode execute() throws Exception {
    try (Workspace workspace = Workspace.open(invocation())) {
      SortedMap<String, JobSchedule> jobs = Schedules.of(workspace.configuration());
      if (jobs.isEmpty()) {
        throw new CliException(
            ExitCode.USAGE,
            "%s schedules nothing: write, for example, schedules: {nightly: {cron: \"0 30 1 * * ?\", zone: Europe/London}}"
                .formatted(invocation().configFile()));
      }
      if (dryRun()) {
        tell(jobs, invocation().environment().clock().instant());
        return ExitCode.DONE;
      }
      serve(workspace, jobs);
      return ExitCode.INTERRUPTED;
    }
  }

  private void serve(Workspace workspace, SortedMap<String, JobSchedule> jobs) throws Exception {
    Environment environment = invocation().environment();
    Path home = workspace.ensureHome();
    ServiceSection service = workspace.configuration().service();
    Main.stopWithin(service.stopWithin());
    Optional<SharedStores> stores = workspace.sharedStores();
    RunBook book = workspace.runs();
    AtomicReference<@Nullable Timetable> opened = new AtomicReference<>();
    List<RunListener> listeners = new ArrayList<>();
    listeners.add(new Teller(invocation()));
    Optional<Surface> surface = Surface.open(invocation());
    surface.ifPresent(listeners::add);
    ServiceAlerts alerts =
        ServiceAlerts.start(invocation(), workspace.configuration(), home, stores);
    listeners.add(alerts);
    listeners.add(
        new RunListener() {
          @Override
          public void ends(Run run) {
            try {
              Instant before = environment.clock().instant().minus(service.keepRuns());
              book.prune(before);
              Timetable table = opened.get();
              if (table != null) {
                table.prune(before);
              }
            } catch (SharedStoreException e) {
              // After the next.
            }
          }
        });
    Runner runner =
        new Runner(
            book,
            listeners,
            environment.clock(),
            service.stopWithin(),
            new Typist(invocation())::run);
    try (AutoCloseable _ = () -> surface.ifPresent(Surface::close);
        alerts;
        Heart heart = new Heart(environment.variables(), ProcessHandle.current().pid());
        SharedStore shared = stores.map(SharedStores::get).orElse(null);
        Timetable table = timetable(shared, home.resolve("state"), jobs, runner)) {
      opened.set(table);
      jobs.keySet()
          .forEach(job ->
              invocation()
                  .say(
                      "%s: %s"
                          .formatted(job, table.begins(job).map(ServeCommand::at).orElse("now"))));
      heart.ready(table::isWell);
      surface.ifPresent(shown -> shown.ready(table::isReady));
      try {
        new CountDownLatch(1).await();
      } finally {
        heart.stopping();
      }
    }
  }

  private Timetable timetable(
      @Nullable SharedStore shared, Path state, SortedMap<String, JobSchedule> jobs, Runner runner)
      throws InterruptedException {
    Environment environment = invocation().environment();
    if (shared == null) {
      return new Timetable(state, jobs, runner, environment.clock(), environment.random());
    }
    invocation().say("shares " + shared);
    return Timetable.shared(shared, state, jobs, runner, environment.clock(), environment.random());
  }

  private void tell(SortedMap<String, JobSchedule> jobs, Instant now) {
    Map<String, Optional<Instant>> next = new LinkedHashMap<>();
    jobs.forEach((name, job) -> next.put(name, job.when().next(now)));
    if (json()) {
      printJson(Map.of("due", next));
    } else {
      next.forEach((job, time) ->
          print("%s: %s".formatted(job, time.map(ServeCommand::at).orElse("never again"))));
    }
  }

  private static String at(Instant time) {
    return "next at " + Units.time(time);
  }
}
