package dev.lifeboat.cli.command;

import dev.lifeboat.cli.CliException;
import dev.lifeboat.cli.ExitCode;
import dev.lifeboat.cli.Invocation;
import dev.lifeboat.cli.config.RegionSection;
import dev.lifeboat.cli.wiring.Regions;
import dev.lifeboat.cli.wiring.Workspace;
import dev.lifeboat.vault.VaultException;
import dev.lifeboat.vault.reclaim.Lease;
import dev.lifeboat.vault.reclaim.Records;
import dev.lifeboat.vault.reclaim.RegionLog;
import dev.lifeboat.vault.region.ObjectKey;
import dev.lifeboat.vault.region.Region;
import dev.lifeboat.vault.region.RegionException;
import dev.lifeboat.vault.region.RegionName;
import dev.lifeboat.vault.region.RegionSet;
import dev.lifeboat.vault.replicate.ReplicationProgress;
import dev.lifeboat.vault.replicate.ReplicationResult;
import dev.lifeboat.vault.replicate.Replicator;
import dev.lifeboat.vault.seal.VaultDocument;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine;

/** {@code lifeboat regions add}. */
@CommandLine.Command(
    name = "add",
    description = {
      "Make a place that the configuration names a region of the vault: look that it is empty, or of",
      "this vault, make it, and bring it the vault document and the keys. Afterwards run replicate.",
      "Nights go on meanwhile; a snapshot goes there when all that it needs is there."
    })
final class RegionsAddCommand extends Command {
  @CommandLine.Parameters(paramLabel = "NAME", description = "The region, as the file names it.")
  private String name = "";

  RegionsAddCommand(Invocation invocation) {
    super(invocation);
  }

  @Override
  ExitCode execute() throws Exception {
    try (Workspace workspace = Workspace.open(invocation())) {
      RegionSection section =
          workspace.configuration().vault().regions().stream()
              .filter(region -> region.name().value().equals(name))
              .findFirst()
              .orElseThrow(() ->
                  new CliException(
                      ExitCode.USAGE,
                      "the configuration has no region %s: add it to vault.regions, for example {name: %s, directory: {path: /mnt/%s}}, and run this again"
                          .formatted(name, name, name)));
      VaultDocument document = document(workspace, section.name());
      if (dryRun()) {
        print("would make %s a region of vault %s".formatted(name, document.vault()));
        return ExitCode.DONE;
      }
      Regions.make(section, workspace.configuration(), workspace.environment());
      ReplicationResult result;
      try (RegionSet regions = Regions.open(workspace.configuration(), workspace.environment())) {
        Region added = regions.region(section.name()).orElseThrow();
        requireOurs(added, document);
        Records records = Records.of(workspace.keystore(), document);
        result =
            new Replicator(
                    regions,
                    records,
                    (key, _) -> {
                      throw new VaultException.KeyUnavailable(key + " is not looked at");
                    },
                    workspace.environment().random(),
                    workspace.ensureHome().resolve("cache"))
                .prepare(
                    Lease.Holder.ofThisProcess(
                        workspace.keystore().writer().value(), "regions add"),
                    ReplicationProgress.SILENT);
        ReplicationResult.PerRegion brought = result.regions().get(section.name());
        if (brought == null || brought.missing() > 0 || !holdsDocument(added, document)) {
          throw new CliException(
              ExitCode.UNREACHABLE,
              "region %s did not take the vault document and all keys%s; run this again"
                  .formatted(
                      name,
                      brought == null || brought.reasons().isEmpty()
                          ? ""
                          : ": " + brought.reasons().getFirst().reason()));
        }
        ObjectKey _ =
            new RegionLog(regions, records, workspace.environment().random())
                .note(
                    RegionLog.Action.ADDED,
                    section.name(),
                    Optional.empty(),
                    regions.regions().stream().map(Region::name).toList(),
                    workspace.environment().clock().instant());
      }
      if (json()) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("region", name);
        fields.put("vault", document.vault().hex());
        fields.put("action", "added");
        printJson(fields);
      } else {
        print(
            "Region %s belongs to vault %s now, and holds no snapshot yet. Run: lifeboat replicate"
                .formatted(name, document.vault()));
      }
      return ExitCode.DONE;
    }
  }

  /** The vault document, from the regions there were. */
  private static VaultDocument document(Workspace workspace, RegionName added) throws Exception {
    VaultDocument document = workspace.document();
    boolean elsewhere = false;
    for (Region region : workspace.regions().regions()) {
      if (!region.name().equals(added)) {
        try {
          elsewhere |= region.stat(document.key()).isPresent();
        } catch (RegionException e) {
          // Another may have it.
        }
      }
    }
    if (!elsewhere) {
      throw new CliException(
          ExitCode.REFUSED,
          "no other region holds the vault: there is nothing to add %s to; run: lifeboat init"
              .formatted(added));
    }
    return document;
  }

  /** Refuses a place that holds anything but this vault. */
  private static void requireOurs(Region added, VaultDocument document) throws RegionException {
    List<ObjectKey> documents = new ArrayList<>();
    long[] others = new long[1];
    added.list(
        "",
        info -> {
          if (info.key().value().startsWith(VaultDocument.PREFIX)) {
            documents.add(info.key());
          } else {
            others[0]++;
          }
        });
    for (ObjectKey key : documents) {
      byte[] bytes = added.read(key);
      VaultDocument found;
      try {
        found = VaultDocument.decode(bytes, Optional.of(document.root()));
      } catch (VaultException e) {
        throw new CliException(
            ExitCode.REFUSED,
            "region %s holds another vault, or a damaged one (%s: %s); choose an empty place"
                .formatted(added.name(), key, e.getMessage()));
      }
      if (!found.vault().equals(document.vault())) {
        throw new CliException(
            ExitCode.REFUSED,
            "region %s holds vault %s, not %s; choose an empty place"
                .formatted(added.name(), found.vault(), document.vault()));
      }
    }
    if (documents.isEmpty() && others[0] > 0) {
      throw new CliException(
          ExitCode.REFUSED,
          "region %s holds %d objects that belong to no vault; choose an empty place"
              .formatted(added.name(), others[0]));
    }
  }

  private static boolean holdsDocument(Region added, VaultDocument document)
      throws RegionException {
    return added.stat(document.key()).isPresent();
  }
}
