package dev.lifeboat.cli.command;

import dev.lifeboat.cli.CliException;
import dev.lifeboat.cli.ExitCode;
import dev.lifeboat.cli.Invocation;
import dev.lifeboat.cli.RawArguments;
import dev.lifeboat.cli.output.Units;
import dev.lifeboat.cli.wiring.Restorers;
import dev.lifeboat.cli.wiring.Snapshots;
import dev.lifeboat.cli.wiring.Workspace;
import dev.lifeboat.restore.Restore;
import dev.lifeboat.restore.RestoreFailure;
import dev.lifeboat.restore.RestorePreview;
import dev.lifeboat.restore.RestoreReport;
import dev.lifeboat.restore.RestoreRequest;
import dev.lifeboat.restore.Selection;
import dev.lifeboat.sources.Comparison;
import dev.lifeboat.sources.Restorer;
import dev.lifeboat.sources.directory.Outcome;
import dev.lifeboat.sources.directory.Overwrite;
import dev.lifeboat.sources.directory.WriteWarning;
import dev.lifeboat.sources.posix.RawPath;
import dev.lifeboat.vault.snapshot.SnapshotRecord;
import dev.lifeboat.vault.snapshot.SnapshotView;
import dev.lifeboat.vault.tree.TreePath;
import java.net.URI;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;

/** {@code lifeboat restore}. */
@CommandLine.Command(
    name = "restore",
    description = {
      "Bring a snapshot back, or a part of it. Needs the recovery kit.",
      "Nothing that exists is replaced unless --overwrite says so."
    })
public final class RestoreCommand extends Command {
  private static final int SHOWN = 20;

  @CommandLine.Mixin private final SnapshotOptions snapshot = new SnapshotOptions();

  @CommandLine.Parameters(
      index = "1..*",
      arity = "0..*",
      paramLabel = "PATH",
      description =
          "Only these and what is below them. Of a database: DATABASE or DATABASE/SCHEMA.TABLE.")
  private List<String> paths = List.of();

  @CommandLine.Option(
      names = "--to",
      required = true,
      paramLabel = "TARGET",
      description = {
        "A directory, which becomes the snapshot's root; or a running target:",
        "postgres://USER@HOST:PORT/, jdbc:h2:…, git-bare:DIR, git-clone:DIR."
      })
  private String target = "";

  @CommandLine.Option(
      names = "--include",
      paramLabel = "PATTERN",
      description = "Only what matches, as in .gitignore; may be given again.")
  private List<String> include = List.of();

  @CommandLine.Option(
      names = "--exclude",
      paramLabel = "PATTERN",
      description = "Not what matches, as in .gitignore; may be given again.")
  private List<String> exclude = List.of();

  @CommandLine.Option(
      names = "--overwrite",
      paramLabel = "never|if-newer|always",
      defaultValue = "never",
      description = "What may be replaced in the target (default: ${DEFAULT-VALUE}).")
  private String overwrite = "never";

  @CommandLine.Option(
      names = "--verify",
      description = "Read every file back after it was written, and compare it.")
  private boolean verify;

  @CommandLine.Option(
      names = "--check",
      description =
          "Compare what was brought back with the facts that were sealed at backup time; all of a snapshot only.")
  private boolean check;

  @CommandLine.Option(
      names = "--password-env",
      paramLabel = "VARIABLE",
      description = "Environment variable with the password of a running target.")
  private @Nullable String passwordVariable;

  @CommandLine.Option(
      names = "--threads",
      paramLabel = "N",
      description = "Packs fetched and written at once (default: number of cores).")
  private int threads = Runtime.getRuntime().availableProcessors();

  RestoreCommand(Invocation invocation) {
    super(invocation);
  }

  @Override
  ExitCode execute() throws Exception {
    Selection selection = selection();
    Overwrite policy = policy();
    if (check && !selection.isAll()) {
      throw new CliException(
          ExitCode.USAGE, "--check compares a whole snapshot: leave out paths and patterns");
    }
    if (threads < 1) {
      throw new CliException(ExitCode.USAGE, "--threads: at least 1");
    }
    try (Workspace workspace = Workspace.open(invocation())) {
      SnapshotRecord record = snapshot.find(workspace);
      try (SnapshotView view = new Snapshots(workspace).open(record)) {
        if (!view.header().complete()) {
          invocation()
              .say(
                  "snapshot %s is partial: %d things could not be backed up (lifeboat ls shows what is there)"
                      .formatted(record.header().id(), view.problems().size()));
        }
        Optional<URI> running = Restorers.uri(target);
        return running.isPresent()
            ? intoRunning(workspace, view, running.get(), policy)
            : intoDirectory(workspace, view, selection, policy);
      }
    }
  }

