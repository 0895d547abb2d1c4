package dev.lifeboat.cli.wiring;

import dev.lifeboat.cli.CliException;
import dev.lifeboat.cli.ExitCode;
import dev.lifeboat.cli.config.DatasetSection;
import dev.lifeboat.restore.Restore;
import dev.lifeboat.restore.RestoreProgress;
import dev.lifeboat.restore.RestoreReport;
import dev.lifeboat.restore.RestoreRequest;
import dev.lifeboat.restore.Selection;
import dev.lifeboat.sources.Comparison;
import dev.lifeboat.sources.SourceException;
import dev.lifeboat.sources.directory.Overwrite;
import dev.lifeboat.sources.posix.RawPath;
import dev.lifeboat.vault.VaultException;
import dev.lifeboat.vault.engine.SnapshotListing;
import dev.lifeboat.vault.seal.TenantName;
import dev.lifeboat.vault.snapshot.SnapshotRecord;
import dev.lifeboat.vault.snapshot.SnapshotView;
import dev.lifeboat.verify.drill.DatasetOrder;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/** Everything brought back, for good: what a drill tries out, done in earnest. */
public final class Recovery {
  private static final String POSTGRES = "postgres";
  private static final String GIT = "git";
  private static final String H2 = "h2";

  private final Workspace workspace;
  private final Path directory;
  private final Optional<URI> server;
  private final Optional<String> passwordVariable;
  private final boolean archives;

  /**
   * A recovery.
   *
   * @param directory for all that are files, made if it is missing
   * @param server that takes the databases of PostgreSQL
   * @param archives whether those may come as files instead
   */
  public Recovery(
      Workspace workspace,
      Path directory,
      Optional<URI> server,
      Optional<String> passwordVariable,
      boolean archives) {
    this.workspace = workspace;
    this.directory = directory.toAbsolutePath().normalize();
    this.server = server;
    this.passwordVariable = passwordVariable;
    this.archives = archives;
  }

  /**
   * One dataset.
   *
   * @param target a running one, or a directory
   */
  public record Step(SnapshotRecord record, URI target) {
    /** {@code tenant/dataset}. */
    public String id() {
      return idOf(record);
    }
  }

  /**
   * What is to be done.
   *
   * @param warnings why this may be less than there was, in words
   */
  public record Plan(List<Step> steps, List<String> warnings) {
    public Plan {
      steps = List.copyOf(steps);
      warnings = List.copyOf(warnings);
    }
  }

  /**
   * What came of it.
   *
   * @param comparison with what was sealed; absent if it did not get that far, or if what came back
   *     is archives that only a server can tell more of
   * @param failure why it is not back
   */
  public record Done(
      Step step, Duration took, Optional<Comparison> comparison, Optional<String> failure) {
    /** Whether it is back, and what was sealed. */
    public boolean proven() {
      return failure.isEmpty() && comparison.map(Comparison::proves).orElse(false);
    }
  }

  private static String idOf(SnapshotRecord record) {
    return record.header().tenant() + "/" + record.header().dataset();
  }

  /**
   * Finds what there is, and refuses what cannot be done before anything is changed.
   *
   * @param only {@code name} or {@code tenant/name}; empty for all
   * @param at the time of which the state is wanted; absent for the newest
   */
  public Plan plan(List<String> only, Optional<Instant> at) throws IOException {
    List<String> warnings = new ArrayList<>();
    Map<String, SnapshotRecord> chosen = new TreeMap<>();
    for (TenantName tenant : workspace.knownTenants()) {
      SnapshotListing listing = workspace.vault().list(workspace.writeKeys(tenant));
      listing
          .unlisted()
          .forEach((region, why) ->
              warnings.add("region %s cannot be listed: %s".formatted(region, why.getMessage())));
      listing
          .unreadable()
          .forEach(one ->
              warnings.add(
                  "tenant %s: a snapshot cannot be read, and may have been the newest: %s"
                      .formatted(tenant, one.why().getMessage())));
      for (SnapshotRecord record : listing.snapshots()) {
        boolean wanted =
            (only.isEmpty()
                    || only.contains(idOf(record))
                    || only.contains(record.header().dataset().value()))
                && at.filter(limit -> record.header().time().isAfter(limit)).isEmpty();
        if (wanted) {
          chosen.merge(idOf(record), record, Recovery::better);
        }
      }
    }
    missing(only, chosen.keySet());
    List<Step> steps = new ArrayList<>();
    for (String id : DatasetOrder.of(List.copyOf(chosen.keySet()), needs())) {
      SnapshotRecord record = chosen.get(id);
      if (record != null) {
        if (!record.header().complete()) {
          warnings.add(
              "%s: no snapshot is complete; the newest lacks %d things"
                  .formatted(id, record.header().counts().problems()));
        }
        steps.add(new Step(record, target(record)));
      }
    }
    return new Plan(steps, warnings);
  }

