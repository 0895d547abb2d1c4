package dev.lifeboat.sources.directory;

import dev.lifeboat.sources.posix.RawPath;
import dev.lifeboat.vault.tree.Attributes;
import dev.lifeboat.vault.tree.Node;
import dev.lifeboat.vault.tree.TreePath;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

/**
 * Writes nodes below one directory, in any order and from many threads.
 *
 * <p>Nothing is ever written outside the root: every component of every path is opened relative to
 * its parent without following symbolic links, also those that somebody plants while the restore
 * runs. Everything but a directory appears under its own name only when it is whole; until then it
 * has a temporary name in the same directory. Directories are writable for this user alone until
 * {@link #finish} gives them their attributes.
 *
 * <p>Missing parents are made. An {@link IOException} concerns the one node that was asked for: the
 * others can go on.
 */
@SuppressWarnings("DoNotCallSuggester") // The shape first; what it does follows.
public final class TreeWriter implements AutoCloseable {
  private TreeWriter() {}

  /**
   * Opens a root, making it and its parents if they are missing. A symbolic link is followed here,
   * and nowhere below.
   */
  public static TreeWriter open(RawPath root, TreeWriterSettings settings) throws IOException {
    throw new UnsupportedOperationException();
  }

  /**
   * Opens a root that exists, to look at what is there: makes nothing.
   *
   * @return empty if there is no directory of that name
   */
  public static Optional<TreeWriter> openExisting(RawPath root, TreeWriterSettings settings)
      throws IOException {
    throw new UnsupportedOperationException();
  }

  /** Bytes that this user may still write to the root's file system. */
  public long freeBytes() throws IOException {
    throw new UnsupportedOperationException();
  }

  /**
   * Makes a directory, or takes the one that exists, whose attributes are then replaced unless the
   * policy is {@link Overwrite#NEVER}. The root takes attributes like any other.
   */
  public Outcome directory(TreePath path, Attributes attributes) throws IOException {
    throw new UnsupportedOperationException();
  }

  /** Begins a file. Until the {@link FileWriter} finishes, what exists under the name stays. */
  public Begun begin(TreePath path, Node.File file) throws IOException {
    throw new UnsupportedOperationException();
  }

  /** Whether a file is to be written. */
  public sealed interface Begun {
    /** It is; the caller closes the writer. */
    record Writing(FileWriter writer) implements Begun {}

    /** It is not. */
    record Skipped(Outcome.Skipped outcome) implements Begun {}
  }

  public Outcome symlink(TreePath path, Node.Symlink symlink) throws IOException {
    throw new UnsupportedOperationException();
  }

  public Outcome special(TreePath path, Node.Special special) throws IOException {
    throw new UnsupportedOperationException();
  }

  /**
   * Makes {@code path} another name of the file or special node {@code first}, which this restore
   * has written or found equal. Where the file system has no hard links this throws.
   */
  public Outcome link(TreePath first, TreePath path, Attributes attributes) throws IOException {
    throw new UnsupportedOperationException();
  }

  /**
   * Opens the regular file that exists under a name, to find what of {@code file} it has already.
   *
   * @return empty if there is none; the caller closes it
   */
  public Optional<ExistingFile> existing(TreePath path, Node.File file) throws IOException {
    throw new UnsupportedOperationException();
  }

  /**
   * Gives an existing file, whose content the caller found equal, the attributes of the snapshot,
   * whatever the policy. A file with other names outside this restore changes there too.
   */
  public Outcome attributes(TreePath path, Node.File file) throws IOException {
    throw new UnsupportedOperationException();
  }

  /**
   * Gives all directories their attributes, the deepest first, and ends the writing. To be called
   * when every file is finished.
   *
   * @return what the target could not take, each kind once
   */
  public List<WriteWarning> finish() throws IOException {
    throw new IOException("not written");
  }

  /** Lets go of the root. Without {@link #finish}, directories stay private to this user. */
  @Override
  public void close() {
    throw new UnsupportedOperationException();
  }
}
