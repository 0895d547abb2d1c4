package dev.lifeboat.vault.region;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;

/** How a finished file gets its name: at once, and never over another file. */
enum NameClaim {
  /** With {@code link}, which is atomic and refuses taken names; else as {@link #LOCK}. */
  LINK_OR_LOCK {
    @Override
    void claim(Path draft, Path target) throws IOException {
      try {
        Files.createLink(target, draft);
      } catch (FileAlreadyExistsException | NoSuchFileException | AccessDeniedException e) {
        throw e;
      } catch (UnsupportedOperationException e) {
        LOCK.claim(draft, target);
      } catch (FileSystemException e) {
        // FAT, exFAT and some network file systems have no hard links. Should it have been anything
        // else, the rename fails, too, or does what was asked.
        LOCK.claim(draft, target);
      }
    }
  },

  /**
   * With a rename under a lock that all writers of the region take, because rename alone replaces.
   */
  LOCK {
    @Override
    void claim(Path draft, Path target) throws IOException {
      Path lockFile = draft.resolveSibling(TemporaryFiles.RENAME_LOCK);
      WITHIN_PROCESS.lock();
      try (FileChannel channel =
              FileChannel.open(
                  lockFile, Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE));
          FileLock _ = channel.lock()) {
        if (Files.exists(target)) {
          throw new FileAlreadyExistsException(target.toString());
        }
        Files.move(draft, target, StandardCopyOption.ATOMIC_MOVE);
      } finally {
        WITHIN_PROCESS.unlock();
      }
    }
  };

  /** File locks exclude other processes only. */
  private static final ReentrantLock WITHIN_PROCESS = new ReentrantLock();

  /**
   * Gives the draft its name; its temporary name may stay beside it.
   *
   * @throws FileAlreadyExistsException if the name is taken; nothing has changed then
   * @throws NoSuchFileException if the draft or the directory of the target is gone
   */
  abstract void claim(Path draft, Path target) throws IOException;
}
