package dev.lifeboat.cli.command;

import dev.lifeboat.cli.CliException;
import dev.lifeboat.cli.ExitCode;
import dev.lifeboat.cli.Invocation;
import dev.lifeboat.cli.output.Table;
import dev.lifeboat.cli.output.Units;
import dev.lifeboat.cli.wiring.AuditTrails;
import dev.lifeboat.cli.wiring.Snapshots;
import dev.lifeboat.cli.wiring.Workspace;
import dev.lifeboat.vault.VaultException;
import dev.lifeboat.verify.audit.AuditCopies;
import dev.lifeboat.verify.audit.AuditLine;
import dev.lifeboat.verify.audit.AuditRecord;
import dev.lifeboat.verify.audit.AuditRecord.Entry;
import dev.lifeboat.verify.audit.AuditRecord.Event;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import tools.jackson.databind.JsonNode;

/** {@code lifeboat audit}. */
@CommandLine.Command(
    name = "audit",
    description =
        "Who read data of customers, and who changed what protects them: show it, check it, hand it on.",
    subcommands = {
      AuditCommand.Show.class,
      AuditVerifyCommand.class,
      AuditCommand.Export.class,
    })
public final class AuditCommand extends Group {

  /** Lines of the trail of this home, or of all hosts that copied theirs into the vault. */
  static List<String> lines(Workspace workspace, boolean ofVault)
      throws IOException, InterruptedException {
    List<String> lines = new ArrayList<>(AuditTrails.local(workspace).lines());
    if (ofVault) {
      Optional<String> own =
          lines.isEmpty()
              ? Optional.empty()
              : Optional.of(AuditLine.read("trail", lines.getFirst()).record().chain());
      AuditCopies.Contents copies = AuditTrails.copies(workspace).read();
      copies
          .chains()
          .forEach((chain, copied) -> {
            if (!own.equals(Optional.of(chain))) {
              copied.forEach(line -> lines.add(line.text()));
            }
          });
    }
    return lines;
  }

  /** {@code lifeboat audit list}. */
  @CommandLine.Command(
      name = "list",
      description = {
        "List the commands of this host's trail, oldest first: when, who, what, and how it ended. Lines that cannot",
        "be read are left out and make the exit code 9; audit verify says more."
      })
  static final class Show extends Command {
    @CommandLine.Option(
        names = "--since",
        paramLabel = "TIME",
        description = "What began then or later, for example 2026-11-20T03:00.")
    private @Nullable String since;

    @CommandLine.Option(
        names = "--until",
        paramLabel = "TIME",
        description = "What began before then.")
    private @Nullable String until;

    @CommandLine.Option(
        names = "--command",
        paramLabel = "WORDS",
        description = "Only this command, for example restore or \"keys grant\".")
    private @Nullable String command;

    @CommandLine.Option(
        names = "--dataset",
        paramLabel = "NAME",
        description = "Only what named this dataset.")
    private @Nullable String dataset;

    @CommandLine.Option(
        names = "--who",
        paramLabel = "NAME",
        description = "Only of this user, uid, sudo user or operator.")
    private @Nullable String who;

    @CommandLine.Option(
        names = "--vault",
        description = "Of all hosts, as copied into the vault; of this one as it is here.")
    private boolean ofVault;

    Show(Invocation invocation) {
      super(invocation);
    }

    @Override
    ExitCode execute() throws Exception {
      List<AuditRecord> records = new ArrayList<>();
      int unreadable = 0;
      try (Workspace workspace = Workspace.open(invocation())) {
        for (String line : lines(workspace, ofVault)) {
          try {
            AuditRecord record = AuditLine.read("a line", line).record();
            if (isWanted(record)) {
              records.add(record);
            }
          } catch (VaultException e) {
            unreadable++;
          }
        }
      }
      records.sort(Comparator.comparing(AuditRecord::time));
      if (json()) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("records", records.stream().map(AuditCommand::fields).toList());
        fields.put("unreadable", unreadable);
        printJson(fields);
      } else {
        print(table(records));
        if (unreadable > 0) {
          print(
              "PROBLEM: %d lines cannot be read; run: lifeboat audit verify".formatted(unreadable));
        }
      }
      return unreadable == 0 ? ExitCode.DONE : ExitCode.UNPROVEN;
    }

    private boolean isWanted(AuditRecord record) {
      Entry entry = record.entry();
      return (since == null || !record.time().isBefore(Snapshots.time(since)))
          && (until == null || record.time().isBefore(Snapshots.time(until)))
          && (command == null || entry.command().equals(command))
          && (dataset == null || names(entry, dataset))
          && (who == null || entry.who().isCalled(who));
    }

    private static boolean names(Entry entry, String dataset) {
      return entry.datasets().stream()
          .anyMatch(each -> each.equals(dataset) || each.endsWith("/" + dataset));
    }

