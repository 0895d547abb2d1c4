package dev.lifeboat.sources.git;

import dev.lifeboat.vault.Directories;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.eclipse.jgit.lib.ObjectId;
import org.eclipse.jgit.lib.Repository;
import org.eclipse.jgit.revwalk.RevObject;
import org.eclipse.jgit.revwalk.RevTag;
import org.eclipse.jgit.revwalk.RevWalk;

/**
 * One bare repository of ours, the mirror of an origin.
 *
 * <p>All objects are in packs, all refs in {@code packed-refs}: a night's change of any number of
 * refs is one file replaced atomically, and refs of any name (also {@code a} after {@code a/b})
 * never meet the rules of file systems. Nothing here ever removes an object.
 */
final class Mirror {
  /** Where tips live on that the origin no longer has: named by object, so each is kept once. */
  static final String KEPT = "refs/lifeboat/kept/";

  static final String JOURNAL = "lifeboat-refs.journal";

  /** LFS objects that commits in here point to: id and length, a line each. */
  static final String LFS_POINTERS = "lifeboat-lfs.pointers";

  static final String DEFAULT_HEAD = "ref: refs/heads/main";

  private static final Pattern PACKED_REF = Pattern.compile("([0-9a-f]{40}) (refs/.+)");

  private final String name;
  private final Path directory;

  private Mirror(String name, Path directory) {
    this.name = name;
    this.directory = directory;
  }

  /**
   * The mirror in a directory: made if it is not there, mended if its last user died in it. Nobody
   * else may be using it.
   */
  static Mirror prepare(String name, Path directory, GitUrl origin) throws IOException {
    Mirror mirror = new Mirror(name, directory);
    for (String part : List.of("objects/pack", "objects/info", "refs/heads", "refs/tags")) {
      Files.createDirectories(directory.resolve(part));
    }
    Files.write(directory.resolve("config"), config(origin, true));
    if (!Files.exists(directory.resolve("HEAD"))) {
      mirror.writeHead(DEFAULT_HEAD);
    }
    mirror.removeLeftovers();
    return mirror;
  }

  /**
   * What a run that died leaves behind: lock files, packs half received or without an index, and
   * the marks that keep a new pack until its refs are written. None of it is known to any ref.
   */
  private void removeLeftovers() throws IOException {
    List<Path> leftovers = new ArrayList<>();
    try (Stream<Path> files = Files.list(directory)) {
      files
          .filter(file ->
              file.getFileName().toString().endsWith(".lock")
                  || file.getFileName().toString().endsWith(".new"))
          .forEach(leftovers::add);
    }
    try (Stream<Path> files = Files.list(directory.resolve("objects"))) {
      files.filter(Files::isRegularFile).forEach(leftovers::add);
    }
    try (Stream<Path> files = Files.list(packs())) {
      for (Path file : files.toList()) {
        String name = file.getFileName().toString();
        boolean pair =
            (name.endsWith(".pack") && Files.exists(packs().resolve(stem(name) + ".idx")))
                || (name.endsWith(".idx") && Files.exists(packs().resolve(stem(name) + ".pack")));
        if (!pair) {
          leftovers.add(file);
        }
      }
    }
    for (Path leftover : leftovers) {
      Directories.delete(leftover);
    }
  }

  private static String stem(String file) {
    return file.substring(0, file.lastIndexOf('.'));
  }

  /**
   * A configuration without anything secret.
   *
   * @param own whether it is for the mirror, where git must never collect garbage, or for whoever
   *     restores it
   */
  static byte[] config(GitUrl origin, boolean own) {
    String url = origin.text().replace("\\", "\\\\").replace("\"", "\\\"");
    String text =
        """
        [core]
        \trepositoryformatversion = 0
        \tfilemode = true
        \tbare = true
        [remote "origin"]
        \turl = "%s"
        """
            .formatted(url);
    if (own) {
      // To JGit "auto" is loose objects alone, and even with nothing to do it would begin beside.
      text +=
          """
          [gc]
          \tauto = 0
          \tautoPackLimit = 0
          \tautoDetach = false
          \tpruneExpire = never
          """;
    }
    return text.getBytes(StandardCharsets.UTF_8);
  }

