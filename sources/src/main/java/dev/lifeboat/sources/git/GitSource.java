package dev.lifeboat.sources.git;

import dev.lifeboat.sources.CaptureContext;
import dev.lifeboat.sources.Secret;
import dev.lifeboat.sources.Source;
import dev.lifeboat.sources.SourceException;
import dev.lifeboat.vault.snapshot.Captured;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Git repositories, captured through mirrors that never forget.
 *
 * <p>Each origin has a bare mirror in the state directory. A night fetches what is new into it,
 * keeps what the origin dropped, and puts the mirror into the snapshot as {@code <name>.git}. An
 * origin that cannot be fetched is a problem of the snapshot, which then holds its last known
 * state; when none can be fetched there is no snapshot.
 */
public final class GitSource implements Source {
  static final String KIND = "git";

  private final GitSettings settings;
  private final Optional<Secret> password;
  private final Optional<Secret> passphrase;
  private final int mostPacks;

  /**
   * @param password for {@code https}, sent to the hosts of the configured URLs only; closed by the
   *     caller when the source is done with
   * @param passphrase of the private key for {@code ssh}; closed by the caller
   */
  public GitSource(GitSettings settings, Optional<Secret> password, Optional<Secret> passphrase) {
    this(settings, password, passphrase, PackConsolidation.MOST_PACKS);
  }

  GitSource(
      GitSettings settings, Optional<Secret> password, Optional<Secret> passphrase, int mostPacks) {
    this.settings = settings;
    this.password = password;
    this.passphrase = passphrase;
    this.mostPacks = mostPacks;
  }

  @Override
  public String kind() {
    return KIND;
  }

  @Override
  public Captured capture(CaptureContext context) throws SourceException, InterruptedException {
    try {
      Path ssh = Files.createDirectories(context.state().resolve("ssh"));
      Files.createDirectories(context.state().resolve("mirrors"));
      try (FileChannel file =
              FileChannel.open(
                  context.state().resolve("git.lock"),
                  StandardOpenOption.CREATE,
                  StandardOpenOption.WRITE);
          // Held by the process: when it dies, whatever else lies around is nobody's.
          FileLock lock = lock(file, context.state());
          Connections connections = new Connections(settings, password, passphrase, ssh)) {
        if (!lock.isValid()) {
          throw new IOException("the lock was lost");
        }
        return new GitCapture(settings, connections, context, mostPacks).run();
      }
    } catch (IOException e) {
      throw new SourceException.Failed(
          "the mirrors in %s cannot be used: %s".formatted(context.state(), e), e);
    }
  }

  private static FileLock lock(FileChannel file, Path state) throws IOException, SourceException {
    @Nullable FileLock lock;
    try {
      lock = file.tryLock();
    } catch (OverlappingFileLockException e) {
      lock = null;
    }
    if (lock == null) {
      throw new SourceException.Refused(
          "the mirrors in %s are being used by another run: wait for it to end".formatted(state));
    }
    return lock;
  }
}