  /** A complete one before one that is not, and then the newer one. */
  private static SnapshotRecord better(SnapshotRecord before, SnapshotRecord next) {
    if (before.header().complete() != next.header().complete()) {
      return before.header().complete() ? before : next;
    }
    return next.header().time().isBefore(before.header().time()) ? before : next;
  }

  private static void missing(List<String> only, Set<String> found) {
    if (found.isEmpty() && only.isEmpty()) {
      throw new VaultException.NotFound(
          "the regions hold no snapshot: there is nothing to recover");
    }
    Set<String> absent = new LinkedHashSet<>(only);
    absent.removeIf(
        name -> found.stream().anyMatch(id -> id.equals(name) || id.endsWith("/" + name)));
    if (!absent.isEmpty()) {
      throw new VaultException.NotFound(
          "there is no snapshot of %s; lifeboat list shows those there are"
              .formatted(String.join(", ", absent)));
    }
  }

  private Map<String, List<String>> needs() {
    Map<String, List<String>> needs = new LinkedHashMap<>();
    for (DatasetSection dataset : workspace.configuration().datasets()) {
      needs.put(dataset.id(), dataset.needed());
    }
    return needs;
  }

  private URI target(SnapshotRecord record) {
    Path own =
        directory
            .resolve(record.header().tenant().value())
            .resolve(record.header().dataset().value());
    try {
      return switch (record.header().source()) {
        case POSTGRES -> {
          if (server.isEmpty() && !archives) {
            throw new CliException(
                ExitCode.REFUSED,
                "%s is of PostgreSQL: name the server that takes it with --postgres postgres://USER@HOST:PORT/, or take its archives as files with --archives"
                    .formatted(idOf(record)));
          }
          yield server.orElse(own.toUri());
        }
        case H2 -> new URI("jdbc", "h2:file:%s;USER=SA".formatted(own.resolve("database")), null);
        case GIT -> new URI("git-bare", null, own.toString(), null);
        default -> own.toUri();
      };
    } catch (URISyntaxException e) {
      throw new CliException(
          ExitCode.USAGE, "%s cannot be a target: %s".formatted(own, e.getMessage()));
    }
  }

  /** Brings one dataset back and compares it; what went wrong is told, and stops no other. */
  public Done run(Step step, RestoreProgress progress) throws InterruptedException {
    long start = System.nanoTime();
    Optional<Comparison> comparison = Optional.empty();
    Optional<String> failure = Optional.empty();
    try (SnapshotView view = new Snapshots(workspace).open(step.record())) {
      comparison = bringBack(step, view, progress);
    } catch (VaultException | SourceException | IOException e) {
      failure = Optional.of(e.getMessage() == null ? e.toString() : e.getMessage());
    }
    return new Done(step, Duration.ofNanos(System.nanoTime() - start), comparison, failure);
  }

  private Optional<Comparison> bringBack(Step step, SnapshotView view, RestoreProgress progress)
      throws SourceException, IOException, InterruptedException {
    Restorers restorers = new Restorers(workspace);
    String kind = view.header().source();
    URI target = step.target();
    boolean files = "file".equals(target.getScheme());
    Optional<String> password = kind.equals(POSTGRES) ? passwordVariable : Optional.empty();
    if (files || kind.equals(GIT)) {
      // Bare repositories are files too, and as files they are gone on with after an interruption.
      Path own = Path.of(target.getPath());
      Files.createDirectories(own.getParent());
      RestoreReport report =
          Restore.run(
              view,
              new RestoreRequest(
                  RawPath.of(own),
                  Selection.of(List.of(), List.of(), List.of()),
                  Overwrite.NEVER,
                  false,
                  false,
                  Runtime.getRuntime().availableProcessors()),
              progress);
      refuseIncomplete(report);
    } else {
      if (kind.equals(H2)) {
        Files.createDirectories(
            directory
                .resolve(step.record().header().tenant().value())
                .resolve(step.record().header().dataset().value()));
      }
      restorers.bringBack(
          restorers.of(kind, target), view, List.of(), target, password, Overwrite.NEVER);
    }
    return files && kind.equals(POSTGRES)
        ? Optional.empty()
        : Optional.of(restorers.compare(view, target, password));
  }

  private static void refuseIncomplete(RestoreReport report) throws SourceException.Failed {
    if (!report.failures().isEmpty()) {
      throw new SourceException.Failed(
          "%d things could not be restored, the first is %s: %s"
              .formatted(
                  report.failures().size(),
                  report.failures().getFirst().path(),
                  report.failures().getFirst().reason()),
          null);
    }
    if (!report.skipped().isEmpty()) {
      throw new SourceException.Failed(
          "%d things were left alone, the first is %s: %s"
              .formatted(
                  report.skipped().size(),
                  report.skipped().getFirst().path(),
                  report.skipped().getFirst().reason()),
          null);
    }
  }
}
