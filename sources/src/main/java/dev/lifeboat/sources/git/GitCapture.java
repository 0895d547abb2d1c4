package dev.lifeboat.sources.git;

import dev.lifeboat.sources.CaptureContext;
import dev.lifeboat.sources.SourceException;
import dev.lifeboat.sources.git.RepositoryFailure.DamagedMirror;
import dev.lifeboat.vault.Digest;
import dev.lifeboat.vault.snapshot.Captured;
import dev.lifeboat.vault.snapshot.Expectations;
import dev.lifeboat.vault.snapshot.Problem;
import dev.lifeboat.vault.tree.Node;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import org.eclipse.jgit.lib.ObjectId;
import org.eclipse.jgit.lib.Repository;

/** One night of a git dataset. */
final class GitCapture {
  private static final int SHOWN_FAILURES = 5;

  private final GitSettings settings;
  private final CaptureContext context;
  private final Path mirrors;
  private final PackConsolidation consolidation;
  private final MirrorUpdate update;
  private final MirrorRebuild rebuild;
  private final LfsFetch lfs;
  private final ContentCache cache;
  private final OriginNames names;
  private final MirrorCapture capture;
  private final List<Problem> problems = new ArrayList<>();
  private final List<Node> repositories = new ArrayList<>();
  private final TreeMap<String, String> facts = new TreeMap<>();
  private final TreeMap<String, String> limits = new TreeMap<>();
  private int reached;

  GitCapture(GitSettings settings, Connections connections, CaptureContext context, int mostPacks)
      throws IOException {
    this.settings = settings;
    this.context = context;
    this.mirrors = context.state().resolve("mirrors");
    this.consolidation = new PackConsolidation(mostPacks);
    this.update = new MirrorUpdate(connections, context.clock(), settings.lfs());
    this.rebuild = new MirrorRebuild(connections, update, context.clock());
    this.lfs = new LfsFetch(connections, context.progress());
    this.cache = new ContentCache(context.state().resolve("contents.cache"));
    this.names = new OriginNames(context.state().resolve("origins"));
    this.capture = new MirrorCapture(context.sink(), cache, context.progress());
  }

  Captured run() throws SourceException, InterruptedException, IOException {
    Instant time = context.clock().instant();
    Map<String, Origin> origins = origins();
    for (var origin : origins.entrySet()) {
      if (Thread.interrupted()) {
        throw new InterruptedException("backup of " + origin.getKey());
      }
      context.progress().at(origin.getKey());
      night(origin.getKey(), origin.getValue());
      context.progress().items(1);
    }
    keepVanished(origins);
    if (reached == 0) {
      throw new SourceException.Unreachable(reasons(), null);
    }
    cache.save();
    facts.put("repositories", Integer.toString(repositories.size()));
    if (!settings.lfs()) {
      limits.put("lfs", "objects of Git LFS are not backed up: turned off in the configuration");
    }
    SortedMap<String, String> tools = new TreeMap<>();
    tools.put(
        "jgit",
        Optional.ofNullable(Repository.class.getPackage().getImplementationVersion()).orElse("7"));
    return new Captured(
        time,
        MirrorCapture.directoryAttributes(),
        context.sink().storeDirectory(repositories),
        capture.counts(),
        new Expectations(GitSource.KIND, RepositoryFacts.VERSION, facts, limits),
        problems,
        tools);
  }

  /** All origins by the names of their mirrors, URLs first, in the order of the configuration. */
  private Map<String, Origin> origins() throws IOException {
    RepositoryFinder finder = new RepositoryFinder(settings.depth());
    for (Path directory : settings.directories()) {
      try {
        finder.search(directory);
      } catch (RepositoryFailure e) {
        problems.add(new Problem(directory.toString(), e.kind(), String.valueOf(e.getMessage())));
      }
    }
    problems.addAll(finder.problems());
    Map<String, Origin> origins = new LinkedHashMap<>();
    for (GitUrl url : settings.urls()) {
      origins.put(names.nameOf(url), Origin.of(url));
    }
    for (Origin found : finder.found()) {
      origins.putIfAbsent(names.nameOf(found.url()), found);
    }
    return origins;
  }

  /** Whatever goes wrong with one repository is a problem of it alone. */
  private void night(String name, Origin origin) throws InterruptedException, IOException {
    Mirror mirror = Mirror.prepare(name, mirrors.resolve(name), origin.url());
    boolean damaged = false;
    try {
      try {
        MirrorCapture.requireInventory(mirror, cache);
        problems.addAll(update.run(mirror, origin));
      } catch (DamagedMirror e) {
        damaged = true;
        remake(mirror, origin, e);
        damaged = false;
      }
      reached++;
    } catch (RepositoryFailure e) {
      problems.add(new Problem(name, e.kind(), String.valueOf(e.getMessage())));
      if (damaged || (mirror.refs().isEmpty() && !names(cache).contains(name))) {
        return;
      }
      limits.put(
          RepositoryFacts.key(name, "state"),
          "as of the last night on which its origin could be fetched");
    }
    try {
      if (settings.lfs()) {
        problems.addAll(lfs.run(mirror, origin));
      }
      consolidation.run(mirror, cache);
      try {
        store(mirror, origin.url());
      } catch (DamagedMirror e) {
        remake(mirror, origin, e);
        store(mirror, origin.url());
      }
    } catch (RepositoryFailure e) {
      problems.add(new Problem(name, e.kind(), String.valueOf(e.getMessage())));
    } catch (DamagedMirror | IOException e) {
      problems.add(
          new Problem(
              name,
              Problem.Kind.UNREADABLE,
              "mirror %s cannot be read: %s".formatted(mirror.directory(), e.getMessage())));
    }
  }

