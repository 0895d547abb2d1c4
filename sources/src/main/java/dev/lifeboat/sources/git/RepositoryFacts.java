package dev.lifeboat.sources.git;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.eclipse.jgit.internal.storage.file.ObjectDirectory;
import org.eclipse.jgit.internal.storage.file.Pack;
import org.eclipse.jgit.internal.storage.file.PackIndex;
import org.eclipse.jgit.lib.Constants;
import org.eclipse.jgit.lib.ObjectId;
import org.eclipse.jgit.lib.Ref;
import org.eclipse.jgit.lib.Repository;
import org.eclipse.jgit.revwalk.RevCommit;
import org.eclipse.jgit.revwalk.RevObject;
import org.eclipse.jgit.revwalk.RevWalk;

/**
 * What can be counted in a repository, the same way in a mirror and in what was restored of it:
 * {@code ref/<name>}, {@code head}, {@code objects}, {@code commits}, {@code lfs/objects}, {@code
 * lfs/bytes}.
 */
final class RepositoryFacts {
  static final int VERSION = 1;

  private RepositoryFacts() {}

  /** All facts of a git directory. */
  static SortedMap<String, String> of(Path gitDirectory) throws IOException {
    SortedMap<String, String> facts = new TreeMap<>(cheap(gitDirectory));
    facts.putAll(counts(gitDirectory));
    return facts;
  }

  /** What costs no walk of the history. */
  static SortedMap<String, String> cheap(Path gitDirectory) throws IOException {
    SortedMap<String, String> facts = new TreeMap<>();
    try (Repository repository = Jgit.open(gitDirectory)) {
      for (Ref ref : repository.getRefDatabase().getRefsByPrefix("refs/")) {
        if (ref.getObjectId() != null) {
          facts.put("ref/" + ref.getName(), ref.getObjectId().name());
        }
      }
      Ref head = repository.exactRef(Constants.HEAD);
      if (head != null) {
        facts.put(
            "head",
            head.isSymbolic() ? "ref: " + head.getTarget().getName() : head.getObjectId().name());
      }
    }
    long objects = 0;
    long bytes = 0;
    Path lfs = gitDirectory.resolve("lfs/objects");
    if (Files.isDirectory(lfs)) {
      try (Stream<Path> files = Files.walk(lfs)) {
        for (Path file : files.filter(Files::isRegularFile).toList()) {
          objects++;
          bytes += Files.size(file);
        }
      }
    }
    facts.put("lfs/objects", Long.toString(objects));
    facts.put("lfs/bytes", Long.toString(bytes));
    return facts;
  }

  /** How many objects are in the packs, and how many commits the refs reach. */
  static SortedMap<String, String> counts(Path gitDirectory) throws IOException {
    SortedMap<String, String> facts = new TreeMap<>();
    try (Repository repository = Jgit.open(gitDirectory);
        RevWalk walk = new RevWalk(repository)) {
      facts.put("objects", Long.toString(packedObjects(repository)));
      walk.setRetainBody(false);
      for (Ref ref : repository.getRefDatabase().getRefsByPrefix("refs/")) {
        RevObject tip = walk.peel(walk.parseAny(ref.getObjectId()));
        if (tip instanceof RevCommit commit) {
          walk.markStart(commit);
        }
      }
      long commits = 0;
      while (walk.next() != null) {
        commits++;
      }
      facts.put("commits", Long.toString(commits));
    }
    return facts;
  }

  /**
   * Ids in all packs, each counted once: the sorted indexes are merged, so memory is not a matter.
   */
  private static long packedObjects(Repository repository) throws IOException {
    record Head(ObjectId id, Iterator<PackIndex.MutableEntry> rest) {}
    PriorityQueue<Head> heads = new PriorityQueue<>((a, b) -> a.id().compareTo(b.id()));
    for (Pack pack : ((ObjectDirectory) repository.getObjectDatabase()).getPacks()) {
      Iterator<PackIndex.MutableEntry> entries = pack.iterator();
      if (entries.hasNext()) {
        heads.add(new Head(entries.next().toObjectId(), entries));
      }
    }
    long count = 0;
    ObjectId last = ObjectId.zeroId();
    while (!heads.isEmpty()) {
      Head head = heads.remove();
      if (!head.id().equals(last)) {
        count++;
        last = head.id();
      }
      if (head.rest().hasNext()) {
        heads.add(new Head(head.rest().next().toObjectId(), head.rest()));
      }
    }
    return count;
  }

  /** The names of repositories that facts are about, from keys like {@code repository/a.git/…}. */
  static Set<String> repositories(SortedMap<String, String> facts) {
    Set<String> names = new HashSet<>();
    for (String fact : facts.keySet()) {
      String[] parts = fact.split("/", 3);
      if (parts.length == 3 && parts[0].equals("repository")) {
        names.add(parts[1]);
      }
    }
    return new java.util.TreeSet<>(names);
  }

  static String key(String repository, String fact) {
    return "repository/" + repository + "/" + fact;
  }

  /** The pack files of a git directory, in order. */
  static List<Path> packs(Path gitDirectory) throws IOException {
    Path directory = gitDirectory.resolve("objects/pack");
    if (!Files.isDirectory(directory)) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(directory)) {
      return new ArrayList<>(
          files.filter(file -> file.toString().endsWith(".pack")).sorted().toList());
    }
  }
}
