package dev.lifeboat.sources.git;

import java.io.IOException;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Set;
import org.eclipse.jgit.lib.Config;
import org.eclipse.jgit.lib.EmptyProgressMonitor;
import org.eclipse.jgit.lib.ObjectChecker;
import org.eclipse.jgit.lib.ObjectChecker.ErrorType;
import org.eclipse.jgit.lib.ProgressMonitor;
import org.eclipse.jgit.lib.Repository;
import org.eclipse.jgit.storage.file.FileBasedConfig;
import org.eclipse.jgit.storage.file.FileRepositoryBuilder;
import org.eclipse.jgit.util.FS;
import org.eclipse.jgit.util.SystemReader;

/** How JGit is used here. */
final class Jgit {
  /**
   * Faults that break an object. Every other rule of {@link ObjectChecker} is about what new
   * commits should not look like: old histories are full of such things (padded modes, odd dates)
   * and must be backed up as they are.
   */
  private static final Set<ErrorType> BROKEN =
      EnumSet.of(
          ErrorType.UNKNOWN_TYPE,
          ErrorType.BAD_OBJECT_SHA1,
          ErrorType.BAD_PARENT_SHA1,
          ErrorType.BAD_TREE_SHA1,
          ErrorType.MISSING_OBJECT,
          ErrorType.MISSING_TREE,
          ErrorType.MISSING_TYPE_ENTRY);

  static {
    SystemReader.setInstance(new NobodysSettings(SystemReader.getInstance()));
  }

  private Jgit() {}

  /** Opens a repository that must exist. */
  static Repository open(Path gitDirectory) throws IOException {
    return new FileRepositoryBuilder().setGitDir(gitDirectory.toFile()).setMustExist(true).build();
  }

  /** Opens a repository that must exist, with its working tree. */
  static Repository open(Path gitDirectory, Path workTree) throws IOException {
    return new FileRepositoryBuilder()
        .setGitDir(gitDirectory.toFile())
        .setWorkTree(workTree.toFile())
        .setMustExist(true)
        .build();
  }

  /** Checks what breaks objects, and nothing else. */
  static ObjectChecker checker() {
    EnumSet<ErrorType> ignored = EnumSet.allOf(ErrorType.class);
    ignored.removeAll(BROKEN);
    return new ObjectChecker().setIgnore(ignored);
  }

  /** Stops JGit when the thread is interrupted. */
  static ProgressMonitor untilInterrupted() {
    return new EmptyProgressMonitor() {
      @Override
      public boolean isCancelled() {
        return Thread.currentThread().isInterrupted();
      }
    };
  }

  /**
   * Leaves out the settings of whoever runs the program: {@code url.insteadOf}, {@code fetch.prune}
   * and their like must not change what is backed up, and JGit must not write its measurements into
   * somebody's home.
   */
  private static final class NobodysSettings extends SystemReader.Delegate {
    NobodysSettings(SystemReader delegate) {
      super(delegate);
    }

    @Override
    public FileBasedConfig openUserConfig(Config parent, FS fs) {
      return new Unsaved(parent, fs);
    }

    @Override
    public FileBasedConfig openSystemConfig(Config parent, FS fs) {
      return new Unsaved(parent, fs);
    }

    @Override
    public FileBasedConfig openJGitConfig(Config parent, FS fs) {
      return new Unsaved(parent, fs);
    }
  }

  private static final class Unsaved extends FileBasedConfig {
    Unsaved(Config parent, FS fs) {
      super(parent, new java.io.File("/dev/null"), fs);
    }

    @Override
    public void load() {}

    @Override
    public void save() {}

    @Override
    public boolean isOutdated() {
      return false;
    }
  }
}