  private Selection selection() {
    try {
      return Selection.of(
          paths.stream().map(path -> TreePath.of(RawArguments.bytes(path))).toList(),
          include,
          exclude);
    } catch (IllegalArgumentException e) {
      throw new CliException(ExitCode.USAGE, String.valueOf(e.getMessage()));
    }
  }

  private Overwrite policy() {
    return switch (overwrite) {
      case "never" -> Overwrite.NEVER;
      case "if-newer" -> Overwrite.IF_NEWER;
      case "always" -> Overwrite.ALWAYS;
      default ->
          throw new CliException(
              ExitCode.USAGE, "--overwrite %s: say never, if-newer or always".formatted(overwrite));
    };
  }

  private ExitCode intoDirectory(
      Workspace workspace, SnapshotView view, Selection selection, Overwrite policy)
      throws Exception {
    RawPath directory =
        RawPath.of(workspace.environment().directory())
            .resolve(RawPath.of(RawArguments.bytes(target)));
    RestoreRequest request =
        new RestoreRequest(directory, selection, policy, verify, false, threads);
    if (dryRun()) {
      RestorePreview preview = Restore.preview(view, request);
      if (json()) {
        printJson(fields(preview));
      } else {
        show(preview);
      }
      return preview.failures().isEmpty() ? ExitCode.DONE : ExitCode.FAILED;
    }
    RestoreReport report;
    try (RestoreMeter meter = new RestoreMeter(invocation())) {
      report = Restore.run(view, request, meter);
    }
    Optional<Comparison> comparison =
        check && report.complete()
            ? Optional.of(
                new Restorers(workspace).compare(view, directory.toUri(), Optional.empty()))
            : Optional.empty();
    if (json()) {
      printJson(fields(report, comparison));
    } else {
      show(report, directory);
      comparison.ifPresent(this::show);
    }
    if (!report.failures().isEmpty()) {
      return ExitCode.FAILED;
    }
    if (!report.skipped().isEmpty()) {
      return ExitCode.INCOMPLETE;
    }
    return comparison.map(Comparison::proves).orElse(true) ? ExitCode.DONE : ExitCode.UNPROVEN;
  }

  private ExitCode intoRunning(Workspace workspace, SnapshotView view, URI uri, Overwrite policy)
      throws Exception {
    if (!include.isEmpty() || !exclude.isEmpty()) {
      throw new CliException(
          ExitCode.USAGE, "--include and --exclude choose files: they do not go with " + uri);
    }
    Restorers restorers = new Restorers(workspace);
    Restorer restorer = restorers.of(view.header().source(), uri);
    if (dryRun()) {
      print(
          "would bring %s snapshot %s of %s back into %s"
              .formatted(view.header().source(), view.header().id(), view.header().dataset(), uri));
      return ExitCode.DONE;
    }
    List<TreePath> chosen =
        paths.stream().map(path -> TreePath.of(RawArguments.bytes(path))).toList();
    restorers.bringBack(restorer, view, chosen, uri, Optional.ofNullable(passwordVariable), policy);
    Optional<Comparison> comparison =
        check
            ? Optional.of(restorers.compare(view, uri, Optional.ofNullable(passwordVariable)))
            : Optional.empty();
    if (json()) {
      Map<String, Object> fields = new LinkedHashMap<>();
      fields.put("target", uri.toString());
      fields.put("complete", true);
      comparison.ifPresent(found -> fields.put("check", fields(found)));
      printJson(fields);
    } else {
      print("brought %s back into %s".formatted(view.header().dataset(), uri));
      comparison.ifPresent(this::show);
    }
    return comparison.map(Comparison::proves).orElse(true) ? ExitCode.DONE : ExitCode.UNPROVEN;
  }

  private void show(RestorePreview preview) {
    print(
        "would restore %s files, %s directories, %s others and %s further names: %s from %s packs (%s frames)"
            .formatted(
                Units.count(preview.files()),
                Units.count(preview.directories()),
                Units.count(preview.others()),
                Units.count(preview.links()),
                Units.bytes(preview.bytes()),
                Units.count(preview.packs()),
                Units.count(preview.frames())));
    preview.freeBytes().ifPresent(free -> print("free in the target: " + Units.bytes(free)));
    preview
        .estimate()
        .ifPresent(time -> print("estimated from a sample: about " + Units.duration(time)));
    if (!preview.conflicts().isEmpty()) {
      print("%d files exist and differ:".formatted(preview.conflicts().size()));
      preview.conflicts().stream().limit(SHOWN).forEach(path -> print("  " + path));
    }
    show(preview.failures());
  }

