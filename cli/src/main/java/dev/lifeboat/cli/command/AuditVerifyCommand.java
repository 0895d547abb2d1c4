package dev.lifeboat.cli.command;

import dev.lifeboat.cli.CliException;
import dev.lifeboat.cli.ExitCode;
import dev.lifeboat.cli.Invocation;
import dev.lifeboat.cli.output.Table;
import dev.lifeboat.cli.output.Units;
import dev.lifeboat.cli.wiring.AuditTrails;
import dev.lifeboat.cli.wiring.Workspace;
import dev.lifeboat.vault.seal.VaultDocument;
import dev.lifeboat.vault.seal.VerifyKey;
import dev.lifeboat.verify.audit.AuditCheck;
import dev.lifeboat.verify.audit.AuditCopies;
import dev.lifeboat.verify.audit.AuditRecord;
import dev.lifeboat.verify.audit.AuditTrail;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine;

/** {@code lifeboat audit verify}. */
@CommandLine.Command(
    name = "verify",
    description = {
      "Follow the chain of the trail, check who signed it, and hold it against its copies in the vault, those of",
      "other hosts too. With files that audit export wrote: only these, with the keys that are given and nothing",
      "else, or with the vault's list of hosts. Exit 9 if anything was changed, left out, moved or cut off, or there",
      "is nothing to check."
    })
final class AuditVerifyCommand extends Command {
  @CommandLine.Parameters(
      arity = "0..*",
      paramLabel = "FILE",
      description = "What audit export wrote.")
  private List<String> files = List.of();

  @CommandLine.Option(
      names = "--key",
      paramLabel = "KEY",
      description =
          "A host's Ed25519 public key, in base64url, from a source that is trusted; may be given again.")
  private List<String> keys = List.of();

  AuditVerifyCommand(Invocation invocation) {
    super(invocation);
  }

  @Override
  ExitCode execute() throws Exception {
    AuditCheck.Result result;
    List<String> problems = new ArrayList<>();
    if (files.isEmpty()) {
      if (!keys.isEmpty()) {
        throw new CliException(ExitCode.USAGE, "--key goes with a FILE");
      }
      result = vault(problems);
    } else {
      result = files();
    }
    problems.addAll(result.problems());
    long records = result.chains().stream().mapToLong(AuditCheck.Summary::records).sum();
    long vouched = result.chains().stream().mapToLong(AuditCheck.Summary::vouched).sum();
    if (records == 0) {
      problems.add("there is no record: nothing was checked");
    } else if (vouched == 0) {
      problems.add("no record is signed by a host that counts: nothing is proven");
    }
    if (json()) {
      Map<String, Object> fields = new LinkedHashMap<>();
      fields.put("sound", problems.isEmpty());
      fields.put("records", records);
      fields.put("chains", result.chains());
      fields.put("unended", result.unended().stream().map(AuditVerifyCommand::fields).toList());
      fields.put("problems", problems);
      fields.put("notes", result.notes());
      printJson(fields);
    } else {
      show(result, problems);
    }
    return problems.isEmpty() ? ExitCode.DONE : ExitCode.UNPROVEN;
  }

  private AuditCheck.Result files() throws IOException {
    AuditCheck check;
    if (keys.isEmpty()) {
      try (Workspace workspace = Workspace.open(invocation())) {
        VaultDocument document = workspace.document();
        check = new AuditCheck((name, key) -> document.writer(key).equals(Optional.of(name)));
      }
    } else {
      List<VerifyKey> trusted = EvidenceVerifyCommand.keys(keys);
      check = new AuditCheck((_, key) -> trusted.contains(key));
    }
    for (String file : files) {
      check.read(file, Files.readAllLines(invocation().path(file)));
    }
    return check.result();
  }

  private AuditCheck.Result vault(List<String> problems) throws IOException, InterruptedException {
    try (Workspace workspace = Workspace.open(invocation())) {
      AuditTrail trail = AuditTrails.local(workspace);
      VaultDocument document = workspace.document();
      List<String> lines = trail.lines();
      AuditCheck check =
          new AuditCheck((name, key) -> document.writer(key).equals(Optional.of(name)))
              .read(trail.file().toString(), lines);
      AuditCopies.Contents copies = AuditTrails.copies(workspace).read();
      problems.addAll(copies.problems());
      return check.compare(lines, copies.chains(), workspace.keystore().writer()).result();
    }
  }

  private void show(AuditCheck.Result result, List<String> problems) {
    Table table = new Table("CHAIN", "HOST", ">RECORDS", "FROM", "TO", "VOUCHED FOR BY", "UP TO");
    for (AuditCheck.Summary chain : result.chains()) {
      table.row(
          chain.chain(),
          chain.host(),
          Units.count(chain.records()),
          Units.time(chain.from()),
          Units.time(chain.to()),
          chain.writer().orElse("NOBODY"),
          "record " + chain.vouched());
    }
    if (!table.isEmpty()) {
      print(table);
    }
    for (AuditRecord record : result.unended()) {
      print(
          "no end: %s of %s, %s, process %d: killed, or still at work"
              .formatted(
                  record.entry().command(),
                  Units.time(record.time()),
                  record.entry().who(),
                  record.entry().who().process()));
    }
    result.notes().forEach(note -> print("note: " + note));
    problems.forEach(problem -> print("PROBLEM: " + problem));
    if (problems.isEmpty()) {
      print("sound: nothing was changed, left out, moved or cut off");
    }
  }

  private static Map<String, Object> fields(AuditRecord record) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("chain", record.chain());
    fields.put("sequence", record.sequence());
    fields.put("time", record.time());
    fields.put("command", record.entry().command());
    fields.put("user", record.entry().who().user());
    fields.put("process", record.entry().who().process());
    return fields;
  }
}
