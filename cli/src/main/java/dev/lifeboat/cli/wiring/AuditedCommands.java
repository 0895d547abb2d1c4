package dev.lifeboat.cli.wiring;

import dev.lifeboat.verify.audit.AuditRecord.Concern;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParseResult;

/** Which commands belong in the audit trail, and what of their arguments. */
public final class AuditedCommands {
  /** Commands that are recorded, without the name of the program. */
  private static final Map<String, Concern> RECORDED =
      Map.ofEntries(
          Map.entry("ls", Concern.READ),
          Map.entry("find", Concern.READ),
          Map.entry("diff", Concern.READ),
          Map.entry("restore", Concern.READ),
          Map.entry("recover", Concern.READ),
          Map.entry("drill", Concern.READ),
          Map.entry("init", Concern.CHANGE),
          Map.entry("nightly", Concern.CHANGE),
          Map.entry("backup", Concern.CHANGE),
          Map.entry("verify", Concern.CHANGE),
          Map.entry("replicate", Concern.CHANGE),
          Map.entry("retention", Concern.CHANGE),
          Map.entry("reclaim", Concern.CHANGE),
          Map.entry("evidence note", Concern.CHANGE),
          Map.entry("evidence pack", Concern.CHANGE),
          Map.entry("evidence add", Concern.CHANGE),
          Map.entry("snapshots pin", Concern.CHANGE),
          Map.entry("snapshots unpin", Concern.CHANGE),
          Map.entry("hold", Concern.CHANGE),
          Map.entry("keys shares", Concern.CHANGE),
          Map.entry("keys combine", Concern.CHANGE),
          Map.entry("keys grant", Concern.CHANGE),
          Map.entry("keys rotate", Concern.CHANGE),
          Map.entry("regions add", Concern.CHANGE),
          Map.entry("regions remove", Concern.CHANGE),
          Map.entry("regions test", Concern.CHANGE),
          Map.entry("serve", Concern.CHANGE),
          Map.entry("alerts ack", Concern.CHANGE),
          Map.entry("alerts test", Concern.CHANGE),
          Map.entry("runs stop", Concern.CHANGE),
          Map.entry("runs restart", Concern.CHANGE));

  /** Commands that show no data of customers and change nothing that matters. */
  private static final Set<String> NOT_RECORDED =
      Set.of(
          "list",
          "evidence list",
          "evidence show",
          "evidence verify",
          "keys show",
          "keys recipients",
          "regions list",
          "regions status",
          "regions policy",
          "audit list",
          "audit verify",
          "audit export",
          "alerts list",
          "alerts deliver",
          "runs list",
          "runs show",
          "install-service",
          "metrics",
          "status",
          "watch",
          "doctor",
          "config validate",
          "config show",
          "config schema",
          // Of a company that it makes up, in homes of its own.
          "demo",
          "version");

  /** With these a command only shows something. */
  private static final Set<String> SHOWING = Set.of("--coverage", "--explain", "--print");

  /** In every record anyway, or of how it is told alone. */
  private static final Set<String> COMMON =
      Set.of(
          "--config",
          "--home",
          "--json",
          "--quiet",
          "--debug",
          "--memory",
          "--operator",
          "--log-format");

  private static final Pattern PASSWORD_IN_URI = Pattern.compile("(://[^/@:\\s]*):[^/@\\s]*@");
  private static final Pattern SECRET_IN_QUERY =
      Pattern.compile("(?i)((?:password|passwd|secret|token|key|signature|sig)=)[^&;\\s]+");
  private static final String MASK = "(masked)";

  private AuditedCommands() {}

  /** The words of a command, without the name of the program. */
  public static String words(CommandSpec spec) {
    String name = spec.qualifiedName();
    return name.substring(name.indexOf(' ') + 1);
  }

  /** Whether somebody decided about a command. */
  public static boolean isKnown(String words) {
    return RECORDED.containsKey(words) || NOT_RECORDED.contains(words);
  }

  /** Why this run of a command is recorded; empty if it is not. */
  static Optional<Concern> concern(CommandSpec spec, boolean dryRun) {
    Concern concern = RECORDED.get(words(spec));
    ParseResult parsed = spec.commandLine().getParseResult();
    boolean shows =
        SHOWING.stream().anyMatch(parsed::hasMatchedOption)
            || (words(spec).equals("hold") && parsed.matchedPositionals().isEmpty())
            || (concern == Concern.CHANGE && dryRun);
    return shows ? Optional.empty() : Optional.ofNullable(concern);
  }

  /** What was typed, secrets masked: options first, then the rest. */
  static List<String> arguments(CommandSpec spec) {
    ParseResult parsed = spec.commandLine().getParseResult();
    List<String> arguments = new ArrayList<>();
    for (OptionSpec option : parsed.matchedOptions()) {
      String name = option.longestName();
      if (COMMON.contains(name)) {
        continue;
      }
      if (option.arity().max() == 0) {
        arguments.add(name);
      } else {
        option.originalStringValues().forEach(value -> arguments.add(name + "=" + masked(value)));
      }
    }
    parsed
        .matchedPositionals()
        .forEach(
            argument -> argument.originalStringValues().forEach(v -> arguments.add(masked(v))));
    return arguments;
  }

  /** What is named as a dataset among the arguments. */
  static List<String> datasets(CommandSpec spec) {
    TreeSet<String> datasets = new TreeSet<>();
    for (ArgSpec argument : spec.commandLine().getParseResult().matchedArgs()) {
      if (argument.paramLabel().equals("DATASET")
          || (argument instanceof OptionSpec option && option.longestName().equals("--dataset"))) {
        datasets.addAll(argument.originalStringValues());
      }
    }
    return List.copyOf(datasets);
  }

  /** Without passwords in it. */
  public static String masked(String text) {
    String some = PASSWORD_IN_URI.matcher(text).replaceAll("$1:" + MASK + "@");
    return SECRET_IN_QUERY.matcher(some).replaceAll("$1" + MASK);
  }
}
