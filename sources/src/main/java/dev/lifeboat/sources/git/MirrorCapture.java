package dev.lifeboat.sources.git;

import dev.lifeboat.sources.Progress;
import dev.lifeboat.sources.git.RepositoryFailure.DamagedMirror;
import dev.lifeboat.vault.Digest;
import dev.lifeboat.vault.snapshot.SnapshotSink;
import dev.lifeboat.vault.tree.Attributes;
import dev.lifeboat.vault.tree.Content;
import dev.lifeboat.vault.tree.Name;
import dev.lifeboat.vault.tree.Node;
import java.io.ByteArrayInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.eclipse.jgit.lib.Constants;

/**
 * Puts a mirror into a snapshot, as the files of a bare repository that the {@code git} binary
 * reads. The mirror must be quiescent. Equal mirrors give equal trees: owners and times are not
 * those of the mirror's files.
 */
final class MirrorCapture {
  /** Length of the checksum at the end of packs and their indexes. */
  private static final int CHECKSUM_BYTES = 20;

  private static final Attributes FILE = Attributes.synthetic(0644);
  private static final Attributes READ_ONLY = Attributes.synthetic(0444);
  private static final Attributes DIRECTORY = Attributes.synthetic(0755);

  private final SnapshotSink sink;
  private final ContentCache cache;
  private final Progress progress;
  private long files;
  private long directories;
  private long bytes;
  private long newFiles;
  private long changedFiles;
  private long unchangedFiles;
  private long bytesRead;

  MirrorCapture(SnapshotSink sink, ContentCache cache, Progress progress) {
    this.sink = sink;
    this.cache = cache;
    this.progress = progress;
  }

  dev.lifeboat.vault.snapshot.Captured.Counts counts() {
    return new dev.lifeboat.vault.snapshot.Captured.Counts(
        files, directories + 1, 0, bytes, newFiles, changedFiles, unchangedFiles, bytesRead);
  }

  static Attributes directoryAttributes() {
    return DIRECTORY;
  }

  /**
   * Whether all packs that the last snapshot had are still there.
   *
   * @throws DamagedMirror if not
   */
  static void requireInventory(Mirror mirror, ContentCache cache)
      throws DamagedMirror, IOException {
    String prefix = mirror.name() + "/objects/pack/";
    for (var known : cache.files(prefix).entrySet()) {
      Path file = mirror.packs().resolve(known.getKey().substring(prefix.length()));
      if (!Files.isRegularFile(file)
          || Files.size(file) != known.getValue().bytes()
          || !mark(file).equals(known.getValue().mark())) {
        throw new DamagedMirror(file + " is missing or not what was stored of it", null);
      }
    }
  }

  /**
   * Stores the mirror.
   *
   * @throws DamagedMirror if a pack, an index or an LFS object is not what its checksum says
   */
  Node.Directory store(Mirror mirror, GitUrl origin, boolean lfs)
      throws IOException, DamagedMirror, InterruptedException {
    List<Node> top = new ArrayList<>();
    top.add(small("config", Mirror.config(origin, false)));
    for (String file :
        List.of("HEAD", "packed-refs", "shallow", Mirror.JOURNAL, Mirror.LFS_POINTERS)) {
      Path path = mirror.directory().resolve(file);
      if (Files.exists(path) && (lfs || !file.equals(Mirror.LFS_POINTERS))) {
        top.add(small(file, Files.readAllBytes(path)));
      }
    }
    top.add(
        directory("refs", List.of(directory("heads", List.of()), directory("tags", List.of()))));
    top.add(
        directory(
            "objects", List.of(directory("info", List.of()), directory("pack", packs(mirror)))));
    if (lfs && Files.isDirectory(mirror.directory().resolve("lfs/objects"))) {
      top.add(directory("lfs", List.of(directory("objects", lfsObjects(mirror)))));
    }
    return directory(mirror.name(), top);
  }

  private List<Node> packs(Mirror mirror) throws IOException, DamagedMirror, InterruptedException {
    List<Node> nodes = new ArrayList<>();
    Set<String> present = new HashSet<>();
    String prefix = mirror.name() + "/objects/pack/";
    for (Path file : sorted(mirror.packs())) {
      String name = file.getFileName().toString();
      if (name.endsWith(".pack") || name.endsWith(".idx")) {
        present.add(prefix + name);
        nodes.add(immutable(prefix, file, new Checksum.OfPack(file)));
      }
    }
    cache.files(prefix).keySet().stream()
        .filter(path -> !present.contains(path))
        .forEach(cache::forget);
    return nodes;
  }

