package dev.lifeboat.cli.command;

import dev.lifeboat.cli.CliException;
import dev.lifeboat.cli.ExitCode;
import dev.lifeboat.cli.Invocation;
import dev.lifeboat.cli.config.ConfigException;
import dev.lifeboat.cli.wiring.Workspace;
import dev.lifeboat.vault.VaultException;
import dev.lifeboat.vault.seal.VaultDocument;
import dev.lifeboat.vault.seal.VerifyKey;
import dev.lifeboat.verify.evidence.Evidence;
import dev.lifeboat.verify.evidence.EvidenceBook;
import dev.lifeboat.verify.evidence.EvidenceFile;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;

/** {@code lifeboat evidence verify}. */
@CommandLine.Command(
    name = "verify",
    description = {
      "Verify pages or JSON files of evidence, each by itself, with nothing but the public key of the",
      "host that signed it; without a key, with the vault's list of hosts. Several files are also held",
      "against each other. Exit 9 if one was changed, or nobody can tell who signed it."
    })
final class EvidenceVerifyCommand extends Command {
  @CommandLine.Parameters(
      arity = "1..*",
      paramLabel = "FILE",
      description = "A page (.html) or its JSON.")
  private List<String> files = List.of();

  @CommandLine.Option(
      names = "--key",
      paramLabel = "KEY",
      description =
          "The host's Ed25519 public key, in base64url, from a source that is trusted; may be given again.")
  private List<String> keys = List.of();

  EvidenceVerifyCommand(Invocation invocation) {
    super(invocation);
  }

  @Override
  ExitCode execute() throws Exception {
    List<VerifyKey> trusted = keys(keys);
    @Nullable VaultDocument document = trusted.isEmpty() ? document() : null;
    List<EvidenceBook.Entry> entries = new ArrayList<>();
    List<Map<String, Object>> results = new ArrayList<>();
    boolean all = true;
    for (String name : files) {
      Map<String, Object> result = new LinkedHashMap<>();
      result.put("file", name);
      String problem;
      try {
        EvidenceFile file = EvidenceFile.read(name, Files.readAllBytes(invocation().path(name)));
        Evidence evidence = Evidence.of(file);
        problem = distrust(file, evidence, trusted, document);
        entries.add(new EvidenceBook.Entry(evidence, file));
        result.put("id", evidence.id());
        result.put("kind", evidence.kind().id());
        result.put("created", evidence.created());
        result.put("writer", file.writer().value());
        result.put(
            "key", Base64.getUrlEncoder().withoutPadding().encodeToString(file.key().toBytes()));
        result.put("sha256", file.digest().toString());
        result.put("summary", EvidenceCommand.summary(evidence));
      } catch (VaultException e) {
        problem = String.valueOf(e.getMessage());
      }
      result.put("genuine", problem.isEmpty());
      result.put("problem", problem.isEmpty() ? null : problem);
      all &= problem.isEmpty();
      results.add(result);
      if (!json()) {
        print(
            problem.isEmpty()
                ? "genuine: %s, signed by %s, %s"
                    .formatted(name, result.get("writer"), result.get("summary"))
                : "NOT GENUINE: " + problem);
      }
    }
    List<String> links = entries.size() > 1 ? EvidenceBook.brokenLinks(entries) : List.of();
    if (json()) {
      Map<String, Object> fields = new LinkedHashMap<>();
      fields.put("genuine", all);
      fields.put("files", results);
      fields.put("links", links);
      printJson(fields);
    } else {
      links.forEach(link -> print("chain: " + link));
    }
    return all && links.isEmpty() ? ExitCode.DONE : ExitCode.UNPROVEN;
  }

  /** Public keys as they are typed. */
  static List<VerifyKey> keys(List<String> keys) {
    List<VerifyKey> trusted = new ArrayList<>();
    for (String key : keys) {
      try {
        trusted.add(new VerifyKey(Base64.getUrlDecoder().decode(key)));
      } catch (IllegalArgumentException e) {
        throw new CliException(
            ExitCode.USAGE, "--key %s: 32 bytes in base64url are wanted".formatted(key));
      }
    }
    return trusted;
  }

  /** Of the configured vault; nothing where there is none. */
  private @Nullable VaultDocument document() throws IOException {
    try (Workspace workspace = Workspace.open(invocation())) {
      return workspace.document();
    } catch (CliException | VaultException | ConfigException e) {
      invocation().say("no vault to ask who signs: " + e.getMessage());
      return null;
    }
  }

  /** Why nobody knows that the signer is a host of the vault; empty if it is one. */
  private static String distrust(
      EvidenceFile file,
      Evidence evidence,
      List<VerifyKey> trusted,
      @Nullable VaultDocument document) {
    String key = Base64.getUrlEncoder().withoutPadding().encodeToString(file.key().toBytes());
    if (!trusted.isEmpty()) {
      return trusted.contains(file.key())
          ? ""
          : "%s is signed with %s, which is not the given key".formatted(evidence.id(), key);
    }
    if (document == null) {
      return "%s is as it was signed with %s, but whose key that is nobody told; give --key"
          .formatted(evidence.id(), key);
    }
    if (!document.vault().hex().equals(evidence.vault())) {
      return "%s is of vault %s".formatted(evidence.id(), evidence.vault());
    }
    return document.writer(file.key()).equals(Optional.of(file.writer()))
        ? ""
        : "%s is signed with %s, which is no host's key of this vault"
            .formatted(evidence.id(), key);
  }
}
