package dev.lifeboat.cli;

import dev.lifeboat.cli.command.AlertsCommand;
import dev.lifeboat.cli.command.AuditCommand;
import dev.lifeboat.cli.command.BackupCommand;
import dev.lifeboat.cli.command.ConfigCommand;
import dev.lifeboat.cli.command.DemoCommand;
import dev.lifeboat.cli.command.DiffCommand;
import dev.lifeboat.cli.command.DoctorCommand;
import dev.lifeboat.cli.command.DrillCommand;
import dev.lifeboat.cli.command.EvidenceCommand;
import dev.lifeboat.cli.command.FindCommand;
import dev.lifeboat.cli.command.HoldCommand;
import dev.lifeboat.cli.command.InitCommand;
import dev.lifeboat.cli.command.InstallServiceCommand;
import dev.lifeboat.cli.command.KeysCommand;
import dev.lifeboat.cli.command.ListCommand;
import dev.lifeboat.cli.command.LsCommand;
import dev.lifeboat.cli.command.MetricsCommand;
import dev.lifeboat.cli.command.NightlyCommand;
import dev.lifeboat.cli.command.ReclaimCommand;
import dev.lifeboat.cli.command.RecoverCommand;
import dev.lifeboat.cli.command.RegionsCommand;
import dev.lifeboat.cli.command.ReplicateCommand;
import dev.lifeboat.cli.command.RestoreCommand;
import dev.lifeboat.cli.command.RetentionCommand;
import dev.lifeboat.cli.command.RunsCommand;
import dev.lifeboat.cli.command.ServeCommand;
import dev.lifeboat.cli.command.SnapshotsCommand;
import dev.lifeboat.cli.command.StatusCommand;
import dev.lifeboat.cli.command.VerifyCommand;
import dev.lifeboat.cli.command.VersionCommand;
import dev.lifeboat.cli.command.WatchCommand;
import dev.lifeboat.cli.output.LogFormat;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/** The command itself: the flags that all commands share, before or behind the command's name. */
@Command(
    name = "lifeboat",
    description =
        "Nightly, encrypted, multi-region backups that prove every night that they come back.",
    synopsisSubcommandLabel = "COMMAND",
    footerHeading = "%nExit codes:%n",
    footer = {
      "  0 done · 1 failed · 2 usage or configuration · 3 incomplete (partial snapshot) ·",
      "  4 refused before anything changed · 5 interrupted · 6 not found · 7 locked or in conflict ·",
      "  8 region or source unreachable · 9 verification or drill failed · 10 key missing or wrong"
    })
public final class LifeboatCommand implements Runnable {
  /** All commands by their names, in the order in which the help shows them. */
  private static final List<Map.Entry<String, Class<?>>> COMMANDS =
      List.of(
          Map.entry("init", InitCommand.class),
          Map.entry("nightly", NightlyCommand.class),
          Map.entry("backup", BackupCommand.class),
          Map.entry("list", ListCommand.class),
          Map.entry("ls", LsCommand.class),
          Map.entry("find", FindCommand.class),
          Map.entry("diff", DiffCommand.class),
          Map.entry("restore", RestoreCommand.class),
          Map.entry("recover", RecoverCommand.class),
          Map.entry("verify", VerifyCommand.class),
          Map.entry("drill", DrillCommand.class),
          Map.entry("evidence", EvidenceCommand.class),
          Map.entry("replicate", ReplicateCommand.class),
          Map.entry("retention", RetentionCommand.class),
          Map.entry("reclaim", ReclaimCommand.class),
          Map.entry("snapshots", SnapshotsCommand.class),
          Map.entry("hold", HoldCommand.class),
          Map.entry("keys", KeysCommand.class),
          Map.entry("regions", RegionsCommand.class),
          Map.entry("audit", AuditCommand.class),
          Map.entry("status", StatusCommand.class),
          Map.entry("watch", WatchCommand.class),
          Map.entry("alerts", AlertsCommand.class),
          Map.entry("metrics", MetricsCommand.class),
          Map.entry("serve", ServeCommand.class),
          Map.entry("runs", RunsCommand.class),
          Map.entry("install-service", InstallServiceCommand.class),
          Map.entry("doctor", DoctorCommand.class),
          Map.entry("config", ConfigCommand.class),
          Map.entry("demo", DemoCommand.class),
          Map.entry("version", VersionCommand.class));

