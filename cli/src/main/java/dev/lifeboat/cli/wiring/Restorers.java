package dev.lifeboat.cli.wiring;

import dev.lifeboat.cli.CliException;
import dev.lifeboat.cli.ExitCode;
import dev.lifeboat.sources.BringBackContext;
import dev.lifeboat.sources.Comparison;
import dev.lifeboat.sources.Progress;
import dev.lifeboat.sources.Restorer;
import dev.lifeboat.sources.Secret;
import dev.lifeboat.sources.SourceException;
import dev.lifeboat.sources.directory.DirectoryRestorer;
import dev.lifeboat.sources.directory.Overwrite;
import dev.lifeboat.sources.git.GitRestorer;
import dev.lifeboat.sources.h2.H2Restorer;
import dev.lifeboat.sources.postgres.PostgresRestorer;
import dev.lifeboat.vault.Directories;
import dev.lifeboat.vault.engine.MeasuringSink;
import dev.lifeboat.vault.snapshot.SnapshotView;
import dev.lifeboat.vault.tree.TreePath;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The ways back of all kinds of sources. */
public final class Restorers {
  private static final Pattern SCHEME = Pattern.compile("([a-z][a-z0-9+.-]+):");
  static final List<Restorer> ALL =
      List.of(
          new DirectoryRestorer(),
          new GitRestorer(),
          new PostgresRestorer(Optional.empty(), Runtime.getRuntime().availableProcessors()),
          new H2Restorer());

  private final Workspace workspace;

  public Restorers(Workspace workspace) {
    this.workspace = workspace;
  }

  /**
   * The target as a URI if it is one and no path of this machine. What follows {@code scheme:} is
   * quoted unless it is {@code //server}: there it is a path, or the driver's business, and may
   * have spaces and percent signs that mean themselves.
   */
  public static Optional<URI> uri(String target) {
    Matcher scheme = SCHEME.matcher(target);
    if (!scheme.lookingAt() || target.startsWith("file:")) {
      return Optional.empty();
    }
    try {
      String rest = target.substring(scheme.end());
      return Optional.of(
          rest.startsWith("//") ? new URI(target) : new URI(scheme.group(1), rest, null));
    } catch (URISyntaxException e) {
      throw new CliException(
          ExitCode.USAGE, "--to %s is no target: %s".formatted(target, e.getMessage()));
    }
  }

  /** The restorer of a kind of source. */
  public Restorer of(String kind) {
    return ALL.stream()
        .filter(restorer -> restorer.kind().equals(kind))
        .findFirst()
        .orElseThrow(() ->
            new CliException(
                ExitCode.REFUSED,
                "this version does not know sources of kind '%s'; its files can be restored to a directory"
                    .formatted(kind)));
  }

  /** The restorer of a kind of source, if it can bring back into this target. */
  public Restorer of(String kind, URI target) {
    Restorer restorer = of(kind);
    if (!restorer.accepts(target)) {
      throw new CliException(
          ExitCode.USAGE,
          "a %s snapshot cannot be brought back into %s; any snapshot can be restored to a directory"
              .formatted(kind, target));
    }
    return restorer;
  }

  /** Brings back into a running target. */
  public void bringBack(
      Restorer restorer,
      SnapshotView view,
      List<TreePath> selection,
      URI target,
      Optional<String> passwordVariable,
      Overwrite overwrite)
      throws SourceException, InterruptedException, IOException {
    try (Scratch scratch = new Scratch(workspace.ensureHome())) {
      restorer.bringBack(
          view,
          selection,
          target,
          context(scratch, passwordVariable, overwrite == Overwrite.ALWAYS));
    }
  }

  /** Compares what was brought back with what was sealed. */
  public Comparison compare(SnapshotView view, URI target, Optional<String> passwordVariable)
      throws SourceException, InterruptedException, IOException {
    Restorer restorer = of(view.header().source());
    try (Scratch scratch = new Scratch(workspace.ensureHome());
        MeasuringSink measure =
            new MeasuringSink(workspace.writeKeys(view.header().tenant()).getLast())) {
      return Comparison.of(
          view.expectations(),
          restorer.gather(
              target, view.expectations(), measure, context(scratch, passwordVariable, false)));
    }
  }

  private BringBackContext context(
      Scratch scratch, Optional<String> passwordVariable, boolean overwrite) {
    Optional<Secret> password = passwordVariable.map(workspace.secrets()::ofOption);
    return new BringBackContext(
        scratch.directory, workspace.environment().clock(), Progress.NONE, password, overwrite);
  }

  /** A directory for a restorer's temporary files, gone when closed. */
  private static final class Scratch implements AutoCloseable {
    private final Path directory;

    private Scratch(Path home) throws IOException {
      directory = Files.createTempDirectory(home, "scratch-");
    }

    @Override
    public void close() throws IOException {
      Directories.delete(directory);
    }
  }
}
