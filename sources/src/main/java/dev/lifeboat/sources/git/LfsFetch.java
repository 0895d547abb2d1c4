package dev.lifeboat.sources.git;

import dev.lifeboat.sources.Progress;
import dev.lifeboat.vault.snapshot.Problem;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Gets the LFS objects that a mirror lacks: from {@code lfs/objects} of a repository of this
 * machine, or by the batch API of an {@code https} origin.
 */
final class LfsFetch {
  private static final int NAMED = 5;

  private final Connections connections;
  private final Progress progress;

  LfsFetch(Connections connections, Progress progress) {
    this.connections = connections;
    this.progress = progress;
  }

  /** Gets what can be had; one problem names what cannot. */
  List<Problem> run(Mirror mirror, Origin origin) throws IOException, InterruptedException {
    LfsStore store = new LfsStore(mirror);
    SortedMap<String, Long> missing = new TreeMap<>();
    for (var pointer : new LfsPointers(mirror).all().entrySet()) {
      if (!store.has(pointer.getKey(), pointer.getValue())) {
        missing.put(pointer.getKey(), pointer.getValue());
      }
    }
    if (missing.isEmpty()) {
      return List.of();
    }
    SortedMap<String, String> failures =
        switch (origin.url().transport()) {
          case FILE -> copy(missing, origin.gitDirectory().orElseThrow(), store);
          case HTTP -> {
            try (LfsClient client = new LfsClient(connections, origin.url(), progress)) {
              yield client.download(missing, store);
            }
          }
          case SSH ->
              all(
                  missing,
                  "LFS objects of ssh remotes are not backed up: name the repository by its https URL, or turn LFS off");
        };
    return failures.isEmpty() ? List.of() : List.of(problem(mirror, missing.size(), failures));
  }

  private static Problem problem(Mirror mirror, int wanted, SortedMap<String, String> failures) {
    StringBuilder detail =
        new StringBuilder("%d of %d new LFS objects: ".formatted(failures.size(), wanted));
    int named = 0;
    for (var failure : failures.entrySet()) {
      if (named++ == NAMED) {
        detail.append("; …");
        break;
      }
      detail.append(named == 1 ? "" : "; ").append(failure.getKey()).append(": ");
      detail.append(failure.getValue());
    }
    return new Problem(mirror.name(), Problem.Kind.UNREADABLE, detail.toString());
  }

  static SortedMap<String, String> all(SortedMap<String, Long> objects, String why) {
    SortedMap<String, String> failures = new TreeMap<>();
    objects.keySet().forEach(oid -> failures.put(oid, why));
    return failures;
  }

  private SortedMap<String, String> copy(
      SortedMap<String, Long> objects, Path gitDirectory, LfsStore store)
      throws InterruptedException {
    SortedMap<String, String> failures = new TreeMap<>();
    for (var object : objects.entrySet()) {
      if (Thread.interrupted()) {
        throw new InterruptedException("copy of LFS objects");
      }
      String oid = object.getKey();
      Path file =
          gitDirectory.resolve(
              "lfs/objects/%s/%s/%s".formatted(oid.substring(0, 2), oid.substring(2, 4), oid));
      try (InputStream in = Files.newInputStream(file)) {
        store.put(oid, object.getValue(), in);
        progress.bytes(object.getValue());
      } catch (java.nio.file.NoSuchFileException e) {
        failures.put(oid, "not in " + gitDirectory.resolve("lfs/objects"));
      } catch (IOException e) {
        failures.put(oid, Optional.ofNullable(e.getMessage()).orElse(e.toString()));
      }
    }
    return failures;
  }

  /** Splits into pieces of at most so many. */
  static <T> List<List<T>> pieces(List<T> all, int size) {
    List<List<T>> pieces = new ArrayList<>();
    for (int start = 0; start < all.size(); start += size) {
      pieces.add(all.subList(start, Math.min(start + size, all.size())));
    }
    return pieces;
  }
}
