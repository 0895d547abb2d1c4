package dev.lifeboat.cli.command;

import dev.lifeboat.cli.CliException;
import dev.lifeboat.cli.Environment;
import dev.lifeboat.cli.ExitCode;
import dev.lifeboat.cli.Invocation;
import dev.lifeboat.cli.config.Configuration;
import dev.lifeboat.cli.config.DrillSection;
import dev.lifeboat.cli.output.Units;
import dev.lifeboat.cli.wiring.Workspace;
import dev.lifeboat.schedules.CronSchedule;
import dev.lifeboat.schedules.JobSchedule;
import dev.lifeboat.schedules.Timetable;
import dev.lifeboat.schedules.run.Run;
import dev.lifeboat.schedules.run.RunBook;
import dev.lifeboat.schedules.run.RunListener;
import dev.lifeboat.schedules.run.Runner;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
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
      SortedMap<String, JobSchedule> jobs = jobs(workspace.configuration());
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
    List<RunListener> listeners = new ArrayList<>();
    listeners.add(new Teller());
    Runner runner =
        new Runner(
            new RunBook(home), listeners, environment.clock(), new Typist(invocation())::run);
    try (Timetable table =
        new Timetable(
            home.resolve("state"), jobs, runner, environment.clock(), environment.random())) {
      jobs.keySet()
          .forEach(job ->
              invocation()
                  .say(
                      "%s: %s"
                          .formatted(job, table.begins(job).map(ServeCommand::at).orElse("now"))));
      new CountDownLatch(1).await();
    }
  }

  private static SortedMap<String, JobSchedule> jobs(Configuration configuration) {
    SortedMap<String, JobSchedule> jobs = new TreeMap<>();
    configuration
        .schedules()
        .forEach((job, when) ->
            jobs.put(job, JobSchedule.of(job, new CronSchedule(when.cron(), when.zone()))));
    for (DrillSection drill : configuration.drills()) {
      drill
          .schedule()
          .ifPresent(when ->
              jobs.put(
                  "drill " + drill.name(),
                  JobSchedule.of("drill", new CronSchedule(when.cron(), when.zone()))
                      .running(List.of("drill", drill.name()))));
    }
    return jobs;
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

  /** Says on standard error what happens. */
  private final class Teller implements RunListener {
    @Override
    public void begins(Run run) {
      say(run.began(), run.job(), run.attempt() == 1 ? "begins" : "goes on");
    }

    @Override
    public void ends(Run run) {
      Instant ended = run.ended().orElseThrow();
      say(
          ended,
          run.job(),
          "%s, took %s"
              .formatted(
                  run.exitCode()
                      .map(code -> "%s, exit code %d".formatted(ExitCode.of(code).meaning(), code))
                      .orElseGet(() -> run.what().isEmpty() ? "interrupted" : run.what()),
                  Units.duration(Duration.between(run.began(), ended))));
    }

    @Override
    public void leftOut(Run run) {
      say(run.began(), run.job(), "is not run: " + run.what());
    }

    @Override
    public void waits(String job, String why, Instant until) {
      say(
          invocation().environment().clock().instant(),
          job,
          "waits until %s: %s".formatted(Units.time(until), why));
    }

    private void say(Instant when, String job, String what) {
      invocation().say("%s %s: %s".formatted(Units.time(when), job, what));
    }
  }
}
