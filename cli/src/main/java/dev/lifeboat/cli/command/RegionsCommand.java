package dev.lifeboat.cli.command;

import dev.lifeboat.cli.ExitCode;
import dev.lifeboat.cli.Invocation;
import dev.lifeboat.cli.config.RegionSection;
import dev.lifeboat.cli.output.Table;
import dev.lifeboat.cli.output.Units;
import dev.lifeboat.cli.wiring.Workspace;
import dev.lifeboat.vault.region.Region;
import dev.lifeboat.vault.region.RegionException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;

/** {@code lifeboat regions …}. */
@CommandLine.Command(
    name = "regions",
    description = "Show the regions and what they hold; add one, let one leave.",
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {
      RegionsCommand.Show.class,
      RegionsCommand.Status.class,
      RegionsAddCommand.class,
      RegionsRemoveCommand.class,
      RegionsTestCommand.class,
      RegionsPolicyCommand.class
    })
public final class RegionsCommand extends Group {

  /** {@code lifeboat regions list}. */
  @CommandLine.Command(name = "list", description = "Show the configured regions.")
  static final class Show extends Command {
    Show(Invocation invocation) {
      super(invocation);
    }

    @Override
    ExitCode execute() {
      try (Workspace workspace = Workspace.open(invocation())) {
        Table table = new Table("REGION", "KIND", "PLACE");
        List<Map<String, Object>> list = new ArrayList<>();
        for (RegionSection region : workspace.configuration().vault().regions()) {
          String kind = region.s3().isPresent() ? "s3" : "directory";
          String place = region.place();
          table.row(region.name().value(), kind, place);
          Map<String, Object> fields = new LinkedHashMap<>();
          fields.put("region", region.name().value());
          fields.put("kind", kind);
          fields.put("place", place);
          list.add(fields);
        }
        if (json()) {
          printJson(list);
        } else {
          print(table);
        }
        return ExitCode.DONE;
      }
    }
  }

  /** {@code lifeboat regions status}. */
  @CommandLine.Command(
      name = "status",
      description =
          "List every region: does it answer, how much does it hold. Exit 8 if one does not.")
  static final class Status extends Command {
    Status(Invocation invocation) {
      super(invocation);
    }

    @Override
    ExitCode execute() {
      try (Workspace workspace = Workspace.open(invocation())) {
        boolean all = true;
        Table table = new Table("REGION", "STATE", ">OBJECTS", ">BYTES", ">PACKS", ">MANIFESTS");
        List<Map<String, Object>> list = new ArrayList<>();
        for (Region region : workspace.regions().regions()) {
          Holdings holdings = Holdings.of(region);
          all &= holdings.problem == null;
          table.row(
              region.name().value(),
              holdings.problem == null ? "ok" : holdings.problem,
              Units.count(holdings.objects),
              Units.bytes(holdings.bytes),
              Units.count(holdings.packs),
              Units.count(holdings.manifests));
          Map<String, Object> fields = new LinkedHashMap<>();
          fields.put("region", region.name().value());
          fields.put("reachable", holdings.problem == null);
          fields.put("problem", holdings.problem);
          fields.put("objects", holdings.objects);
          fields.put("bytes", holdings.bytes);
          fields.put("packs", holdings.packs);
          fields.put("manifests", holdings.manifests);
          list.add(fields);
        }
        if (json()) {
          printJson(list);
        } else {
          print(table);
        }
        return all ? ExitCode.DONE : ExitCode.UNREACHABLE;
      }
    }
  }

  /** What a listing adds up to. */
  private static final class Holdings {
    private long objects;
    private long bytes;
    private long packs;
    private long manifests;
    private @Nullable String problem;

    static Holdings of(Region region) {
      Holdings holdings = new Holdings();
      try {
        region.list(
            "",
            info -> {
              holdings.objects++;
              holdings.bytes += info.bytes();
              holdings.packs += info.key().value().startsWith("packs/") ? 1 : 0;
              holdings.manifests += info.key().value().startsWith("snapshots/") ? 1 : 0;
            });
      } catch (RegionException e) {
        holdings.problem = e.getMessage();
      }
      return holdings;
    }
  }
}