  private List<Node> lfsObjects(Mirror mirror)
      throws IOException, DamagedMirror, InterruptedException {
    List<Node> outer = new ArrayList<>();
    String prefix = mirror.name() + "/lfs/objects/";
    for (Path first : sorted(mirror.directory().resolve("lfs/objects"))) {
      List<Node> inner = new ArrayList<>();
      for (Path second : sorted(first)) {
        List<Node> objects = new ArrayList<>();
        for (Path object : sorted(second)) {
          objects.add(immutable(prefix, object, new Checksum.OfLfs(object)));
        }
        inner.add(directory(second.getFileName().toString(), objects));
      }
      outer.add(directory(first.getFileName().toString(), inner));
    }
    return outer;
  }

  private static List<Path> sorted(Path directory) throws IOException {
    try (Stream<Path> entries = Files.list(directory)) {
      return entries.sorted().toList();
    }
  }

  private Node immutable(String prefix, Path file, Checksum checksum)
      throws IOException, DamagedMirror, InterruptedException {
    if (Thread.interrupted()) {
      throw new InterruptedException("capture of " + file);
    }
    String name = file.getFileName().toString();
    String key = prefix + name;
    long length = Files.size(file);
    String mark = mark(file);
    var known = cache.find(key, length, mark);
    Content content;
    if (known.isPresent() && sink.reuse(known.get())) {
      content = known.get();
      unchangedFiles++;
    } else {
      try (InputStream in = Files.newInputStream(file)) {
        content = sink.store(checksum.around(in));
      }
      checksum.require();
      cache.put(key, mark, content);
      newFiles++;
      bytesRead += content.bytes();
      progress.bytes(content.bytes());
    }
    return file(name, READ_ONLY, content);
  }

  /** The last bytes of a file. */
  private static String mark(Path file) throws IOException {
    try (RandomAccessFile in = new RandomAccessFile(file.toFile(), "r")) {
      byte[] last = new byte[(int) Math.min(CHECKSUM_BYTES, in.length())];
      in.seek(in.length() - last.length);
      in.readFully(last);
      return HexFormat.of().formatHex(last);
    }
  }

  private Node small(String name, byte[] content) throws IOException {
    Content stored = sink.store(new ByteArrayInputStream(content));
    bytesRead += content.length;
    changedFiles++;
    return file(name, FILE, stored);
  }

  private Node.File file(String name, Attributes attributes, Content content) {
    files++;
    bytes += content.bytes();
    return new Node.File(Name.of(name), attributes, content.bytes(), content, null, null);
  }

  private Node.Directory directory(String name, List<? extends Node> nodes) {
    directories++;
    return new Node.Directory(Name.of(name), DIRECTORY, sink.storeDirectory(List.copyOf(nodes)));
  }

  /** Compares the bytes that pass with the checksum that their file carries. */
  private abstract static class Checksum {
    private final Path file;
    final MessageDigest digest;

    Checksum(Path file, MessageDigest digest) {
      this.file = file;
      this.digest = digest;
    }

    abstract void update(byte[] buffer, int offset, int count);

    abstract boolean matches();

    void require() throws DamagedMirror {
      if (!matches()) {
        throw new DamagedMirror(file + " is not what its checksum says", null);
      }
    }

    InputStream around(InputStream in) {
      return new FilterInputStream(in) {
        @Override
        public int read() throws IOException {
          byte[] one = new byte[1];
          return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] buffer, int offset, int count) throws IOException {
          int got = super.read(buffer, offset, count);
          if (got > 0) {
            update(buffer, offset, got);
          }
          return got;
        }

        @Override
        public long skip(long count) throws IOException {
          return readNBytes((int) Math.min(count, 1 << 16)).length;
        }

        @Override
        public boolean markSupported() {
          return false;
        }
      };
    }

    /** Packs and indexes: SHA-1 of all but the last 20 bytes, which are that hash. */
    static final class OfPack extends Checksum {
      private byte[] held = new byte[0];

      OfPack(Path file) {
        super(file, Constants.newMessageDigest());
      }

      @Override
      void update(byte[] buffer, int offset, int count) {
        if (count >= CHECKSUM_BYTES) {
          digest.update(held);
          digest.update(buffer, offset, count - CHECKSUM_BYTES);
          held = Arrays.copyOfRange(buffer, offset + count - CHECKSUM_BYTES, offset + count);
          return;
        }
        byte[] joined = Arrays.copyOf(held, held.length + count);
        System.arraycopy(buffer, offset, joined, held.length, count);
        int settled = Math.max(0, joined.length - CHECKSUM_BYTES);
        digest.update(joined, 0, settled);
        held = Arrays.copyOfRange(joined, settled, joined.length);
      }

      @Override
      boolean matches() {
        return Arrays.equals(held, digest.digest());
      }
    }

    /** LFS objects: SHA-256, which is the name. */
    static final class OfLfs extends Checksum {
      private final String oid;

      OfLfs(Path file) {
        super(file, Digest.sha256());
        this.oid = file.getFileName().toString();
      }

      @Override
      void update(byte[] buffer, int offset, int count) {
        digest.update(buffer, offset, count);
      }

      @Override
      boolean matches() {
        return HexFormat.of().formatHex(digest.digest()).equals(oid);
      }
    }
  }
}
