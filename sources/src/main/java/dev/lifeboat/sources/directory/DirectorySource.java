package dev.lifeboat.sources.directory;

import dev.lifeboat.sources.CaptureContext;
import dev.lifeboat.sources.Progress;
import dev.lifeboat.sources.Source;
import dev.lifeboat.sources.SourceException;
import dev.lifeboat.sources.posix.Accounts;
import dev.lifeboat.sources.posix.Descriptor;
import dev.lifeboat.sources.posix.Errno;
import dev.lifeboat.sources.posix.FileStatus;
import dev.lifeboat.sources.posix.PosixException;
import dev.lifeboat.sources.posix.RawPath;
import dev.lifeboat.vault.snapshot.Captured;
import dev.lifeboat.vault.snapshot.Expectations;
import dev.lifeboat.vault.snapshot.Problem;
import dev.lifeboat.vault.snapshot.SnapshotSink;
import dev.lifeboat.vault.tree.TreePath;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Captures a directory tree: {@code docs/sources/directory.md} says what is preserved and what
 * makes a snapshot partial.
 */
public final class DirectorySource implements Source {
  public static final String KIND = "directory";

  static final int FACTS_VERSION = 1;
  static final String SPARSE_FACT = "sparse/";

  /** An empty root after so many files is rather a missing mount than a clean-up. */
  private static final int SUSPICIOUS_FILES = 10;

  /** Each has buffers of some MiB of its own. */
  private static final int MOST_READERS = 8;

  private static final byte[] CLOCK_NAME =
      "clock".getBytes(java.nio.charset.StandardCharsets.US_ASCII);
  private static final System.Logger LOG = System.getLogger(DirectorySource.class.getName());

  private final DirectorySettings settings;

  public DirectorySource(DirectorySettings settings) {
    this.settings = settings;
  }

  @Override
  public String kind() {
    return KIND;
  }

  @Override
  public Captured capture(CaptureContext context) throws SourceException, InterruptedException {
    Instant time = context.clock().instant();
    Excludes excludes = excludes();
    Descriptor root = openRoot(settings.root());
    FileCache.Opened opened = FileCache.open(context.state(), settings.root());
    if (!opened.note().isEmpty()) {
      LOG.log(
          System.Logger.Level.DEBUG,
          "{0}: {1}; every file is read",
          settings.root(),
          opened.note());
    }
    try (FileCache cache = opened.cache();
        FileCacheWriter newCache = newCache(context.state())) {
      Walk.Result result =
          walk(root, excludes, context.sink(), context.progress(), cache, newCache, null);
      List<Problem> problems = new ArrayList<>(result.tally().problems());
      boolean suspicious =
          result.rootEntries() == 0 && cache != null && cache.files() >= SUSPICIOUS_FILES;
      if (suspicious && cache != null) {
        problems.addFirst(
            new Problem(
                "/",
                Problem.Kind.UNREADABLE,
                ("%s is empty, where there were %d files before: is its file system mounted?"
                        + " If it is to be empty, remove %s")
                    .formatted(
                        settings.root(),
                        cache.files(),
                        context.state().resolve(FileCacheFormat.FILE_NAME))));
      } else if (newCache != null) {
        keep(newCache, result.accounts());
      }
      return new Captured(
          time,
          result.rootAttributes(),
          result.root(),
          result.tally().counts(),
          expectations(result),
          problems,
          new TreeMap<>());
    } catch (IOException e) {
      // Only closing the caches throws this; all is captured, but then nothing was returned.
      throw new SourceException.Failed(
          "the file cache in %s cannot be closed: %s".formatted(context.state(), e.getMessage()),
          e);
    }
  }

  private void keep(FileCacheWriter newCache, Accounts accounts) {
    try {
      newCache.finish(accounts);
    } catch (IOException e) {
      LOG.log(
          System.Logger.Level.WARNING,
          "{0}: the file cache cannot be written, the next capture reads every file: {1}",
          settings.root(),
          e.getMessage());
    }
  }

  /** Without a new cache the next capture takes longer, and that is all. */
  private @Nullable FileCacheWriter newCache(Path state) {
    try {
      FileStatus now = clock(state);
      return new FileCacheWriter(state, settings.root(), now.ctimeSeconds(), now.ctimeNanos());
    } catch (IOException e) {
      LOG.log(
          System.Logger.Level.WARNING,
          "{0}: no file cache can be kept, the next capture reads every file: {1}",
          settings.root(),
          e.getMessage());
      return null;
    }
  }

