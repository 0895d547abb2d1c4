package dev.lifeboat.cli.command;

import dev.lifeboat.cli.CliException;
import dev.lifeboat.cli.ExitCode;
import dev.lifeboat.cli.Invocation;
import dev.lifeboat.cli.Main;
import dev.lifeboat.cli.config.Configuration;
import dev.lifeboat.cli.config.DrillSection;
import dev.lifeboat.cli.config.ScheduleSection;
import dev.lifeboat.cli.output.Units;
import dev.lifeboat.cli.wiring.Workspace;
import dev.lifeboat.schedules.CronSchedule;
import dev.lifeboat.schedules.Timetable;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
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
  private static final String DRILL = "drill ";

  ServeCommand(Invocation invocation) {
    super(invocation);
  }

  @Override
  ExitCode execute() throws Exception {
    Path home;
    SortedMap<String, CronSchedule> schedules;
    try (Workspace workspace = Workspace.open(invocation())) {
      schedules = schedules(workspace.configuration());
      home = workspace.ensureHome();
    }
    if (schedules.isEmpty()) {
      throw new CliException(
          ExitCode.USAGE,
          "%s schedules nothing: write, for example, schedules: {nightly: {cron: \"0 30 1 * * ?\", zone: Europe/London}}"
              .formatted(invocation().configFile()));
    }
    Clock clock = invocation().environment().clock();
    if (dryRun()) {
      tell(schedules, clock.instant());
      return ExitCode.DONE;
    }
    try (Timetable table = new Timetable(home.resolve("state"), schedules, this::run, clock)) {
      schedules
          .keySet()
          .forEach(job ->
              invocation()
                  .say(
                      "%s: %s".formatted(job, table.due(job).map(ServeCommand::at).orElse("now"))));
      new CountDownLatch(1).await();
    }
    return ExitCode.INTERRUPTED;
  }

  private static SortedMap<String, CronSchedule> schedules(Configuration configuration) {
    SortedMap<String, CronSchedule> schedules = new TreeMap<>();
    configuration.schedules().forEach((job, when) -> schedules.put(job, of(when)));
    for (DrillSection drill : configuration.drills()) {
      drill.schedule().ifPresent(when -> schedules.put(DRILL + drill.name(), of(when)));
    }
    return schedules;
  }

  private static CronSchedule of(ScheduleSection section) {
    return new CronSchedule(section.cron(), section.zone());
  }

  private void tell(SortedMap<String, CronSchedule> schedules, Instant now) {
    Map<String, Optional<Instant>> next = new LinkedHashMap<>();
    schedules.forEach((job, schedule) -> next.put(job, schedule.next(now)));
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

  /** As if somebody had typed it: the configuration is read anew, and nobody is there to ask. */
  private void run(String job) throws InterruptedException {
    List<String> words =
        new ArrayList<>(List.of("--config", invocation().configFile().toString(), "--quiet"));
    String home = invocation().options().home();
    if (home != null) {
      words.addAll(List.of("--home", home));
    }
    words.addAll(
        job.startsWith(DRILL)
            ? List.of("drill", job.substring(DRILL.length()))
            : Arrays.asList(job));
    Clock clock = invocation().environment().clock();
    Instant began = clock.instant();
    invocation().say("%s %s: begins".formatted(Units.time(began), job));
    ExitCode code = Main.run(invocation().environment().unattended(), words.toArray(String[]::new));
    Instant ended = clock.instant();
    invocation()
        .say(
            "%s %s: %s, exit code %d, took %s"
                .formatted(
                    Units.time(ended),
                    job,
                    code.meaning(),
                    code.code(),
                    Units.duration(Duration.between(began, ended))));
    if (code == ExitCode.INTERRUPTED) {
      throw new InterruptedException(job);
    }
  }
}
