package dev.lifeboat.cli.command;

import dev.lifeboat.cli.CliException;
import dev.lifeboat.cli.ExitCode;
import dev.lifeboat.cli.Invocation;
import dev.lifeboat.cli.config.DatasetSection;
import dev.lifeboat.cli.config.RegionSection;
import dev.lifeboat.cli.wiring.Documents;
import dev.lifeboat.cli.wiring.Passphrases;
import dev.lifeboat.cli.wiring.Regions;
import dev.lifeboat.cli.wiring.Workspace;
import dev.lifeboat.vault.VaultException;
import dev.lifeboat.vault.region.RegionSet;
import dev.lifeboat.vault.seal.HostKeystore;
import dev.lifeboat.vault.seal.KitFile;
import dev.lifeboat.vault.seal.KitShares;
import dev.lifeboat.vault.seal.RecipientName;
import dev.lifeboat.vault.seal.RecoveryKit;
import dev.lifeboat.vault.seal.SigningKey;
import dev.lifeboat.vault.seal.TenantName;
import dev.lifeboat.vault.seal.TenantReadKeys;
import dev.lifeboat.vault.seal.VaultDocument;
import dev.lifeboat.vault.seal.WriterName;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;

/**
 * {@code lifeboat init}. Repeatable: what is there is left, what is missing is made, also after a
 * crash half-way. The kit is on disk before the first object that only it can open.
 */
@CommandLine.Command(
    name = "init",
    description = {
      "Make a vault: its recovery kit, its regions, the keys of this host and of all tenants.",
      "Run again, it adds what the configuration has gained: tenants, regions."
    })
public final class InitCommand extends Command {
  /** Generation of the vault document when a vault has just been made. */
  private static final int FIRST_WITH_A_WRITER = 2;

  @CommandLine.Option(
      names = "--join",
      description = "Let this host write to a vault that exists, with its recovery kit.")
  private boolean join;

  @CommandLine.Option(
      names = "--host",
      paramLabel = "NAME",
      description = "What to call this host in the vault; otherwise its host name.")
  private @Nullable String host;

  @CommandLine.Option(
      names = "--shares",
      paramLabel = "M/N",
      description = "Print the kit as N shares too, of which any M make it again.")
  private @Nullable String shares;

  InitCommand(Invocation invocation) {
    super(invocation);
  }

  @Override
  ExitCode execute() throws Exception {
    Shares wanted = shares == null ? null : Shares.parse(shares);
    WriterName writer = writer();
    try (Workspace workspace = Workspace.open(invocation())) {
      if (dryRun()) {
        return plan(workspace, writer);
      }
      refuseIfGone(workspace);
      try (RegionSet regions = Regions.create(workspace.configuration(), workspace.environment())) {
        Documents documents = new Documents(regions);
        Optional<VaultDocument> existing =
            documents.newest(
                workspace.hasKeystore()
                    ? Optional.of(workspace.keystore().root())
                    : Optional.empty());
        String did;
        if (existing.isEmpty()) {
          if (join) {
            throw new VaultException.NotFound(
                "there is no vault in these regions to join; run init without --join to make one");
          }
          did = create(workspace, documents, writer);
        } else if (workspace.hasKeystore()) {
          did = "extended";
        } else if (join) {
          did = join(workspace, documents, writer);
        } else {
          throw new VaultException.Conflict(
              "these regions hold vault %s already, and this host has no keys for it; join it with: lifeboat init --join"
                  .formatted(existing.get().vault()));
        }
        List<TenantName> made =
            workspace
                .tenants()
                .ensure(
                    workspace.keystore(),
                    workspace.configuration().datasets().stream()
                        .map(DatasetSection::tenant)
                        .toList());
        workspace.saveKeystore();
        report(workspace, did, made);
        if (wanted != null) {
          wanted.print(workspace);
        }
        return ExitCode.DONE;
      }
    }
  }