  /**
   * What time it is for files. The clock of the context may be any; whether a file may have changed
   * since it was read is decided by the clock that stamps files.
   */
  private static FileStatus clock(Path state) throws IOException {
    try (Descriptor directory = Descriptor.openDirectory(RawPath.of(state))) {
      if (directory.status(CLOCK_NAME) != null) {
        directory.unlink(CLOCK_NAME);
      }
      try (Descriptor file = directory.create(CLOCK_NAME)) {
        return file.status();
      } finally {
        directory.unlink(CLOCK_NAME);
      }
    }
  }

  private Excludes excludes() throws SourceException {
    List<byte[]> lines = new ArrayList<>();
    settings
        .exclude()
        .forEach(line -> lines.add(line.getBytes(java.nio.charset.StandardCharsets.UTF_8)));
    for (RawPath file : settings.excludeFrom()) {
      try {
        lines.addAll(PatternFile.read(file));
      } catch (IOException e) {
        throw new SourceException.Refused(
            "the exclude file %s cannot be read: %s; mend it or take it out of excludeFrom"
                .formatted(file, e.getMessage()));
      }
    }
    try {
      return Excludes.compileBytes(lines);
    } catch (IllegalArgumentException e) {
      throw new SourceException.Refused(
          "the excludes of %s cannot be used: %s".formatted(settings.root(), e.getMessage()));
    }
  }

  private static Descriptor openRoot(RawPath root) throws SourceException {
    try {
      return Descriptor.openDirectory(root);
    } catch (PosixException e) {
      String remedy =
          e.is(Errno.ENOENT)
              ? "there is no such directory: is its file system mounted?"
              : e.is(Errno.ENOTDIR) ? "it is not a directory" : e.getMessage();
      throw new SourceException.Unreachable(
          "directory %s cannot be opened: %s".formatted(root, remedy), e);
    }
  }

  private Walk.Result walk(
      Descriptor root,
      Excludes excludes,
      SnapshotSink sink,
      Progress progress,
      @Nullable FileCache cache,
      @Nullable FileCacheWriter newCache,
      @Nullable Set<TreePath> expectedSparse)
      throws SourceException, InterruptedException {
    try (Crew crew = crew()) {
      return new Walk(settings, excludes, sink, progress, cache, newCache, expectedSparse, crew)
          .run(root);
    } catch (PosixException e) {
      throw new SourceException.Unreachable(
          "directory %s cannot be read: %s".formatted(settings.root(), e.getMessage()), e);
    }
  }

  private Crew crew() {
    int cores = Runtime.getRuntime().availableProcessors();
    return settings.workers().isPresent()
        ? new Crew(settings.workers().getAsInt(), settings.workers().getAsInt())
        : new Crew(cores, Math.max(cores, MOST_READERS));
  }

  /** Takes the facts of a restored tree, hashing those files as sparse that were so at capture. */
  Expectations measure(SnapshotSink sink, Progress progress, Set<TreePath> expectedSparse)
      throws SourceException, InterruptedException {
    Descriptor root = openRoot(settings.root());
    Walk.Result result =
        walk(root, Excludes.compile(List.of()), sink, progress, null, null, expectedSparse);
    return expectations(result);
  }

  private static Expectations expectations(Walk.Result result) {
    Tally tally = result.tally();
    SortedMap<String, String> facts = new TreeMap<>();
    SortedMap<String, String> limits = new TreeMap<>();
    facts.put("files", Long.toString(tally.files.sum()));
    facts.put("directories", Long.toString(tally.directories.sum()));
    facts.put("symlinks", Long.toString(tally.symlinks.sum()));
    facts.put("specials", Long.toString(tally.specials.sum()));
    facts.put("bytes", Long.toString(tally.size.sum()));
    facts.put("hard-link-groups", Long.toString(result.linkGroups()));
    if (tally.tooManySparse()) {
      String reason = "more than %d files with holes".formatted(Tally.MOST_SPARSE);
      limits.put("content-hash", reason);
      limits.put("root-hash", reason);
    } else {
      tally
          .sparse()
          .forEach((path, digest) ->
              facts.put(SPARSE_FACT + path, HexFormat.of().formatHex(digest.toBytes())));
      facts.put("content-hash", TreeHash.contentHash(result.hashes()));
      facts.put(
          "root-hash", TreeHash.rootHash(result.rootAttributes(), result.hashes(), result.links()));
    }
    return new Expectations(KIND, FACTS_VERSION, facts, limits);
  }
}