    private static Table table(List<AuditRecord> records) {
      Map<String, AuditRecord> ends = new HashMap<>();
      records.stream()
          .filter(record -> record.entry().event() == Event.END)
          .forEach(record -> ends.put(record.entry().run(), record));
      Table table = new Table("WHEN", "WHO", "HOST", "WHAT", "ENDED");
      for (AuditRecord record : records) {
        Entry entry = record.entry();
        switch (entry.event()) {
          case BEGIN ->
              table.row(
                  Units.time(record.time()),
                  entry.who().toString(),
                  entry.who().host(),
                  words(entry),
                  Optional.ofNullable(ends.get(entry.run()))
                      .map(end -> end.entry().details().path("outcome").asString(""))
                      .orElse("NO END: killed, or still at work"));
          case END -> {}
          case CONFIGURATION ->
              table.row(
                  Units.time(record.time()),
                  entry.who().toString(),
                  entry.who().host(),
                  "sees configuration " + entry.details().path("file").asString(""),
                  changes(entry.details()));
          case ANEW ->
              table.row(
                  Units.time(record.time()),
                  entry.who().toString(),
                  entry.who().host(),
                  "begins a new trail",
                  "in place of chain " + entry.details().path("chain").asString(""));
        }
      }
      return table;
    }

    private static String words(Entry entry) {
      StringBuilder words = new StringBuilder(entry.command());
      entry.arguments().forEach(argument -> words.append(' ').append(argument));
      return words.toString();
    }

    private static String changes(JsonNode details) {
      JsonNode changes = details.path("changes");
      if (!changes.isArray()) {
        return "for the first time";
      }
      List<String> texts = new ArrayList<>();
      changes.forEach(change ->
          texts.add(
              "%s: %s -> %s"
                  .formatted(
                      change.path("key").asString(""),
                      change.path("before").asString("nothing"),
                      change.path("after").asString("nothing"))));
      return texts.isEmpty() ? "changed in remarks or masked values" : String.join("; ", texts);
    }
  }

  private static Map<String, Object> fields(AuditRecord record) {
    Entry entry = record.entry();
    Map<String, Object> who = new LinkedHashMap<>();
    who.put("user", entry.who().user());
    who.put("uid", entry.who().uid());
    who.put("sudo", entry.who().sudo().isEmpty() ? null : entry.who().sudo());
    who.put("host", entry.who().host());
    who.put("process", entry.who().process());
    who.put("operator", entry.who().operator().isEmpty() ? null : entry.who().operator());
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("chain", record.chain());
    fields.put("sequence", record.sequence());
    fields.put("time", record.time());
    fields.put("event", entry.event().id());
    fields.put("run", entry.run());
    fields.put("command", entry.command());
    fields.put("concern", entry.concern().id());
    fields.put("arguments", entry.arguments());
    fields.put("datasets", entry.datasets());
    fields.put("who", who);
    fields.put("program", entry.program());
    fields.put(
        "exitCode", entry.exitCode().isPresent() ? (Object) entry.exitCode().getAsInt() : null);
    fields.put("details", entry.details());
    return fields;
  }

  /** {@code lifeboat audit export}. */
  @CommandLine.Command(
      name = "export",
      description = {
        "Print the records as they are, one a line, or write them to a file: audit verify FILE --key KEY checks that",
        "anywhere. Only in time can a part be chosen: what is left out in between would look as if it were removed."
      })
  static final class Export extends Command {
    @CommandLine.Option(names = "--to", paramLabel = "FILE", description = "Where to write them.")
    private @Nullable String to;

    @CommandLine.Option(
        names = "--since",
        paramLabel = "TIME",
        description = "From the first record that is not older.")
    private @Nullable String since;

    @CommandLine.Option(
        names = "--vault",
        description = "Of all hosts, as copied into the vault; of this one as it is here.")
    private boolean ofVault;

    Export(Invocation invocation) {
      super(invocation);
    }

    @Override
    ExitCode execute() throws Exception {
      List<String> lines;
      try (Workspace workspace = Workspace.open(invocation())) {
        lines = since(lines(workspace, ofVault));
      }
      if (lines.isEmpty()) {
        throw new CliException(ExitCode.NOT_FOUND, "there is no record of that time");
      }
      String file = to;
      if (file == null) {
        lines.forEach(this::print);
        return ExitCode.DONE;
      }
      Path path = invocation().path(file);
      EvidenceCommand.refuseExisting(path);
      Files.createFile(
          path, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
      Files.writeString(path, String.join("\n", lines) + "\n", StandardCharsets.UTF_8);
      if (json()) {
        printJson(Map.of("file", path.toString(), "records", lines.size()));
      } else {
        print("wrote %d records to %s".formatted(lines.size(), path));
      }
      return ExitCode.DONE;
    }

    /** Of each chain everything behind the first record that is young enough. */
    private List<String> since(List<String> lines) {
      if (since == null) {
        return lines;
      }
      Instant from = Snapshots.time(since);
      List<String> wanted = new ArrayList<>();
      boolean begun = false;
      String chain = "";
      for (String line : lines) {
        try {
          AuditRecord record = AuditLine.read("a line", line).record();
          begun = !record.time().isBefore(from) || (begun && record.chain().equals(chain));
          chain = record.chain();
        } catch (VaultException e) {
          // Goes where the line before it goes.
        }
        if (begun) {
          wanted.add(line);
        }
      }
      return wanted;
    }
  }
}
