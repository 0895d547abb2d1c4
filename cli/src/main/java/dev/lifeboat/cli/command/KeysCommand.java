package dev.lifeboat.cli.command;

import dev.lifeboat.cli.CliException;
import dev.lifeboat.cli.ExitCode;
import dev.lifeboat.cli.Invocation;
import dev.lifeboat.cli.output.Table;
import dev.lifeboat.cli.output.Units;
import dev.lifeboat.cli.wiring.Documents;
import dev.lifeboat.cli.wiring.Passphrases;
import dev.lifeboat.cli.wiring.Workspace;
import dev.lifeboat.vault.VaultException;
import dev.lifeboat.vault.seal.KeyObjects;
import dev.lifeboat.vault.seal.KitFile;
import dev.lifeboat.vault.seal.KitShares;
import dev.lifeboat.vault.seal.Recipient;
import dev.lifeboat.vault.seal.RecipientName;
import dev.lifeboat.vault.seal.RecoveryKit;
import dev.lifeboat.vault.seal.TenantName;
import dev.lifeboat.vault.seal.TenantWriteKeys;
import dev.lifeboat.vault.seal.VaultDocument;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;

/** {@code lifeboat keys …}. */
@CommandLine.Command(
    name = "keys",
    description = "Show, share, grant and rotate keys.",
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {
      KeysCommand.Show.class,
      KeysCommand.PrintShares.class,
      KeysCommand.Combine.class,
      KeysCommand.Recipients.class,
      KeysCommand.Grant.class,
      KeysCommand.Rotate.class
    })
public final class KeysCommand extends Group {

  /** {@code lifeboat keys show}. */
  @CommandLine.Command(
      name = "show",
      description =
          "Show which keys there are: of this host, of tenants, and who can read. No secrets.")
  static final class Show extends Command {
    Show(Invocation invocation) {
      super(invocation);
    }

    @Override
    ExitCode execute() throws Exception {
      try (Workspace workspace = Workspace.open(invocation())) {
        VaultDocument document = workspace.document();
        List<KeyObjects.Address> addresses = workspace.tenants().addresses();
        List<Map<String, Object>> tenants = new ArrayList<>();
        Table table = new Table("TENANT", ">GENERATION", "READABLE BY");
        for (TenantName tenant : workspace.knownTenants()) {
          for (TenantWriteKeys keys : workspace.writeKeys(tenant)) {
            List<String> readers =
                addresses.stream()
                    .filter(
                        a -> a.tenant().equals(keys.id()) && a.generation() == keys.generation())
                    .map(a -> a.recipient().value())
                    .toList();
            table.row(
                tenant.value(), Integer.toString(keys.generation()), String.join(", ", readers));
            Map<String, Object> fields = new LinkedHashMap<>();
            fields.put("tenant", tenant.value());
            fields.put("id", keys.id().hex());
            fields.put("generation", keys.generation());
            fields.put("recipients", readers);
            tenants.add(fields);
          }
        }
        if (json()) {
          Map<String, Object> fields = new LinkedHashMap<>();
          fields.put("vault", document.vault().hex());
          fields.put("rootKey", document.root().toString());
          fields.put("generation", document.generation());
          fields.put(
              "recipients",
              document.recipients().keySet().stream().map(RecipientName::value).toList());
          fields.put("writers", document.writers().keySet().stream().map(w -> w.value()).toList());
          fields.put("tenants", tenants);
          printJson(fields);
          return ExitCode.DONE;
        }
        print("vault       " + document.vault());
        print("root key    " + document.root());
        print(
            "document    generation %d of %s"
                .formatted(document.generation(), Units.time(document.created())));
        print(
            "recipients  "
                + String.join(
                    ", ",
                    document.recipients().keySet().stream().map(RecipientName::value).toList()));
        print(
            "writers     "
                + String.join(
                    ", ", document.writers().keySet().stream().map(w -> w.value()).toList()));
        if (workspace.hasKeystore()) {
          print(
              "this host   %s, key %s"
                  .formatted(
                      workspace.keystore().writer(),
                      workspace.keystore().signingKey().verifyKey()));
        }
        if (!table.isEmpty()) {
          print("");
          print(table);
        }
        return ExitCode.DONE;
      }
    }
  }

