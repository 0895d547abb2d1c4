package dev.lifeboat.cli.command;

import dev.lifeboat.cli.CliException;
import dev.lifeboat.cli.ExitCode;
import dev.lifeboat.cli.Invocation;
import dev.lifeboat.cli.output.Table;
import dev.lifeboat.cli.output.Units;
import dev.lifeboat.cli.wiring.EvidenceBooks;
import dev.lifeboat.cli.wiring.Workspace;
import dev.lifeboat.verify.drill.DrillReport;
import dev.lifeboat.verify.drill.DrillReportJson;
import dev.lifeboat.verify.evidence.Evidence;
import dev.lifeboat.verify.evidence.EvidenceBook;
import dev.lifeboat.verify.evidence.Note;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;

/** {@code lifeboat evidence …}. */
@CommandLine.Command(
    name = "evidence",
    description = "Show, verify and pack the signed evidence of drills; add notes to it.",
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {
      EvidenceCommand.Show.class,
      EvidenceCommand.One.class,
      EvidenceVerifyCommand.class,
      EvidencePackCommand.class,
      EvidenceCommand.Remark.class,
      EvidenceCommand.Add.class
    })
public final class EvidenceCommand extends Group {

  /** In one line what a piece of evidence says. */
  static String summary(Evidence evidence) {
    return switch (evidence.kind()) {
      case DRILL ->
          evidence
              .drill()
              .map(drill ->
                  "%s of %s: %s"
                      .formatted(
                          drill.scenario().name(),
                          String.join(
                              ", ",
                              drill.datasets().stream().map(DrillReport.Dataset::id).toList()),
                          drill.verdict().name().replace('_', ' ')))
              .orElse("");
      case NOTE ->
          evidence
              .note()
              .map(note ->
                  "%s%s%s"
                      .formatted(
                          note.closes() ? "closes " + note.on() + ": " : "",
                          note.text(),
                          note.owner().isBlank()
                              ? ""
                              : " (%s%s)"
                                  .formatted(
                                      note.owner(),
                                      note.due().map(due -> ", due " + due).orElse(""))))
              .orElse("");
      case PACK -> "pack of " + evidence.body().path("period").asString("");
    };
  }

