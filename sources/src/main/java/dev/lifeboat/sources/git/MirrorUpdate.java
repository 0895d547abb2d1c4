package dev.lifeboat.sources.git;

import dev.lifeboat.sources.git.Mirror.RefChange;
import dev.lifeboat.sources.git.RepositoryFailure.DamagedMirror;
import dev.lifeboat.vault.snapshot.Problem;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.eclipse.jgit.errors.ConfigInvalidException;
import org.eclipse.jgit.errors.CorruptObjectException;
import org.eclipse.jgit.errors.IncorrectObjectTypeException;
import org.eclipse.jgit.errors.MissingObjectException;
import org.eclipse.jgit.errors.NoRemoteRepositoryException;
import org.eclipse.jgit.errors.NotSupportedException;
import org.eclipse.jgit.errors.TransportException;
import org.eclipse.jgit.lib.Config;
import org.eclipse.jgit.lib.Constants;
import org.eclipse.jgit.lib.ObjectId;
import org.eclipse.jgit.lib.Ref;
import org.eclipse.jgit.lib.Repository;
import org.eclipse.jgit.revwalk.RevCommit;
import org.eclipse.jgit.revwalk.RevObject;
import org.eclipse.jgit.revwalk.RevWalk;
import org.eclipse.jgit.transport.FetchConnection;
import org.eclipse.jgit.transport.PackLock;
import org.eclipse.jgit.transport.Transport;

/**
 * Brings one mirror up to date with its origin.
 *
 * <p>In this order, so that a crash anywhere leaves a mirror that the next night can go on with:
 * the pack is received and every object in it hashed; everything reachable from the new tips is
 * looked for; LFS pointers are noted; the journal says what becomes of each ref; then all refs
 * change at once. A tip that the origin no longer has, or that its ref no longer contains, stays
 * under {@code refs/lifeboat/kept/}.
 */
final class MirrorUpdate {
  private final Connections connections;
  private final Clock clock;
  private final boolean lfs;

  MirrorUpdate(Connections connections, Clock clock, boolean lfs) {
    this.connections = connections;
    this.clock = clock;
    this.lfs = lfs;
  }

  /** What an origin says it has. */
  private record Advertised(SortedMap<String, ObjectId> refs, Optional<String> head) {}

  /**
   * Fetches.
   *
   * @return what of the origin is not mirrored
   * @throws RepositoryFailure if the origin does not answer as it should; the mirror is as it was
   * @throws DamagedMirror if the mirror lacks what it should have
   */
  List<Problem> run(Mirror mirror, Origin origin)
      throws RepositoryFailure, DamagedMirror, InterruptedException {
    List<Problem> problems = new ArrayList<>();
    try (Repository repository = mirror.open()) {
      SortedMap<String, ObjectId> before = mirror.refs();
      requireTips(repository, before);
      refuseOtherHash(origin);
      problems.addAll(localLimits(mirror, origin));
      Advertised advertised;
      List<PackLock> locks = new ArrayList<>();
      try (Transport transport = connections.transport(repository, origin);
          FetchConnection connection = transport.openFetch()) {
        advertised = read(connection, mirror, problems);
        if (advertised.refs().isEmpty() && before.keySet().stream().anyMatch(ref -> !isOurs(ref))) {
          throw new RepositoryFailure(
              Problem.Kind.UNREADABLE,
              "%s answers without any branch or tag, but had %d before; the last state is kept. If it really was emptied, remove the mirror %s"
                  .formatted(origin.url(), before.size(), mirror.directory()),
              null);
        }
        fetch(connection, advertised.refs().values(), before, locks);
      }
      takeOverShallow(mirror, origin);
      verifyAndNoteLfs(mirror, advertised.refs(), before, problems, origin);
      apply(mirror, advertised, before);
      for (PackLock lock : locks) {
        lock.unlock();
      }
    } catch (NoRemoteRepositoryException e) {
      throw failure(origin, "no repository there, or no permission to see it", e);
    } catch (TransportException e) {
      if (Thread.interrupted()) {
        throw new InterruptedException("fetch of " + origin.url());
      }
      throw transportFailure(origin, e);
    } catch (NotSupportedException | URISyntaxException e) {
      throw failure(origin, "cannot be fetched", e);
    } catch (MissingObjectException | CorruptObjectException e) {
      throw new DamagedMirror(String.valueOf(e.getMessage()), e);
    } catch (IOException e) {
      if (Thread.interrupted()) {
        throw new InterruptedException("fetch of " + origin.url());
      }
      throw failure(origin, "the mirror " + mirror.directory() + " cannot be used", e);
    } catch (RuntimeException e) {
      // JGit's way to say that a repository is of a kind it does not know; the vault has no part in
      // this, so nothing of its failures is swallowed.
      throw failure(origin, "cannot be read", e);
    }
    return problems;
  }

  /** A mirror whose own tips are gone is damaged, whatever the origin has to say. */
  private static void requireTips(Repository repository, SortedMap<String, ObjectId> refs)
      throws IOException {
    try (RevWalk walk = new RevWalk(repository)) {
      for (ObjectId id : new HashSet<>(refs.values())) {
        walk.parseAny(id);
      }
    }
  }

