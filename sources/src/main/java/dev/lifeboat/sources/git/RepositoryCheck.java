package dev.lifeboat.sources.git;

import dev.lifeboat.vault.Digest;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import org.eclipse.jgit.errors.CorruptPackIndexException;
import org.eclipse.jgit.internal.fsck.FsckError.CorruptObject;
import org.eclipse.jgit.internal.fsck.FsckPackParser;
import org.eclipse.jgit.internal.storage.dfs.ReadableChannel;
import org.eclipse.jgit.internal.storage.file.PackIndex;
import org.eclipse.jgit.lib.Constants;
import org.eclipse.jgit.lib.NullProgressMonitor;
import org.eclipse.jgit.lib.ObjectReader;
import org.eclipse.jgit.lib.Ref;
import org.eclipse.jgit.lib.Repository;
import org.eclipse.jgit.revwalk.ObjectWalk;
import org.eclipse.jgit.revwalk.RevObject;

/**
 * A full check of a repository. What is checked: every object of every pack is inflated, hashed and
 * its form looked at; packs against their checksums and their indexes; everything reachable from
 * every ref is there; every LFS object has the SHA-256 of its name. Not checked: the matters of
 * taste that {@code git fsck --strict} warns of.
 */
final class RepositoryCheck {
  private final Path gitDirectory;
  private final List<String> faults = new ArrayList<>();

  RepositoryCheck(Path gitDirectory) {
    this.gitDirectory = gitDirectory;
  }

  /** Every fault found; none for a sound repository. */
  List<String> run() {
    try (Repository repository = Jgit.open(gitDirectory)) {
      for (Path pack : RepositoryFacts.packs(gitDirectory)) {
        checkPack(repository, pack);
      }
      checkConnectivity(repository);
      checkLfs();
    } catch (IOException | RuntimeException e) {
      faults.add(e.toString());
    }
    return faults;
  }

  private void checkPack(Repository repository, Path pack) {
    try (FileChannel file = FileChannel.open(pack);
        ReadableFile channel = new ReadableFile(file)) {
      FsckPackParser parser = new FsckPackParser(repository.getObjectDatabase(), channel);
      parser.setObjectChecker(Jgit.checker());
      parser.parse(NullProgressMonitor.INSTANCE);
      for (CorruptObject corrupt : parser.getCorruptObjects()) {
        faults.add(
            "%s: object %s is corrupt".formatted(pack.getFileName(), corrupt.getId().name()));
      }
      String name = pack.getFileName().toString().replaceFirst("\\.pack$", ".idx");
      parser.verifyIndex(PackIndex.open(pack.resolveSibling(name).toFile()));
    } catch (IOException | CorruptPackIndexException | RuntimeException e) {
      faults.add(pack.getFileName() + ": " + e);
    }
  }

  private void checkConnectivity(Repository repository) throws IOException {
    try (ObjectWalk walk = new ObjectWalk(repository);
        ObjectReader reader = repository.newObjectReader()) {
      for (Ref ref : repository.getRefDatabase().getRefsByPrefix("refs/")) {
        try {
          walk.markStart(walk.parseAny(ref.getObjectId()));
        } catch (IOException e) {
          faults.add(ref.getName() + ": " + e.getMessage());
        }
      }
      while (walk.next() != null) {
        // Marks the trees on the way.
      }
      for (RevObject object = walk.nextObject(); object != null; object = walk.nextObject()) {
        if (object.getType() == Constants.OBJ_BLOB && !reader.has(object)) {
          faults.add("missing blob " + object.name());
        }
      }
    }
  }

  private void checkLfs() throws IOException {
    faults.addAll(lfsFaults(gitDirectory));
  }

  /** The LFS objects of a git directory that are not what their names say. */
  static List<String> lfsFaults(Path gitDirectory) throws IOException {
    List<String> faults = new ArrayList<>();
    for (Path file : lfsObjects(gitDirectory)) {
      var digest = Digest.sha256();
      try (var in = Files.newInputStream(file)) {
        byte[] buffer = new byte[1 << 16];
        for (int got = in.read(buffer); got >= 0; got = in.read(buffer)) {
          digest.update(buffer, 0, got);
        }
      }
      if (!HexFormat.of().formatHex(digest.digest()).equals(file.getFileName().toString())) {
        faults.add("LFS object " + file.getFileName() + " is not what its name says");
      }
    }
    return faults;
  }

  /** The LFS objects of a git directory, in order. */
  static List<Path> lfsObjects(Path gitDirectory) throws IOException {
    Path objects = gitDirectory.resolve("lfs/objects");
    if (!Files.isDirectory(objects)) {
      return List.of();
    }
    try (Stream<Path> files = Files.walk(objects)) {
      return files.filter(Files::isRegularFile).sorted().toList();
    }
  }

  /** A file for JGit's pack checker. */
  private record ReadableFile(FileChannel file) implements ReadableChannel {
    @Override
    public int read(ByteBuffer buffer) throws IOException {
      return file.read(buffer);
    }

    @Override
    public long position() throws IOException {
      return file.position();
    }

    @Override
    public void position(long position) throws IOException {
      file.position(position);
    }

    @Override
    public long size() throws IOException {
      return file.size();
    }

    @Override
    public int blockSize() {
      return 0;
    }

    @Override
    public void setReadAheadBytes(int bytes) {}

    @Override
    public boolean isOpen() {
      return file.isOpen();
    }

    @Override
    public void close() throws IOException {
      file.close();
    }
  }
}