  String name() {
    return name;
  }

  Path directory() {
    return directory;
  }

  Path packs() {
    return directory.resolve("objects/pack");
  }

  Path lfsObject(String oid) {
    return directory.resolve(
        "lfs/objects/%s/%s/%s".formatted(oid.substring(0, 2), oid.substring(2, 4), oid));
  }

  /** Opened anew, so that nothing cached hides what was just written; closed by the caller. */
  Repository open() throws IOException {
    return Jgit.open(directory);
  }

  /** All refs but {@code HEAD}, in order of their names. */
  SortedMap<String, ObjectId> refs() throws IOException {
    return readPackedRefs(directory.resolve("packed-refs"));
  }

  static SortedMap<String, ObjectId> readPackedRefs(Path file) throws IOException {
    if (!Files.exists(file)) {
      return Collections.emptySortedMap();
    }
    SortedMap<String, ObjectId> refs = new TreeMap<>();
    for (String line : Files.readAllLines(file, StandardCharsets.UTF_8)) {
      Matcher matcher = PACKED_REF.matcher(line);
      if (matcher.matches()) {
        refs.put(matcher.group(2), ObjectId.fromString(matcher.group(1)));
      }
    }
    return refs;
  }

  /** Replaces all refs at once, durably. Their objects must be there. */
  void writeRefs(SortedMap<String, ObjectId> refs, RevWalk walk) throws IOException {
    StringBuilder lines = new StringBuilder("# pack-refs with: peeled fully-peeled sorted \n");
    // git sorts by bytes; TreeMap sorts by UTF-16 units, which differs beyond the BMP.
    List<String> names = new ArrayList<>(refs.keySet());
    names.sort((a, b) ->
        java.util.Arrays.compareUnsigned(
            a.getBytes(StandardCharsets.UTF_8), b.getBytes(StandardCharsets.UTF_8)));
    for (String ref : names) {
      ObjectId id = java.util.Objects.requireNonNull(refs.get(ref));
      lines.append(id.name()).append(' ').append(ref).append('\n');
      RevObject object = walk.parseAny(id);
      if (object instanceof RevTag) {
        lines.append('^').append(walk.peel(object).name()).append('\n');
      }
    }
    DurableFiles.write(
        directory.resolve("packed-refs"), lines.toString().getBytes(StandardCharsets.UTF_8));
  }

  /** {@code ref: refs/heads/…}, or an object id. */
  String head() throws IOException {
    return Files.readString(directory.resolve("HEAD"), StandardCharsets.UTF_8).strip();
  }

  void writeHead(String head) throws IOException {
    DurableFiles.write(directory.resolve("HEAD"), (head + "\n").getBytes(StandardCharsets.UTF_8));
  }

  /**
   * Notes what is about to become of refs. A line that is there twice means that a run died between
   * noting and doing.
   */
  void journal(Instant time, List<RefChange> changes) throws IOException {
    StringBuilder lines = new StringBuilder();
    for (RefChange change : changes) {
      lines
          .append(time)
          .append('\t')
          .append(change.ref())
          .append('\t')
          .append(change.before().name())
          .append('\t')
          .append(change.after().name())
          .append('\n');
    }
    if (!lines.isEmpty()) {
      DurableFiles.append(
          directory.resolve(JOURNAL), lines.toString().getBytes(StandardCharsets.UTF_8));
    }
  }

  /**
   * What a night does to a ref.
   *
   * @param before forty zeros for a new one
   * @param after forty zeros for one that is gone
   */
  record RefChange(String ref, ObjectId before, ObjectId after) {}
}