  /**
   * JGit reads SHA-1 repositories only, and takes an empty one of SHA-256 for one of its own. (A
   * server's that is not empty fails by the length of its ids.)
   */
  private static void refuseOtherHash(Origin origin) throws RepositoryFailure, IOException {
    Optional<Path> file = origin.gitDirectory().map(directory -> directory.resolve("config"));
    if (file.isEmpty() || !Files.isRegularFile(file.get())) {
      return;
    }
    Config config = new Config();
    try {
      config.fromText(Files.readString(file.get()));
    } catch (ConfigInvalidException | CharacterCodingException e) {
      // Whoever opens the repository will say what is wrong with it.
      return;
    }
    String format = config.getString("extensions", null, "objectformat");
    if (format != null && !format.equalsIgnoreCase("sha1")) {
      throw new RepositoryFailure(
          Problem.Kind.UNSUPPORTED,
          "%s names its objects by %s: only SHA-1 repositories can be backed up"
              .formatted(origin.url(), format),
          null);
    }
  }

  /** What a repository of this machine says about itself and a server would not tell. */
  private static List<Problem> localLimits(Mirror mirror, Origin origin) {
    List<Problem> limits = new ArrayList<>();
    origin
        .gitDirectory()
        .filter(Files::isDirectory)
        .ifPresent(directory -> {
          try (Repository repository = Jgit.open(directory)) {
            if (repository.getConfig().getString("transfer", null, "hiderefs") != null
                || repository.getConfig().getString("uploadpack", null, "hiderefs") != null) {
              limits.add(
                  new Problem(
                      mirror.name(),
                      Problem.Kind.UNSUPPORTED,
                      directory + " hides refs (hideRefs in its config): those are not backed up"));
            }
          } catch (IOException | RuntimeException e) {
            // The fetch right behind meets the same trouble and reports it.
            return;
          }
        });
    return limits;
  }

  private static Advertised read(
      FetchConnection connection, Mirror mirror, List<Problem> problems) {
    SortedMap<String, ObjectId> refs = new TreeMap<>();
    Optional<String> head = Optional.empty();
    for (Ref ref : connection.getRefs()) {
      if (ref.getName().equals(Constants.HEAD)) {
        if (ref.isSymbolic()) {
          head = Optional.of("ref: " + ref.getTarget().getName());
        } else if (ref.getObjectId() != null) {
          head = Optional.of(ref.getObjectId().name());
        }
      } else if (ref.getName().startsWith("refs/") && ref.getObjectId() != null) {
        if (Repository.isValidRefName(ref.getName())) {
          refs.put(ref.getName(), ref.getObjectId());
        } else {
          problems.add(
              new Problem(
                  mirror.name(),
                  Problem.Kind.UNSUPPORTED,
                  "a ref whose name git does not allow; its objects are kept as %s%s"
                      .formatted(Mirror.KEPT, ref.getObjectId().name())));
          refs.put(Mirror.KEPT + ref.getObjectId().name(), ref.getObjectId());
        }
      }
    }
    // A detached HEAD may be the only name of its commit.
    if (head.isPresent() && ObjectId.isId(head.get())) {
      ObjectId id = ObjectId.fromString(head.get());
      if (!refs.containsValue(id)) {
        refs.put(Mirror.KEPT + id.name(), id);
      }
    }
    return new Advertised(refs, head);
  }

  private static void fetch(
      FetchConnection connection,
      Collection<ObjectId> tips,
      SortedMap<String, ObjectId> before,
      List<PackLock> locks)
      throws IOException {
    Set<ObjectId> known = new HashSet<>(before.values());
    List<Ref> wanted = new ArrayList<>();
    Set<ObjectId> asked = new HashSet<>();
    for (Ref ref : connection.getRefs()) {
      ObjectId id = ref.getObjectId();
      if (id != null && tips.contains(id) && !known.contains(id) && asked.add(id)) {
        wanted.add(ref);
      }
    }
    if (wanted.isEmpty()) {
      return;
    }
    connection.setPackLockMessage("being received by lifeboat");
    connection.fetch(Jgit.untilInterrupted(), wanted, known);
    locks.addAll(connection.getPackLocks());
  }

  /**
   * Where the history of a shallow repository of this machine ends. Servers tell it while fetching;
   * JGit does not when it serves a directory itself.
   */
  private static void takeOverShallow(Mirror mirror, Origin origin)
      throws IOException, DamagedMirror {
    if (origin.gitDirectory().isEmpty()) {
      return;
    }
    try (Repository source = Jgit.open(origin.gitDirectory().get());
        Repository repository = mirror.open()) {
      Set<ObjectId> ends = new HashSet<>(source.getObjectDatabase().getShallowCommits());
      Set<ObjectId> ours = repository.getObjectDatabase().getShallowCommits();
      if (ends.isEmpty() && !ours.isEmpty()) {
        throw new DamagedMirror("it was shallow, which its origin is no more", null);
      }
      ends.addAll(ours);
      ends.removeIf(end -> !has(repository, end));
      if (!ends.equals(ours)) {
        repository.getObjectDatabase().setShallowCommits(ends);
      }
    }
  }

