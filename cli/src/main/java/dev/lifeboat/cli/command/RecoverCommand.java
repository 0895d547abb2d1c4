package dev.lifeboat.cli.command;

import dev.lifeboat.cli.CliException;
import dev.lifeboat.cli.ExitCode;
import dev.lifeboat.cli.Invocation;
import dev.lifeboat.cli.output.Table;
import dev.lifeboat.cli.output.Units;
import dev.lifeboat.cli.wiring.Recovery;
import dev.lifeboat.cli.wiring.Restorers;
import dev.lifeboat.cli.wiring.Snapshots;
import dev.lifeboat.cli.wiring.Workspace;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;

/** {@code lifeboat recover}. */
@CommandLine.Command(
    name = "recover",
    description = {
      "Bring everything back after a disaster: every dataset that the regions have, in the order in which they need each other, each compared with what was sealed; and say how long it took.",
      "Needs one region, the recovery kit, and a configuration that names these. Nothing that exists is replaced. Started again, it goes on with files and repositories; a database that was begun has to be dropped first."
    })
public final class RecoverCommand extends Command {
  @CommandLine.Option(
      names = "--to",
      required = true,
      paramLabel = "DIR",
      description =
          "Where to: files, repositories and H2 databases come to DIR/TENANT/DATASET. Made if it is missing.")
  private String to = "";

  @CommandLine.Option(
      names = "--postgres",
      paramLabel = "URI",
      description =
          "The server that takes the databases of PostgreSQL: postgres://USER@HOST:PORT/, or postgres://USER@/?host=SOCKET-DIRECTORY.")
  private @Nullable String postgres;

  @CommandLine.Option(
      names = "--password-env",
      paramLabel = "VARIABLE",
      description = "Environment variable with the password of that server.")
  private @Nullable String passwordVariable;

  @CommandLine.Option(
      names = "--archives",
      description =
          "Bring the databases of PostgreSQL back as files that pg_restore reads, while there is no server for them.")
  private boolean archives;

  @CommandLine.Option(
      names = "--dataset",
      paramLabel = "NAME",
      description = "Only NAME or TENANT/NAME; may be given again.")
  private List<String> datasets = List.of();

  @CommandLine.Option(
      names = "--at",
      paramLabel = "TIME",
      description = "The newest state that is not younger than this, for example 2026-11-20T03:00.")
  private @Nullable String at;

  RecoverCommand(Invocation invocation) {
    super(invocation);
  }

  @Override
  ExitCode execute() throws Exception {
    long start = System.nanoTime();
    if (postgres != null && archives) {
      throw new CliException(
          ExitCode.USAGE,
          "--postgres and --archives exclude each other: into a server or as files");
    }
    Optional<URI> server =
        Optional.ofNullable(postgres)
            .map(text ->
                Restorers.uri(text)
                    .orElseThrow(() ->
                        new CliException(
                            ExitCode.USAGE,
                            "--postgres %s: write postgres://USER@HOST:PORT/".formatted(text))));
    try (Workspace workspace = Workspace.open(invocation())) {
      Recovery recovery =
          new Recovery(
              workspace,
              invocation().path(to),
              server,
              Optional.ofNullable(passwordVariable),
              archives);
      Recovery.Plan plan = recovery.plan(datasets, Optional.ofNullable(at).map(Snapshots::time));
      plan.warnings().forEach(invocation()::say);
      if (dryRun()) {
        Table table = new Table("DATASET", "KIND", "SNAPSHOT", "OF", ">BYTES", "TO");
        for (Recovery.Step step : plan.steps()) {
          table.row(
              step.id(),
              step.record().header().source(),
              step.record().header().id().toString(),
              Units.time(step.record().header().time()),
              Units.bytes(step.record().header().counts().bytes()),
              step.target().toString());
        }
        print(table);
        return ExitCode.DONE;
      }
      List<Recovery.Done> done = new ArrayList<>();
      for (Recovery.Step step : plan.steps()) {
        invocation().say("bringing back %s".formatted(step.id()), Map.of("dataset", step.id()));
        try (RestoreMeter meter = new RestoreMeter(invocation())) {
          done.add(recovery.run(step, meter));
        }
      }
      Duration rto = Duration.ofNanos(System.nanoTime() - start);
      if (json()) {
        printJson(fields(plan, done, rto));
      } else {
        show(done, rto);
      }
      return code(plan, done);
    }
  }

  private static ExitCode code(Recovery.Plan plan, List<Recovery.Done> done) {
    if (done.stream().anyMatch(one -> one.failure().isPresent())) {
      return ExitCode.FAILED;
    }
    if (!done.stream().allMatch(Recovery.Done::proven)) {
      return ExitCode.UNPROVEN;
    }
    return plan.warnings().isEmpty() ? ExitCode.DONE : ExitCode.INCOMPLETE;
  }

  private void show(List<Recovery.Done> done, Duration rto) {
    Table table = new Table("DATASET", "KIND", "STATE OF", ">BYTES", ">FACTS", ">TOOK", "BACK IN");
    for (Recovery.Done one : done) {
      table.row(
          one.step().id(),
          one.step().record().header().source(),
          Units.time(one.step().record().header().time()),
          Units.bytes(one.step().record().header().counts().bytes()),
          one.comparison().map(found -> Units.count(found.compared())).orElse("-"),
          Units.duration(one.took()),
          one.failure().isPresent() ? "NOT BACK" : one.step().target().toString());
    }
    print(table);
    for (Recovery.Done one : done) {
      one.failure().ifPresent(why -> print("NOT BACK: %s: %s".formatted(one.step().id(), why)));
      one.comparison()
          .ifPresent(found ->
              found
                  .differences()
                  .forEach(difference ->
                      print(
                          "DIFFERENT: %s: %s: expected %s, found %s"
                              .formatted(
                                  one.step().id(),
                                  difference.fact(),
                                  difference.expected().orElse("nothing"),
                                  difference.found().orElse("nothing")))));
    }
    long back = done.stream().filter(one -> one.failure().isEmpty()).count();
    Instant now = invocation().environment().clock().instant();
    print("RTO " + Units.duration(rto));
    done.stream()
        .map(one -> one.step().record().header().time())
        .min(Instant::compareTo)
        .ifPresent(oldest -> print("RPO " + Units.duration(Duration.between(oldest, now))));
    print(
        done.stream().allMatch(Recovery.Done::proven)
            ? "%d of %d datasets are back, and are what was sealed".formatted(back, done.size())
            : "%d of %d datasets are back; %d are proven to be what was sealed"
                .formatted(back, done.size(), done.stream().filter(Recovery.Done::proven).count()));
  }

  private static Map<String, Object> fields(
      Recovery.Plan plan, List<Recovery.Done> done, Duration rto) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("rtoSeconds", rto.toMillis() / 1000.0);
    fields.put("warnings", plan.warnings());
    fields.put(
        "datasets",
        done.stream()
            .map(one -> {
              Map<String, Object> dataset = new LinkedHashMap<>();
              dataset.put("dataset", one.step().id());
              dataset.put("kind", one.step().record().header().source());
              dataset.put("snapshot", one.step().record().header().id().hex());
              dataset.put("time", one.step().record().header().time().toString());
              dataset.put("target", one.step().target().toString());
              dataset.put("seconds", one.took().toMillis() / 1000.0);
              dataset.put("proven", one.proven());
              dataset.put("compared", one.comparison().map(found -> found.compared()).orElse(null));
              dataset.put("failure", one.failure().orElse(null));
              return dataset;
            })
            .toList());
    return fields;
  }
}
