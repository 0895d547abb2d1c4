package dev.lifeboat.cli.command;

import dev.lifeboat.cli.CliException;
import dev.lifeboat.cli.ExitCode;
import dev.lifeboat.cli.Invocation;
import dev.lifeboat.cli.config.Durations;
import dev.lifeboat.cli.output.Table;
import dev.lifeboat.cli.output.Units;
import dev.lifeboat.cli.wiring.Workspace;
import dev.lifeboat.schedules.run.Run;
import dev.lifeboat.schedules.run.RunBook;
import dev.lifeboat.schedules.run.Runner;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;

/** {@code lifeboat runs …}. */
@CommandLine.Command(
    name = "runs",
    description =
        "Show, stop and restart runs: of what lifeboat serve does, and nights that somebody typed.",
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {
      RunsCommand.Show.class,
      RunsCommand.One.class,
      RunsCommand.Stop.class,
      RunsCommand.Restart.class
    })
public final class RunsCommand extends Group {

  private static String state(RunBook book, Run run) {
    Run.State state = book.isCutShort(run) ? Run.State.INTERRUPTED : run.state();
    return state.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  private static Map<String, Object> fields(RunBook book, Run run) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("id", run.id());
    fields.put("job", run.job());
    fields.put("command", run.command());
    fields.put("cause", run.cause().name().toLowerCase(Locale.ROOT));
    fields.put("state", state(book, run));
    fields.put("exitCode", run.exitCode());
    fields.put("due", run.due());
    fields.put("covers", run.covers());
    fields.put("attempt", run.attempt());
    fields.put("began", run.began());
    fields.put("ended", run.ended());
    fields.put("what", run.what());
    fields.put("night", run.night());
    fields.put("host", run.owner().host());
    fields.put("pid", run.owner().pid());
    return fields;
  }

  private static Run find(RunBook book, String id) {
    List<Run> found = List.of();
    if (Run.isId(id)) {
      Optional<Run> exactly = book.find(id);
      if (exactly.isPresent()) {
        return exactly.get();
      }
      found = book.list().stream().filter(run -> run.id().startsWith(id)).toList();
    }
    if (found.size() == 1) {
      return found.getFirst();
    }
    throw new CliException(
        ExitCode.NOT_FOUND,
        "there is %s run whose id begins with '%s'; see: lifeboat runs list"
            .formatted(found.isEmpty() ? "no" : "more than one", id));
  }

  /** {@code lifeboat runs list}. */
  @CommandLine.Command(
      name = "list",
      description = "List runs, those that began last first, and what was due and did not run.")
  static final class Show extends Command {
    @CommandLine.Option(names = "--job", paramLabel = "NAME", description = "Only of this job.")
    private @Nullable String job;

    @CommandLine.Option(
        names = "--limit",
        paramLabel = "NUMBER",
        description = "How many at the most; 50 unless given.")
    private int limit = 50;

    Show(Invocation invocation) {
      super(invocation);
    }

    @Override
    ExitCode execute() throws Exception {
      try (Workspace workspace = Workspace.open(invocation())) {
        RunBook book = workspace.runs();
        List<Run> runs = book.list(Optional.ofNullable(job), Math.max(0, limit));
        if (json()) {
          printJson(Map.of("runs", runs.stream().map(run -> fields(book, run)).toList()));
        } else {
          Table table = new Table("BEGAN", "ID", "STATE", "CODE", "TOOK", "WHAT");
          for (Run run : runs) {
            table.row(
                Units.time(run.began()),
                run.id(),
                state(book, run),
                run.exitCode().map(String::valueOf).orElse(""),
                run.state() == Run.State.NOT_RUN
                    ? ""
                    : run.ended()
                        .map(end -> Units.duration(Duration.between(run.began(), end)))
                        .orElse(""),
                remark(run));
          }
          print(table);
        }
        return ExitCode.DONE;
      }
    }

    private static String remark(Run run) {
      List<String> remarks = new ArrayList<>();
      if (run.cause() == Run.Cause.TYPED) {
        remarks.add("typed");
      }
      if (run.attempt() > 1) {
        remarks.add("attempt " + run.attempt());
      }
      if (run.covers() > 1) {
        remarks.add("for %d times that it was due".formatted(run.covers()));
      }
      if (!run.what().isEmpty()) {
        remarks.add(run.what());
      }
      return String.join("; ", remarks);
    }
  }

  /** {@code lifeboat runs show}. */
  @CommandLine.Command(name = "show", description = "Show a run, and the end of what it printed.")
  static final class One extends Command {
    @CommandLine.Parameters(paramLabel = "ID", description = "Its id, or how that begins.")
    private String id = "";

    @CommandLine.Option(
        names = "--lines",
        paramLabel = "NUMBER",
        description = "How many lines of what it printed; 40 unless given.")
    private int lines = 40;

    One(Invocation invocation) {
      super(invocation);
    }