  private void show(RestoreReport report, RawPath directory) {
    print(
        "restored to %s: %s files written, %s found equal, %s directories, %s others, %s further names; %s written, %s reused"
            .formatted(
                directory,
                Units.count(report.files()),
                Units.count(report.unchangedFiles()),
                Units.count(report.directories()),
                Units.count(report.others()),
                Units.count(report.links()),
                Units.bytes(report.bytesWritten()),
                Units.bytes(report.bytesReused())));
    for (WriteWarning warning : report.warnings()) {
      print(
          "warning: %s not taken by the target, %d times, for example %s"
              .formatted(
                  warning.kind().name().toLowerCase(Locale.ROOT).replace('_', ' '),
                  warning.count(),
                  String.join("; ", warning.examples())));
    }
    if (!report.skipped().isEmpty()) {
      print("%d left alone:".formatted(report.skipped().size()));
      for (Outcome.Skipped skipped : report.skipped().stream().limit(SHOWN).toList()) {
        print(
            "  %s: %s"
                .formatted(
                    skipped.path(),
                    skipped.reason().name().toLowerCase(Locale.ROOT).replace('_', ' ')));
      }
    }
    show(report.failures());
  }

  private void show(List<RestoreFailure> failures) {
    if (!failures.isEmpty()) {
      print("%d could NOT be restored:".formatted(failures.size()));
      failures.stream()
          .limit(SHOWN)
          .forEach(failure -> print("  %s: %s".formatted(failure.path(), failure.reason())));
    }
  }

  private void show(Comparison comparison) {
    for (Comparison.Difference difference : comparison.differences()) {
      print(
          "DIFFERENT: %s: expected %s, found %s"
              .formatted(
                  difference.fact(),
                  difference.expected().orElse("nothing"),
                  difference.found().orElse("nothing")));
    }
    print(
        comparison.proves()
            ? "checked: all %d facts sealed at backup time are as expected"
                .formatted(comparison.compared())
            : "checked: %d of %d facts differ"
                .formatted(comparison.differences().size(), comparison.compared()));
  }

  private static Map<String, Object> fields(RestorePreview preview) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("files", preview.files());
    fields.put("directories", preview.directories());
    fields.put("others", preview.others());
    fields.put("links", preview.links());
    fields.put("bytes", preview.bytes());
    fields.put("packs", preview.packs());
    fields.put("frames", preview.frames());
    fields.put("freeBytes", preview.freeBytes().orElse(null));
    fields.put("estimatedSeconds", preview.estimate().map(e -> e.toMillis() / 1000.0).orElse(null));
    fields.put("conflicts", preview.conflicts());
    fields.put("failures", preview.failures().stream().map(RestoreCommand::fields).toList());
    return fields;
  }

  private static Map<String, Object> fields(RestoreReport report, Optional<Comparison> comparison) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("complete", report.complete());
    fields.put("files", report.files());
    fields.put("unchangedFiles", report.unchangedFiles());
    fields.put("directories", report.directories());
    fields.put("others", report.others());
    fields.put("links", report.links());
    fields.put("bytesWritten", report.bytesWritten());
    fields.put("bytesReused", report.bytesReused());
    fields.put(
        "skipped",
        report.skipped().stream()
            .map(s -> Map.of("path", s.path().toString(), "reason", s.reason().name()))
            .toList());
    fields.put(
        "warnings",
        report.warnings().stream()
            .map(w -> Map.of("kind", w.kind().name(), "count", w.count(), "examples", w.examples()))
            .toList());
    fields.put("failures", report.failures().stream().map(RestoreCommand::fields).toList());
    comparison.ifPresent(found -> fields.put("check", fields(found)));
    return fields;
  }

  private static Map<String, Object> fields(RestoreFailure failure) {
    return Map.of("path", failure.path().toString(), "reason", failure.reason());
  }

  private static Map<String, Object> fields(Comparison comparison) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("proven", comparison.proves());
    fields.put("compared", comparison.compared());
    fields.put(
        "differences",
        comparison.differences().stream()
            .map(d -> {
              Map<String, Object> difference = new LinkedHashMap<>();
              difference.put("fact", d.fact());
              difference.put("expected", d.expected().orElse(null));
              difference.put("found", d.found().orElse(null));
              return difference;
            })
            .toList());
    return fields;
  }
}