  private void remake(Mirror mirror, Origin origin, DamagedMirror why)
      throws RepositoryFailure, InterruptedException {
    cache.forgetAll(mirror.name() + "/objects/");
    problems.addAll(rebuild.run(mirror, origin, why));
  }

  private static Set<String> names(ContentCache cache) {
    Set<String> names = new HashSet<>();
    cache.files("").keySet().forEach(path -> names.add(path.substring(0, path.indexOf('/'))));
    return names;
  }

  private void store(Mirror mirror, GitUrl origin)
      throws IOException, DamagedMirror, InterruptedException {
    repositories.add(capture.store(mirror, origin, settings.lfs()));
    factsOf(mirror)
        .forEach((fact, value) -> facts.put(RepositoryFacts.key(mirror.name(), fact), value));
  }

  /** Counting needs the whole history, so the counts of an unchanged mirror are remembered. */
  private SortedMap<String, String> factsOf(Mirror mirror) throws IOException {
    SortedMap<String, String> facts = new TreeMap<>(RepositoryFacts.cheap(mirror.directory()));
    if (!settings.lfs()) {
      facts.put("lfs/objects", "0");
      facts.put("lfs/bytes", "0");
    }
    MessageDigest digest = Digest.sha256();
    digest.update(facts.toString().getBytes(StandardCharsets.UTF_8));
    RepositoryFacts.packs(mirror.directory())
        .forEach(
            pack -> digest.update(pack.getFileName().toString().getBytes(StandardCharsets.UTF_8)));
    String state = HexFormat.of().formatHex(digest.digest());
    Path remembered = context.state().resolve("counts").resolve(mirror.name());
    List<String> lines = Files.exists(remembered) ? Files.readAllLines(remembered) : List.of();
    if (lines.size() == 3 && lines.getFirst().equals(state)) {
      facts.put("objects", lines.get(1));
      facts.put("commits", lines.get(2));
    } else {
      facts.putAll(RepositoryFacts.counts(mirror.directory()));
      Files.createDirectories(remembered.getParent());
      DurableFiles.write(
          remembered,
          "%s\n%s\n%s\n"
              .formatted(state, facts.get("objects"), facts.get("commits"))
              .getBytes(StandardCharsets.UTF_8));
    }
    facts.put("fsck", "clean");
    try (Repository repository = mirror.open()) {
      ObjectId tree = repository.resolve("HEAD^{tree}");
      if (tree != null) {
        facts.put("clone", tree.name());
      }
    }
    return facts;
  }

  /**
   * Repositories that were found below a configured directory before and are not any more: the last
   * state of each stays in the snapshots until somebody says that it may go.
   */
  private void keepVanished(Map<String, Origin> origins) throws InterruptedException, IOException {
    for (var known : new TreeMap<>(names.all()).entrySet()) {
      String name = known.getValue();
      GitUrl url = GitUrl.local(Path.of("/"));
      Path place = Path.of("/");
      try {
        if (origins.containsKey(name) || !known.getKey().startsWith("file://")) {
          continue;
        }
        place = Path.of(known.getKey().substring("file://".length()));
        url = GitUrl.local(place);
      } catch (java.nio.file.InvalidPathException e) {
        continue;
      }
      Path repository = place;
      Path directory = mirrors.resolve(name);
      boolean ours =
          settings.directories().stream()
              .anyMatch(root -> repository.startsWith(root.toAbsolutePath().normalize()));
      if (!ours || !Files.isDirectory(directory)) {
        continue;
      }
      problems.add(
          new Problem(
              name,
              Problem.Kind.VANISHED,
              "%s is no repository any more; its last state is kept. To let it go, remove %s"
                  .formatted(repository, directory)));
      limits.put(RepositoryFacts.key(name, "state"), "its origin is gone; its last known state");
      Mirror mirror = Mirror.prepare(name, directory, url);
      try {
        MirrorCapture.requireInventory(mirror, cache);
        store(mirror, url);
      } catch (DamagedMirror | IOException e) {
        problems.add(
            new Problem(
                name,
                Problem.Kind.UNREADABLE,
                "mirror %s is damaged and its origin is gone: %s. Earlier snapshots have it"
                    .formatted(directory, e.getMessage())));
      }
    }
  }

  private String reasons() {
    Set<String> reasons = new TreeSet<>();
    problems.forEach(problem -> reasons.add(problem.detail()));
    StringBuilder text = new StringBuilder("no repository could be fetched: ");
    int shown = 0;
    for (String reason : reasons) {
      if (shown++ == SHOWN_FAILURES) {
        text.append("; and %d more".formatted(reasons.size() - SHOWN_FAILURES));
        break;
      }
      text.append(shown == 1 ? "" : "; ").append(reason);
    }
    return text.toString();
  }
}