  /** {@code lifeboat keys shares}. */
  @CommandLine.Command(
      name = "shares",
      description = "Print the recovery kit as N shares, of which any M make it again.")
  static final class PrintShares extends Command {
    @CommandLine.Parameters(paramLabel = "M/N", description = "For example 2/3.")
    private String shares = "";

    PrintShares(Invocation invocation) {
      super(invocation);
    }

    @Override
    ExitCode execute() throws Exception {
      InitCommand.Shares wanted = InitCommand.Shares.parse(shares);
      try (Workspace workspace = Workspace.open(invocation())) {
        List<String> texts =
            KitShares.split(
                workspace.kit(),
                wanted.threshold(),
                wanted.count(),
                invocation().environment().random());
        if (json()) {
          printJson(Map.of("threshold", wanted.threshold(), "shares", texts));
        } else {
          print(String.join("\n\n", texts));
        }
        return ExitCode.DONE;
      }
    }
  }

  /** {@code lifeboat keys combine}. */
  @CommandLine.Command(
      name = "combine",
      description = "Make the recovery kit again from shares, and write it to vault.kit or --to.")
  static final class Combine extends Command {
    @CommandLine.Parameters(
        paramLabel = "FILE",
        arity = "1..*",
        description = "Text files with shares, one or several in each.")
    private List<String> files = List.of();

    @CommandLine.Option(
        names = "--to",
        paramLabel = "FILE",
        description = "Where to write the kit; otherwise vault.kit of the configuration.")
    private @Nullable String to;

    Combine(Invocation invocation) {
      super(invocation);
    }

    @Override
    ExitCode execute() throws Exception {
      List<String> texts = new ArrayList<>();
      for (String file : files) {
        texts.add(Files.readString(invocation().path(file), StandardCharsets.UTF_8));
      }
      try (Workspace workspace = Workspace.open(invocation());
          RecoveryKit kit = KitShares.combine(texts)) {
        Path target =
            to != null
                ? invocation().path(to)
                : workspace
                    .configuration()
                    .vault()
                    .kit()
                    .orElseThrow(() ->
                        new CliException(ExitCode.USAGE, "say where to write the kit: --to FILE"));
        if (Files.exists(target)) {
          throw new CliException(
              ExitCode.REFUSED,
              target + " exists already; a kit is never overwritten: --to another");
        }
        if (dryRun()) {
          print(
              "The shares make the kit of vault %s; would write %s".formatted(kit.vault(), target));
          return ExitCode.DONE;
        }
        char[] passphrase = Passphrases.forNewKit(workspace, invocation());
        try {
          KitFile.write(target, kit, passphrase, invocation().environment().random());
        } finally {
          Arrays.fill(passphrase, '\0');
        }
        if (json()) {
          printJson(Map.of("vault", kit.vault().hex(), "kit", target.toString()));
        } else {
          print("Wrote the recovery kit of vault %s to %s".formatted(kit.vault(), target));
        }
        return ExitCode.DONE;
      }
    }
  }

  /** {@code lifeboat keys recipients}. */
  @CommandLine.Command(
      name = "recipients",
      description = "Show who can be granted reading; with NAME and FILE, add someone.")
  static final class Recipients extends Command {
    @CommandLine.Parameters(
        index = "0",
        arity = "0..1",
        paramLabel = "NAME",
        description = "What to call them.")
    private @Nullable String name;

    @CommandLine.Parameters(
        index = "1",
        arity = "0..1",
        paramLabel = "FILE",
        description = "Their X-Wing public key: 1,216 bytes, raw or in hexadecimal.")
    private @Nullable String file;

    Recipients(Invocation invocation) {
      super(invocation);
    }

    @Override
    ExitCode execute() throws Exception {
      try (Workspace workspace = Workspace.open(invocation())) {
        if (name != null) {
          if (file == null) {
            throw new CliException(ExitCode.USAGE, "name the file with their public key too");
          }
          add(workspace, recipient(name, Files.readAllBytes(invocation().path(file))));
        }
        VaultDocument document = workspace.document();
        if (json()) {
          printJson(
              document.recipients().values().stream()
                  .map(r ->
                      Map.of("name", r.name().value(), "fingerprint", r.fingerprint().toString()))
                  .toList());
        } else {
          Table table = new Table("NAME", "FINGERPRINT");
          document
              .recipients()
              .values()
              .forEach(r -> table.row(r.name().value(), r.fingerprint().toString()));
          print(table);
        }
        return ExitCode.DONE;
      }
    }