  /**
   * A host that has keys of a vault which no region holds is more likely to miss its disks than to
   * want a new vault: before a mount point is made a region, somebody has to look. Only where the
   * kit of that same vault is here, init may have been cut short before its first object.
   */
  private static void refuseIfGone(Workspace workspace) throws IOException {
    if (!workspace.hasKeystore()) {
      return;
    }
    try {
      if (new Documents(workspace.regions())
          .newest(Optional.of(workspace.keystore().root()))
          .isPresent()) {
        return;
      }
    } catch (VaultException.Unreachable _) {
      // told below, with what to do
    }
    Optional<Path> kit = workspace.configuration().vault().kit().filter(Files::exists);
    if (kit.isEmpty()
        || !workspace.kit().vault().equals(workspace.keystore().vault())
        || workspace.keystore().documentGeneration() > FIRST_WITH_A_WRITER
        || !workspace.keystore().tenants().isEmpty()) {
      throw new CliException(
          ExitCode.REFUSED,
          "%s belongs to vault %s, and no region holds it: are the disks mounted? To make a new vault, move that file away"
              .formatted(workspace.keystoreFile(), workspace.keystore().vault()));
    }
  }

  private String create(Workspace workspace, Documents documents, WriterName writer)
      throws IOException {
    Path file =
        workspace
            .configuration()
            .vault()
            .kit()
            .orElseThrow(() ->
                new CliException(
                    ExitCode.USAGE,
                    "the configuration does not say where to write the recovery kit: add vault.kit (it can be moved to a safe place afterwards)"));
    if (!Files.exists(file)) {
      writeKit(workspace, file);
    }
    RecoveryKit kit = workspace.kit();
    Instant now = invocation().environment().clock().instant();
    VaultDocument empty = VaultDocument.create(kit, now);
    VaultDocument document;
    if (workspace.hasKeystore()) {
      document =
          empty.withWriter(
              workspace.keystore().writer(), workspace.keystore().signingKey().verifyKey(), now);
    } else {
      SigningKey signing = SigningKey.generate(invocation().environment().random());
      document = empty.withWriter(writer, signing.verifyKey(), now);
      workspace.adopt(new HostKeystore(writer, signing, document));
      workspace.saveKeystore();
    }
    documents.store(empty, kit.rootKey());
    documents.store(document, kit.rootKey());
    workspace.adopt(document);
    return "made";
  }

  private void writeKit(Workspace workspace, Path file) throws IOException {
    Path parent = file.getParent();
    if (parent != null) {
      Files.createDirectories(parent);
    }
    char[] passphrase = Passphrases.forNewKit(workspace, invocation());
    try {
      RecoveryKit kit = RecoveryKit.generate(invocation().environment().random());
      workspace.adopt(kit);
      KitFile.write(file, kit, passphrase, invocation().environment().random());
    } catch (IllegalArgumentException e) {
      throw new CliException(ExitCode.REFUSED, String.valueOf(e.getMessage()));
    } finally {
      Arrays.fill(passphrase, '\0');
    }
  }

  private String join(Workspace workspace, Documents documents, WriterName writer)
      throws IOException {
    RecoveryKit kit = workspace.kit();
    VaultDocument current = documents.newest(Optional.of(kit.rootKey().verifyKey())).orElseThrow();
    SigningKey signing = SigningKey.generate(invocation().environment().random());
    VaultDocument document =
        current.withWriter(
            writer, signing.verifyKey(), invocation().environment().clock().instant());
    HostKeystore keystore = new HostKeystore(writer, signing, document);
    workspace.adopt(document);
    workspace
        .tenants()
        .open(RecipientName.KIT, kit.privateKey())
        .values()
        .forEach(generations ->
            generations.forEach(keys -> {
              try (TenantReadKeys opened = keys) {
                keystore.add(opened.write());
              }
            }));
    workspace.adopt(keystore);
    documents.store(document, kit.rootKey());
    workspace.saveKeystore();
    return "joined";
  }