  /** Flags before the command that take the next word with them. */
  private static final List<String> WITH_VALUE =
      List.of("--config", "--home", "--memory", "--operator", "--log-format");

  @Spec private @Nullable CommandSpec spec;

  @Option(
      names = "--config",
      paramLabel = "FILE",
      scope = ScopeType.INHERIT,
      description =
          "Configuration file; otherwise ./lifeboat.yaml, then /etc/lifeboat/lifeboat.yaml.")
  private @Nullable String config;

  @Option(
      names = "--home",
      paramLabel = "DIR",
      scope = ScopeType.INHERIT,
      description = "State directory, instead of the configuration's vault.home.")
  private @Nullable String home;

  @Option(
      names = "--json",
      scope = ScopeType.INHERIT,
      description = "Print the result as JSON on standard output; messages go to standard error.")
  private boolean json;

  @Option(
      names = "--quiet",
      scope = ScopeType.INHERIT,
      description = "Print results and errors, no progress.")
  private boolean quiet;

  @Option(
      names = "--dry-run",
      scope = ScopeType.INHERIT,
      description = "Say what would be done and change nothing.")
  private boolean dryRun;

  @Option(
      names = "--debug",
      scope = ScopeType.INHERIT,
      description = "Show where an error came from.")
  private boolean debug;

  @Option(
      names = "--memory",
      paramLabel = "SIZE",
      scope = ScopeType.INHERIT,
      description = "Memory for data, in all, in MiB or GiB; 256MiB unless given, at least 192MiB.")
  private @Nullable String memory;

  @Option(
      names = "--operator",
      paramLabel = "NAME",
      scope = ScopeType.INHERIT,
      description = "Who you are, for the audit trail; otherwise $LIFEBOAT_OPERATOR.")
  private @Nullable String operator;

  // Main looks for it before anything else is understood; here it is described and checked.
  @Option(
      names = "--log-format",
      paramLabel = "FORMAT",
      scope = ScopeType.INHERIT,
      description = "How messages look: text, or json; otherwise $LIFEBOAT_LOG_FORMAT.")
  private LogFormat logFormat = LogFormat.TEXT;

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      scope = ScopeType.INHERIT,
      description = "Show this help.")
  private boolean help;

  LifeboatCommand() {}

  /**
   * The commands that these arguments can mean: the one that is named, all if none is. picocli
   * reads the annotations of each command that it is given, and no run needs more than one.
   */
  static List<Class<?>> commands(String[] arguments) {
    for (int i = 0; i < arguments.length; i++) {
      String word = arguments[i];
      if (WITH_VALUE.contains(word)) {
        i++;
      } else if (!word.startsWith("-")) {
        for (Map.Entry<String, Class<?>> command : COMMANDS) {
          if (command.getKey().equals(word)) {
            return List.of(command.getValue());
          }
        }
        break;
      }
    }
    List<Class<?>> all = new ArrayList<>();
    COMMANDS.forEach(command -> all.add(command.getValue()));
    return all;
  }

  public @Nullable String config() {
    return config;
  }

  public @Nullable String home() {
    return home;
  }

  /** As it was given; what the launcher made of it is the heap of this process. */
  public @Nullable String memory() {
    return memory;
  }

  public @Nullable String operator() {
    return operator;
  }

  public boolean json() {
    return json;
  }

  public boolean quiet() {
    return quiet;
  }

  public boolean dryRun() {
    return dryRun;
  }

  public boolean debug() {
    return debug;
  }

  @Override
  public void run() {
    if (spec == null || help || logFormat == null) {
      throw new IllegalStateException("run without a command line");
    }
    throw new ParameterException(spec.commandLine(), "say what to do: a command is missing");
  }
}