  private static boolean has(Repository repository, ObjectId id) {
    try {
      return repository.getObjectDatabase().has(id);
    } catch (IOException e) {
      return false;
    }
  }

  private void verifyAndNoteLfs(
      Mirror mirror,
      SortedMap<String, ObjectId> tips,
      SortedMap<String, ObjectId> before,
      List<Problem> problems,
      Origin origin)
      throws IOException, RepositoryFailure, DamagedMirror {
    // Opened again: a fetch from a shallow origin has changed what ends the history.
    try (Repository repository = mirror.open()) {
      Set<ObjectId> known = new HashSet<>(before.values());
      Set<ObjectId> fresh = new HashSet<>(tips.values());
      LfsPointers pointers = new LfsPointers(mirror);
      boolean scanAll = lfs && !pointers.exist();
      if (scanAll) {
        fresh.addAll(known);
        known.clear();
      } else {
        fresh.removeAll(known);
      }
      if (!fresh.isEmpty() || scanAll) {
        try {
          pointers.scan(repository, fresh, known, lfs);
        } catch (MissingObjectException e) {
          if (before.isEmpty()) {
            throw new RepositoryFailure(
                Problem.Kind.UNREADABLE,
                "%s does not have all of its own history: %s (a shallow or partial clone, or a damaged repository; run git fsck there)"
                    .formatted(origin.url(), e.getMessage()),
                e);
          }
          throw new DamagedMirror(String.valueOf(e.getMessage()), e);
        }
      }
      if (!repository.getObjectDatabase().getShallowCommits().isEmpty()) {
        problems.add(
            new Problem(
                mirror.name(),
                Problem.Kind.UNSUPPORTED,
                "%s is shallow: its history ends early, and what lies before is not there to be backed up. Should it be whole now, remove the mirror %s"
                    .formatted(origin.url(), mirror.directory())));
      }
    }
  }

  private void apply(Mirror mirror, Advertised advertised, SortedMap<String, ObjectId> before)
      throws IOException {
    try (Repository repository = mirror.open();
        RevWalk walk = new RevWalk(repository)) {
      SortedMap<String, ObjectId> after = new TreeMap<>(advertised.refs());
      List<RefChange> changes = new ArrayList<>();
      before.forEach((ref, id) -> {
        if (isOurs(ref)) {
          after.put(ref, id);
        }
      });
      for (var entry : before.entrySet()) {
        ObjectId now = after.get(entry.getKey());
        if (entry.getValue().equals(now)) {
          continue;
        }
        changes.add(
            new RefChange(entry.getKey(), entry.getValue(), now == null ? ObjectId.zeroId() : now));
        if (now == null || !contains(walk, now, entry.getValue())) {
          after.put(Mirror.KEPT + entry.getValue().name(), entry.getValue());
        }
      }
      for (var entry : after.entrySet()) {
        if (!before.containsKey(entry.getKey())) {
          changes.add(new RefChange(entry.getKey(), ObjectId.zeroId(), entry.getValue()));
        }
      }
      if (!changes.isEmpty()) {
        mirror.journal(clock.instant(), changes);
        mirror.writeRefs(after, walk);
      }
      String head = advertised.head().orElse(mirror.head());
      if (!head.equals(mirror.head())) {
        mirror.writeHead(head);
      }
    }
  }

  private static boolean isOurs(String ref) {
    return ref.startsWith(Mirror.KEPT);
  }

  /** Whether a ref that moved still contains where it was. */
  private static boolean contains(RevWalk walk, ObjectId now, ObjectId before) throws IOException {
    RevObject newTip = walk.parseAny(now);
    RevObject oldTip = walk.parseAny(before);
    try {
      return newTip instanceof RevCommit newCommit
          && oldTip instanceof RevCommit oldCommit
          && walk.isMergedInto(oldCommit, newCommit);
    } catch (IncorrectObjectTypeException e) {
      return false;
    } finally {
      walk.reset();
    }
  }

  private RepositoryFailure transportFailure(Origin origin, TransportException e) {
    if (connections.refusedHostKey(origin.url())) {
      return failure(
          origin,
          "the host key that %s shows is not the one in known_hosts. If the server really changed its key, put the new one there; if not, somebody is in between"
              .formatted(origin.url().host()),
          e);
    }
    return failure(origin, "cannot be fetched", e);
  }

  private RepositoryFailure failure(Origin origin, String what, Exception e) {
    StringBuilder causes = new StringBuilder();
    Throwable cause = e;
    for (int depth = 0; cause != null && depth < 5; depth++) {
      String message = String.valueOf(cause.getMessage());
      if (causes.indexOf(message) < 0) {
        causes.append(causes.isEmpty() ? "" : ": ").append(message);
      }
      cause = cause.getCause();
    }
    return new RepositoryFailure(
        Problem.Kind.UNREADABLE,
        "%s: %s (%s)".formatted(origin.url(), what, connections.harmless(causes.toString())),
        null);
  }
}