  private ExitCode plan(Workspace workspace, WriterName writer) throws IOException {
    invocation().say("Would make, where missing:");
    for (RegionSection region : workspace.configuration().vault().regions()) {
      print("region %s in %s".formatted(region.name(), region.place()));
    }
    print(
        "recovery kit "
            + workspace
                .configuration()
                .vault()
                .kit()
                .map(Path::toString)
                .orElse("(vault.kit is missing)"));
    print("keys of host %s in %s".formatted(writer, workspace.keystoreFile()));
    workspace.configuration().datasets().stream()
        .map(DatasetSection::tenant)
        .distinct()
        .sorted()
        .forEach(tenant -> print("keys of tenant " + tenant));
    return ExitCode.DONE;
  }

  private void report(Workspace workspace, String did, List<TenantName> made) throws IOException {
    VaultDocument document = workspace.document();
    Optional<Path> kit = workspace.configuration().vault().kit();
    if (json()) {
      Map<String, Object> fields = new LinkedHashMap<>();
      fields.put("action", did);
      fields.put("vault", document.vault().hex());
      fields.put("rootKey", document.root().toString());
      fields.put("host", workspace.keystore().writer().value());
      fields.put("keystore", workspace.keystoreFile().toString());
      fields.put("kit", kit.map(Path::toString));
      fields.put(
          "regions",
          workspace.configuration().vault().regions().stream().map(r -> r.name().value()).toList());
      fields.put("newTenants", made.stream().map(TenantName::value).toList());
      printJson(fields);
      return;
    }
    print("Vault %s %s.".formatted(document.vault(), did));
    print("  regions       " + names(workspace));
    print(
        "  this host     %s, its keys in %s"
            .formatted(workspace.keystore().writer(), workspace.keystoreFile()));
    print(
        "  new tenants   "
            + (made.isEmpty()
                ? "none"
                : String.join(", ", made.stream().map(TenantName::value).toList())));
    if (did.equals("made") && kit.isPresent()) {
      print("  recovery kit  " + kit.get());
      print("");
      print("Without the recovery kit and its passphrase nothing can ever be restored. Now:");
      print(
          "  1. Copy %s to two places away from this host, and write down the passphrase."
              .formatted(kit.get()));
      print("     Or print shares, for different people: lifeboat keys shares 2/3");
      print(
          "  2. If this host should not be able to restore, delete %s and vault.kit here."
              .formatted(kit.get()));
      print("  3. Then: lifeboat nightly");
    }
  }

  private static String names(Workspace workspace) {
    return String.join(
        ", ",
        workspace.configuration().vault().regions().stream().map(r -> r.name().value()).toList());
  }

  private WriterName writer() throws IOException {
    String name = host;
    if (name == null) {
      name =
          Files.readString(Path.of("/proc/sys/kernel/hostname"), StandardCharsets.UTF_8)
              .strip()
              .replaceAll("[^A-Za-z0-9._-]", "-")
              .replaceFirst("^[^A-Za-z0-9]+", "");
    }
    try {
      return new WriterName(name);
    } catch (IllegalArgumentException e) {
      throw new CliException(
          ExitCode.USAGE, "%s; choose one with --host".formatted(e.getMessage()));
    }
  }

  /** How many shares there are to be, and how many of them make the kit. */
  record Shares(int threshold, int count) {
    static Shares parse(String text) {
      String[] parts = text.split("/", -1);
      try {
        if (parts.length == 2) {
          Shares shares = new Shares(Integer.parseInt(parts[0]), Integer.parseInt(parts[1]));
          if (shares.threshold >= 2 && shares.count >= shares.threshold && shares.count <= 255) {
            return shares;
          }
        }
      } catch (NumberFormatException _) {
        // refused below, like every other text that is no pair of numbers
      }
      throw new CliException(
          ExitCode.USAGE,
          "'%s' does not say how many shares: write M/N, for example 2/3, with 2 ≤ M ≤ N ≤ 255"
              .formatted(text));
    }

    void print(Workspace workspace) throws IOException {
      List<String> texts =
          KitShares.split(workspace.kit(), threshold, count, workspace.environment().random());
      texts.forEach(text -> workspace.environment().out().println("\n" + text));
    }
  }
}