    @Override
    ExitCode execute() throws Exception {
      try (Workspace workspace = Workspace.open(invocation())) {
        RunBook book = workspace.runs();
        Run run = find(book, id);
        List<String> log = book.tail(run.id(), Math.max(0, lines));
        Map<String, Object> fields = fields(book, run);
        if (json()) {
          fields.put("log", log);
          printJson(fields);
        } else {
          fields.forEach((name, value) -> print("%s: %s".formatted(name, text(value))));
          if (!log.isEmpty()) {
            print("");
            log.forEach(this::print);
          }
        }
        return ExitCode.DONE;
      }
    }

    private static String text(@Nullable Object value) {
      return switch (value) {
        case null -> "";
        case Optional<?> optional -> text(optional.orElse(null));
        case Instant time -> Units.time(time);
        case List<?> words -> String.join(" ", words.stream().map(String::valueOf).toList());
        default -> value.toString();
      };
    }
  }

  /** {@code lifeboat runs stop}. */
  @CommandLine.Command(
      name = "stop",
      description = {
        "Have the service stop a run in order: what it has committed stays. It does not go on by itself;",
        "lifeboat runs restart does. Exit 1 if it has not come to its end in time."
      })
  static final class Stop extends Command {
    @CommandLine.Parameters(paramLabel = "ID", description = "Its id, or how that begins.")
    private String id = "";

    @CommandLine.Option(
        names = "--within",
        paramLabel = "TIME",
        description = "How long to wait for its end; 60s unless given.")
    private String within = "60s";

    Stop(Invocation invocation) {
      super(invocation);
    }

    @Override
    ExitCode execute() throws Exception {
      Duration wait = time("--within", within);
      try (Workspace workspace = Workspace.open(invocation())) {
        RunBook book = workspace.runs();
        Run run = find(book, id);
        refuse(book, run);
        if (dryRun()) {
          print("would stop " + run.id());
          return ExitCode.DONE;
        }
        book.askToStop(run.id());
        long limit = System.nanoTime() + wait.toNanos();
        Run now = run;
        while (now.state() == Run.State.RUNNING && !book.isCutShort(now)) {
          if (System.nanoTime() > limit) {
            throw new CliException(
                ExitCode.FAILED,
                "%s was told to stop, and has not come to its end within %s; see: lifeboat runs show %s"
                    .formatted(run.id(), Durations.format(wait), run.id()));
          }
          Thread.sleep(100);
          now = book.find(run.id()).orElse(run);
        }
        if (json()) {
          printJson(fields(book, now));
        } else {
          print("%s: %s".formatted(now.id(), state(book, now)));
        }
        return ExitCode.DONE;
      }
    }

    private void refuse(RunBook book, Run run) {
      if (run.over() || book.isCutShort(run)) {
        throw new CliException(
            ExitCode.CONFLICT, "%s does not run: %s".formatted(run.id(), state(book, run)));
      }
      if (run.cause() == Run.Cause.TYPED) {
        throw new CliException(
            ExitCode.REFUSED,
            "%s was typed, no service runs it; stop it with: kill %d, on %s"
                .formatted(run.id(), run.owner().pid(), run.owner().host()));
      }
    }
  }

  /** {@code lifeboat runs restart}. */
  @CommandLine.Command(
      name = "restart",
      description = {
        "Go on with a run that failed, was stopped or interrupted, or make up for one that was left out:",
        "here and now, until its end, with the exit code of what it runs. A night goes on where it ended."
      })
  static final class Restart extends Command {
    @CommandLine.Parameters(paramLabel = "ID", description = "Its id, or how that begins.")
    private String id = "";

    Restart(Invocation invocation) {
      super(invocation);
    }

    @Override
    ExitCode execute() throws Exception {
      try (Workspace workspace = Workspace.open(invocation())) {
        return execute(workspace.runs());
      }
    }

    private ExitCode execute(RunBook book) {
      Run run = find(book, id);
      if (run.state() == Run.State.DONE) {
        throw new CliException(
            ExitCode.REFUSED,
            "%s ended well; to run it once more: lifeboat %s"
                .formatted(run.id(), String.join(" ", run.command())));
      }
      if (!run.over() && !book.isCutShort(run)) {
        throw new CliException(
            ExitCode.CONFLICT,
            "%s runs now: pid %d on %s".formatted(run.id(), run.owner().pid(), run.owner().host()));
      }
      if (dryRun()) {
        print("would run: lifeboat " + String.join(" ", run.command()));
        return ExitCode.DONE;
      }
      Runner runner =
          new Runner(
              book,
              List.of(new Teller(invocation())),
              invocation().environment().clock(),
              Duration.ofMinutes(1),
              new Typist(invocation()).retrying()::run);
      Run ended =
          runner.run(
              run.again(invocation().environment().clock().instant(), run.covers()),
              Optional.empty());
      return ended.exitCode().map(ExitCode::of).orElse(ExitCode.INTERRUPTED);
    }
  }
}