  /** Fields of a piece of evidence for {@code --json}. */
  static Map<String, Object> fields(EvidenceBook.Entry entry) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("id", entry.evidence().id());
    fields.put("kind", entry.evidence().kind().id());
    fields.put("created", entry.evidence().created());
    fields.put("sequence", entry.evidence().sequence());
    fields.put("writer", entry.file().writer().value());
    fields.put("sha256", entry.file().digest().toString());
    fields.put("summary", summary(entry.evidence()));
    return fields;
  }

  /** The one that is meant. */
  static EvidenceBook.Entry find(EvidenceBook.Contents book, String id) {
    return book.find(id)
        .orElseThrow(() ->
            new CliException(
                ExitCode.NOT_FOUND,
                "there is not exactly one piece of evidence whose id begins with '%s'; see: lifeboat evidence list"
                    .formatted(id)));
  }

  /** {@code lifeboat evidence list}. */
  @CommandLine.Command(
      name = "list",
      description = {
        "List all evidence of the vault, oldest first, and follow its chain. Exit 9 if any is missing,",
        "forged or cannot be read."
      })
  static final class Show extends Command {
    Show(Invocation invocation) {
      super(invocation);
    }

    @Override
    ExitCode execute() throws Exception {
      try (Workspace workspace = Workspace.open(invocation())) {
        EvidenceBook.Contents book = EvidenceBooks.of(workspace).read();
        if (json()) {
          Map<String, Object> fields = new LinkedHashMap<>();
          fields.put("evidence", book.entries().stream().map(EvidenceCommand::fields).toList());
          fields.put("problems", book.problems());
          printJson(fields);
        } else {
          Table table = new Table("WHEN", "ID", "KIND", "BY", "WHAT");
          for (EvidenceBook.Entry entry : book.entries()) {
            table.row(
                Units.time(entry.evidence().created()),
                entry.evidence().id(),
                entry.evidence().kind().id(),
                entry.file().writer().value(),
                summary(entry.evidence()));
          }
          print(table);
          book.problems().forEach(problem -> print("PROBLEM: " + problem));
        }
        return book.problems().isEmpty() ? ExitCode.DONE : ExitCode.UNPROVEN;
      }
    }
  }

  /** {@code lifeboat evidence show}. */
  @CommandLine.Command(
      name = "show",
      description = {
        "Print the signed JSON of a piece of evidence, or write it to a file: the page if its name ends",
        "with .html, else the JSON. Either can be verified offline."
      })
  static final class One extends Command {
    @CommandLine.Parameters(paramLabel = "ID", description = "Its id, or how that begins.")
    private String id = "";

    @CommandLine.Option(names = "--to", paramLabel = "FILE", description = "Where to write it.")
    private @Nullable String to;

    One(Invocation invocation) {
      super(invocation);
    }

    @Override
    ExitCode execute() throws Exception {
      try (Workspace workspace = Workspace.open(invocation())) {
        EvidenceBook.Entry entry = find(EvidenceBooks.of(workspace).read(), id);
        String file = to;
        if (file == null) {
          print(entry.file().json().stripTrailing());
        } else {
          write(invocation().path(file), entry);
          if (json()) {
            printJson(fields(entry));
          } else {
            print("wrote " + file);
          }
        }
        return ExitCode.DONE;
      }
    }
  }

  /** Nothing that is there is overwritten. */
  static void refuseExisting(Path file) {
    if (Files.exists(file)) {
      throw new CliException(ExitCode.REFUSED, file + " is there already; nothing was written");
    }
  }

  /** Writes the page or the JSON, as the name of the file says; never over another. */
  static void write(Path file, EvidenceBook.Entry entry) throws IOException {
    refuseExisting(file);
    String text = file.toString().endsWith(".html") ? entry.file().html() : entry.file().json();
    Files.writeString(file, text, StandardCharsets.UTF_8);
  }

  /** {@code lifeboat evidence note}. */
  @CommandLine.Command(
      name = "note",
      description = {
        "Add a signed note to a piece of evidence: a deviation, a manual step, a finding. One with an",
        "owner is followed in every pack until another note closes it."
      })
  static final class Remark extends Command {
    @CommandLine.Parameters(
        paramLabel = "ID",
        description = "What it is about; with --close, the note that it closes.")
    private String id = "";

    @CommandLine.Option(
        names = "--text",
        paramLabel = "TEXT",
        required = true,
        description = "What there is to say.")
    private String text = "";

    @CommandLine.Option(names = "--owner", paramLabel = "NAME", description = "Who sees to it.")
    private String owner = "";

    @CommandLine.Option(
        names = "--due",
        paramLabel = "DATE",
        description = "Until when, as 2026-12-31.")
    private @Nullable String due;

    @CommandLine.Option(names = "--close", description = "It is mended.")
    private boolean close;

    @CommandLine.Option(
        names = "--retest",
        paramLabel = "ID",
        description = "With --close: the drill that showed it mended.")
    private @Nullable String retest;

    Remark(Invocation invocation) {
      super(invocation);
    }

    @Override
    ExitCode execute() throws Exception {
      if (retest != null && !close) {
        throw new CliException(ExitCode.USAGE, "--retest goes with --close");
      }
      try (Workspace workspace = Workspace.open(invocation())) {
        EvidenceBook book = EvidenceBooks.of(workspace);
        EvidenceBook.Contents contents = book.read();
        EvidenceBook.Entry on = find(contents, id);
        if (close && on.evidence().note().filter(Note::isFollowed).isEmpty()) {
          throw new CliException(
              ExitCode.USAGE, on.evidence().id() + " is no note that has an owner");
        }
        Optional<String> shown =
            Optional.ofNullable(retest)
                .map(drill -> {
                  Evidence evidence = find(contents, drill).evidence();
                  if (evidence.kind() != Evidence.Kind.DRILL) {
                    throw new CliException(ExitCode.USAGE, evidence.id() + " is no drill");
                  }
                  return evidence.id();
                });
        Note note = note(on.evidence().id(), shown);
        if (dryRun()) {
          print("would note on %s: %s".formatted(on.evidence().id(), text));
          return ExitCode.DONE;
        }
        EvidenceBook.Entry added = book.add(note, contents);
        if (json()) {
          printJson(fields(added));
        } else {
          print("noted as " + added.evidence().id());
        }
        return ExitCode.DONE;
      }
    }

    private Note note(String on, Optional<String> shown) {
      try {
        return new Note(
            on,
            text,
            owner,
            Optional.ofNullable(due).map(LocalDate::parse),
            close,
            shown,
            System.getProperty("user.name", "unknown"));
      } catch (DateTimeException e) {
        throw new CliException(ExitCode.USAGE, "--due: write a date as 2026-12-31");
      } catch (IllegalArgumentException e) {
        throw new CliException(ExitCode.USAGE, String.valueOf(e.getMessage()));
      }
    }
  }

  /** {@code lifeboat evidence add}. */
  @CommandLine.Command(
      name = "add",
      description = {
        "Sign reports of drills that are in files, and store them as evidence. One that is evidence",
        "already is left out."
      })
  static final class Add extends Command {
    @CommandLine.Parameters(
        arity = "1..*",
        paramLabel = "FILE",
        description = "Reports as lifeboat drill --json prints them.")
    private List<String> files = List.of();

    Add(Invocation invocation) {
      super(invocation);
    }

    @Override
    ExitCode execute() throws Exception {
      List<DrillReport> reports = new ArrayList<>();
      for (String file : files) {
        try {
          reports.add(DrillReportJson.read(Files.readString(invocation().path(file))));
        } catch (IllegalArgumentException e) {
          throw new CliException(ExitCode.USAGE, file + ": " + e.getMessage());
        }
      }
      try (Workspace workspace = Workspace.open(invocation())) {
        EvidenceBook book = EvidenceBooks.of(workspace);
        List<String> known =
            book.read().entries().stream()
                .flatMap(entry -> entry.evidence().drill().stream())
                .map(DrillReport::id)
                .toList();
        List<Map<String, Object>> added = new ArrayList<>();
        for (DrillReport report : reports) {
          if (!known.contains(report.id()) && !dryRun()) {
            EvidenceBook.Entry entry = book.add(report);
            added.add(fields(entry));
            if (!json()) {
              print("%s is evidence %s".formatted(report.id(), entry.evidence().id()));
            }
          } else if (!json()) {
            print(
                "%s %s"
                    .formatted(
                        report.id(),
                        known.contains(report.id()) ? "is evidence already" : "would be added"));
          }
        }
        if (json()) {
          printJson(added);
        }
        return ExitCode.DONE;
      }
    }
  }
}
