package dev.lifeboat.sources.git;

import dev.lifeboat.sources.git.Mirror.RefChange;
import dev.lifeboat.sources.git.RepositoryFailure.DamagedMirror;
import dev.lifeboat.vault.Directories;
import dev.lifeboat.vault.snapshot.Problem;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.eclipse.jgit.lib.ObjectId;
import org.eclipse.jgit.lib.Ref;
import org.eclipse.jgit.lib.Repository;
import org.eclipse.jgit.revwalk.RevWalk;
import org.eclipse.jgit.transport.FetchConnection;
import org.eclipse.jgit.transport.PackLock;
import org.eclipse.jgit.transport.Transport;

/**
 * Makes a damaged mirror anew: everything that the origin has from the origin, and of the history
 * that only the mirror had whatever can still be read out of it. What cannot is a problem that
 * names it; the damaged mirror then stays beside the new one.
 */
final class MirrorRebuild {
  private final Connections connections;
  private final MirrorUpdate update;
  private final Clock clock;

  MirrorRebuild(Connections connections, MirrorUpdate update, Clock clock) {
    this.connections = connections;
    this.update = update;
    this.clock = clock;
  }

  /**
   * Rebuilds and replaces.
   *
   * @return what of the origin or of the old mirror is not in the new one
   * @throws RepositoryFailure if the origin does not give it; the damaged mirror stays in place
   */
  List<Problem> run(Mirror damaged, Origin origin, DamagedMirror reason)
      throws RepositoryFailure, InterruptedException {
    Path place = damaged.directory();
    Path building = place.resolveSibling(damaged.name() + ".rebuild");
    try {
      Directories.delete(building);
      Mirror fresh = Mirror.prepare(damaged.name(), building, origin.url());
      List<Problem> problems = new ArrayList<>(update.run(fresh, origin));
      List<Problem> lost = salvage(damaged, fresh, reason);
      problems.addAll(lost);
      Path aside = place.resolveSibling(damaged.name() + ".damaged");
      Directories.delete(aside);
      DurableFiles.move(place, aside);
      DurableFiles.move(building, place);
      if (lost.isEmpty()) {
        Directories.delete(aside);
      }
      return problems;
    } catch (DamagedMirror | IOException e) {
      throw new RepositoryFailure(
          Problem.Kind.UNREADABLE,
          "the mirror %s is damaged (%s) and could not be made anew (%s)"
              .formatted(place, reason.getMessage(), e.getMessage()),
          e);
    } catch (RepositoryFailure e) {
      throw new RepositoryFailure(
          e.kind(),
          "the mirror %s is damaged (%s), and the origin does not help: %s"
              .formatted(place, reason.getMessage(), e.getMessage()),
          e);
    }
  }

  private List<Problem> salvage(Mirror damaged, Mirror fresh, DamagedMirror reason)
      throws IOException, InterruptedException {
    for (String file : List.of(Mirror.JOURNAL)) {
      Path old = damaged.directory().resolve(file);
      if (Files.exists(old)) {
        byte[] journal = Files.readAllBytes(old);
        Path now = fresh.directory().resolve(file);
        byte[] added = Files.exists(now) ? Files.readAllBytes(now) : new byte[0];
        byte[] both = java.util.Arrays.copyOf(journal, journal.length + added.length);
        System.arraycopy(added, 0, both, journal.length, added.length);
        DurableFiles.write(now, both);
      }
    }
    if (Files.isDirectory(damaged.directory().resolve("lfs/objects"))) {
      Files.createDirectories(fresh.directory().resolve("lfs"));
      DurableFiles.move(
          damaged.directory().resolve("lfs/objects"), fresh.directory().resolve("lfs/objects"));
    }
    SortedMap<String, ObjectId> refs = new TreeMap<>(fresh.refs());
    List<RefChange> changes = new ArrayList<>();
    List<Problem> lost = new ArrayList<>();
    for (var old : damaged.refs().entrySet()) {
      ObjectId id = old.getValue();
      String kept = Mirror.KEPT + id.name();
      boolean ours = old.getKey().startsWith(Mirror.KEPT);
      if (refs.containsKey(kept) || (!ours && has(fresh, id))) {
        continue;
      }
      Optional<String> trouble = has(fresh, id) ? Optional.empty() : rescue(damaged, fresh, id);
      if (trouble.isEmpty()) {
        refs.put(kept, id);
        changes.add(new RefChange(kept, ObjectId.zeroId(), id));
      } else {
        lost.add(
            new Problem(
                damaged.name(),
                Problem.Kind.VANISHED,
                "the mirror was damaged (%s) and made anew, but %s %s, which the origin no longer has, could not be read out of it (%s). Earlier snapshots have it; the damaged mirror stays as %s.damaged"
                    .formatted(
                        reason.getMessage(),
                        old.getKey(),
                        id.name(),
                        trouble.get(),
                        damaged.directory())));
      }
    }
    if (!changes.isEmpty()) {
      try (Repository repository = fresh.open();
          RevWalk walk = new RevWalk(repository)) {
        fresh.journal(clock.instant(), changes);
        fresh.writeRefs(refs, walk);
      }
    }
    return lost;
  }

  private static boolean has(Mirror mirror, ObjectId id) throws IOException {
    try (Repository repository = mirror.open()) {
      return repository.getObjectDatabase().has(id);
    }
  }

  /** Fetches one tip out of the damaged mirror; nothing, or why not. */
  private Optional<String> rescue(Mirror damaged, Mirror fresh, ObjectId id)
      throws InterruptedException {
    Set<ObjectId> complete = new java.util.HashSet<>();
    try (Repository repository = fresh.open();
        Transport transport = connections.transport(repository, Origin.of(damaged.directory()));
        FetchConnection connection = transport.openFetch()) {
      complete.addAll(fresh.refs().values());
      List<Ref> wanted =
          connection.getRefs().stream()
              .filter(ref -> id.equals(ref.getObjectId()))
              .limit(1)
              .toList();
      if (wanted.isEmpty()) {
        return Optional.of("its tip is missing");
      }
      connection.fetch(Jgit.untilInterrupted(), wanted, complete);
      for (PackLock lock : connection.getPackLocks()) {
        lock.unlock();
      }
    } catch (IOException | URISyntaxException | RuntimeException e) {
      if (Thread.interrupted()) {
        throw new InterruptedException("rescue of " + id.name());
      }
      return Optional.of(String.valueOf(e.getMessage()));
    }
    try (Repository repository = fresh.open()) {
      new LfsPointers(fresh)
          .scan(repository, List.of(id), complete, new LfsPointers(fresh).exist());
      return Optional.empty();
    } catch (IOException | RuntimeException e) {
      return Optional.of(String.valueOf(e.getMessage()));
    }
  }
}