    private void add(Workspace workspace, Recipient recipient) throws IOException {
      VaultDocument next =
          workspace
              .document()
              .withRecipient(recipient, invocation().environment().clock().instant());
      if (dryRun()) {
        invocation().say("Would add recipient " + recipient.name());
        return;
      }
      new Documents(workspace.regions()).store(next, workspace.kit().rootKey());
      workspace.adopt(next);
      if (workspace.hasKeystore()) {
        workspace.keystore().saw(next);
        workspace.saveKeystore();
      }
      invocation()
          .say(
              "Added %s; new tenants are sealed to it, for the others: lifeboat keys grant %s"
                  .formatted(recipient.name(), recipient.name()));
    }

    private static Recipient recipient(String name, byte[] key) {
      try {
        byte[] bytes =
            key.length == 1216
                ? key
                : HexFormat.of()
                    .parseHex(new String(key, StandardCharsets.ISO_8859_1).replaceAll("\\s", ""));
        return new Recipient(new RecipientName(name), bytes);
      } catch (IllegalArgumentException e) {
        throw new CliException(ExitCode.USAGE, String.valueOf(e.getMessage()));
      }
    }
  }

  /** {@code lifeboat keys grant}. */
  @CommandLine.Command(
      name = "grant",
      description =
          "Let a recipient read: seal tenants' private keys to it. Needs the recovery kit.")
  static final class Grant extends Command {
    @CommandLine.Parameters(
        paramLabel = "RECIPIENT",
        description = "A name that keys recipients shows.")
    private String recipient = "";

    @CommandLine.Option(names = "--tenant", paramLabel = "NAME", description = "Only this tenant.")
    private @Nullable String tenant;

    Grant(Invocation invocation) {
      super(invocation);
    }

    @Override
    ExitCode execute() throws Exception {
      try (Workspace workspace = Workspace.open(invocation())) {
        Recipient to =
            workspace.document().recipients().values().stream()
                .filter(r -> r.name().value().equals(recipient))
                .findFirst()
                .orElseThrow(() ->
                    new VaultException.NotFound(
                        "there is no recipient '%s'; known are %s"
                            .formatted(recipient, workspaceRecipients(workspace))));
        List<TenantName> wanted =
            tenant == null ? List.copyOf(workspace.knownTenants()) : List.of(Names.tenant(tenant));
        int sealed = 0;
        for (TenantName each : wanted) {
          if (!dryRun()) {
            sealed += workspace.tenants().grant(workspace.keystore(), workspace.readKeys(each), to);
          }
        }
        List<String> names = wanted.stream().map(TenantName::value).toList();
        if (json()) {
          printJson(Map.of("recipient", recipient, "tenants", names, "sealed", sealed));
        } else {
          print(
              "%s %s: %s (%d key objects)"
                  .formatted(
                      recipient,
                      dryRun() ? "would read" : "can read",
                      String.join(", ", names),
                      sealed));
        }
        return ExitCode.DONE;
      }
    }

    private static String workspaceRecipients(Workspace workspace) {
      try {
        return workspace.document().recipients().keySet().toString();
      } catch (IOException e) {
        return "unknown";
      }
    }
  }

  /** {@code lifeboat keys rotate}. */
  @CommandLine.Command(
      name = "rotate",
      description =
          "Make a new generation of a tenant's keys; what is stored stays readable with the old.")
  static final class Rotate extends Command {
    @CommandLine.Parameters(paramLabel = "TENANT", description = "Whose keys.")
    private String tenant = "";

    Rotate(Invocation invocation) {
      super(invocation);
    }

    @Override
    ExitCode execute() throws Exception {
      TenantName name = Names.tenant(tenant);
      try (Workspace workspace = Workspace.open(invocation())) {
        int generation =
            dryRun()
                ? workspace.writeKeys(name).getLast().generation() + 1
                : workspace.tenants().rotate(workspace.keystore(), name);
        if (!dryRun()) {
          workspace.saveKeystore();
        }
        if (json()) {
          printJson(Map.of("tenant", tenant, "generation", generation, "dryRun", dryRun()));
        } else {
          print(
              "Tenant %s %s generation %d of its keys"
                  .formatted(tenant, dryRun() ? "would get" : "has", generation));
        }
        return ExitCode.DONE;
      }
    }
  }
}
