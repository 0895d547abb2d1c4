package dev.lifeboat.sources.directory;

import dev.lifeboat.sources.SourceException;
import dev.lifeboat.sources.fence.Fence;
import dev.lifeboat.sources.fence.FenceContext;
import dev.lifeboat.sources.fence.Fenced;
import dev.lifeboat.sources.fence.TargetFault;
import dev.lifeboat.sources.fence.Trial;
import dev.lifeboat.sources.fence.Trials;
import dev.lifeboat.vault.Digest;
import dev.lifeboat.vault.VaultException;
import dev.lifeboat.vault.snapshot.Expectations;
import dev.lifeboat.vault.snapshot.SnapshotHeader;
import dev.lifeboat.vault.snapshot.SnapshotView;
import dev.lifeboat.vault.tree.Content;
import dev.lifeboat.vault.tree.Node;
import java.io.IOException;
import java.io.InputStream;
import java.io.RandomAccessFile;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/** A scratch directory. */
public final class DirectoryFence implements Fence {
  private static final int SAMPLE_FILES = 100;

  @Override
  public String kind() {
    return DirectorySource.KIND;
  }

  @Override
  public Fenced raise(SnapshotHeader snapshot, FenceContext context) {
    return new Scratch(context.directory().resolve("files"));
  }

  private record Scratch(Path files) implements Fenced {
    @Override
    public URI target() {
      return files.toUri();
    }

    @Override
    public SortedMap<String, String> isolation() {
      return new TreeMap<>(Map.of("directory", "scratch directory " + files));
    }

    @Override
    public SortedMap<String, String> tools() {
      return new TreeMap<>();
    }

    /**
     * Reads files with nothing of what wrote or measured them, and holds them against the bytes of
     * the snapshot.
     */
    @Override
    public Trials tryOut(SnapshotView snapshot) throws SourceException {
      Sample sample = new Sample(snapshot);
      sample.directory(snapshot.root(), files);
      String actual =
          sample.wrong.isEmpty()
              ? "%d files equal".formatted(sample.read)
              : "%d differ: %s".formatted(sample.wrong.size(), sample.wrong.getFirst());
      return sample.read == 0
          ? new Trials(List.of(), List.of("contents of files: the sample found none to read"))
          : new Trials(
              List.of(
                  new Trial(
                      "sample of contents",
                      "%d files equal".formatted(sample.read),
                      actual,
                      sample.read,
                      sample.wrong.isEmpty())),
              List.of());
    }

    @Override
    public String ask(String database, String sql) throws SourceException {
      throw new SourceException.Refused("files answer no SQL: check them with a command");
    }

    @Override
    public List<TargetFault> faults(Expectations sealed) throws SourceException {
      Optional<Path> largest = largest();
      if (largest.isEmpty()) {
        return List.of();
      }
      Path file = largest.get();
      return List.of(
          new TargetFault(
              "changed file",
              "one bit of %s flipped, its time kept".formatted(file),
              "content-hash",
              () -> flip(file)),
          new TargetFault("missing file", file + " removed", "files", () -> remove(file)));
    }

    private Optional<Path> largest() throws SourceException {
      class Largest extends SimpleFileVisitor<Path> {
        private Optional<Path> path = Optional.empty();
        private long bytes;

        @Override
        public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
          if (attributes.isRegularFile() && attributes.size() > bytes) {
            path = Optional.of(file);
            bytes = attributes.size();
          }
          return FileVisitResult.CONTINUE;
        }
      }
      try {
        Largest found = new Largest();
        Files.walkFileTree(files, found);
        return found.path;
      } catch (IOException e) {
        throw new SourceException.Failed("cannot read %s: %s".formatted(files, e.getMessage()), e);
      }
    }

    private static void flip(Path file) throws SourceException {
      try {
        var time = Files.getLastModifiedTime(file);
        try (RandomAccessFile bytes = new RandomAccessFile(file.toFile(), "rw")) {
          long middle = bytes.length() / 2;
          bytes.seek(middle);
          int old = bytes.read();
          bytes.seek(middle);
          bytes.write(old ^ 1);
        }
        Files.setLastModifiedTime(file, time);
      } catch (IOException e) {
        throw new SourceException.Failed("cannot change %s: %s".formatted(file, e.getMessage()), e);
      }
    }

    private static void remove(Path file) throws SourceException {
      try {
        Files.delete(file);
      } catch (IOException e) {
        throw new SourceException.Failed("cannot remove %s: %s".formatted(file, e.getMessage()), e);
      }
    }

    @Override
    public void close() {}
  }

  /** Files spread over the tree: the first ones of each directory, until there are enough. */
  private static final class Sample {
    private final SnapshotView snapshot;
    private final List<String> wrong = new ArrayList<>();
    private long read;

    Sample(SnapshotView snapshot) {
      this.snapshot = snapshot;
    }

    void directory(Content content, Path place) throws SourceException {
      int here = 0;
      for (Node node : snapshot.list(content)) {
        if (read >= SAMPLE_FILES) {
          return;
        }
        Optional<Path> path = path(place, node);
        if (path.isEmpty()) {
          continue; // a name that this locale cannot express
        }
        if (node instanceof Node.Directory below) {
          directory(below.content(), path.get());
        } else if (node instanceof Node.File file && file.extents() == null && here++ < 8) {
          // With holes, what is stored is not what is read; the root hash has those.
          file(file, path.get());
        }
      }
    }

    private static Optional<Path> path(Path place, Node node) {
      String name = node.name().toString();
      try {
        return Arrays.equals(name.getBytes(StandardCharsets.UTF_8), node.name().toBytes())
            ? Optional.of(place.resolve(name))
            : Optional.empty();
      } catch (InvalidPathException e) {
        return Optional.empty();
      }
    }

    private void file(Node.File file, Path path) throws SourceException {
      read++;
      try (InputStream expected = snapshot.open(file.content())) {
        if (!Files.isRegularFile(path)) {
          wrong.add(path + " is not there");
          return;
        }
        try (InputStream found = Files.newInputStream(path)) {
          if (!MessageDigest.isEqual(digest(expected), digest(found))) {
            wrong.add(path + " has other bytes");
          }
        }
      } catch (VaultException.Damaged e) {
        wrong.add("%s: %s".formatted(path, e.getMessage()));
      } catch (IOException e) {
        throw new SourceException.Failed("cannot read %s: %s".formatted(path, e.getMessage()), e);
      }
    }

    private static byte[] digest(InputStream in) throws IOException {
      MessageDigest digest = Digest.sha256();
      byte[] buffer = new byte[1 << 16];
      for (int got = in.read(buffer); got >= 0; got = in.read(buffer)) {
        digest.update(buffer, 0, got);
      }
      return digest.digest();
    }
  }
}
