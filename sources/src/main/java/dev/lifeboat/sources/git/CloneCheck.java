package dev.lifeboat.sources.git;

import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import org.eclipse.jgit.api.Git;
import org.eclipse.jgit.api.ResetCommand;
import org.eclipse.jgit.api.errors.GitAPIException;
import org.eclipse.jgit.attributes.Attribute;
import org.eclipse.jgit.dircache.DirCache;
import org.eclipse.jgit.dircache.DirCacheIterator;
import org.eclipse.jgit.lib.Constants;
import org.eclipse.jgit.lib.CoreConfig.EolStreamType;
import org.eclipse.jgit.lib.FileMode;
import org.eclipse.jgit.lib.ObjectId;
import org.eclipse.jgit.lib.ObjectInserter;
import org.eclipse.jgit.lib.Repository;
import org.eclipse.jgit.lib.StoredConfig;
import org.eclipse.jgit.transport.RefSpec;
import org.eclipse.jgit.treewalk.TreeWalk;

/**
 * A real clone of branches, tags and HEAD, with a checkout that is compared file by file: kind and
 * bytes of every entry. Files that {@code .gitattributes} has converted on checkout are compared in
 * kind only.
 */
final class CloneCheck {
  private CloneCheck() {}

  /**
   * Clones into a directory that does not exist yet.
   *
   * @return the id of the tree that was checked out; otherwise a sentence about what is wrong
   */
  static String run(Path gitDirectory, Path target) {
    try (Repository origin = Jgit.open(gitDirectory);
        Git git = Git.init().setDirectory(target.toFile()).call()) {
      // Else a fetch tidies up in the background while the clone is being deleted: detached, JGit
      // makes a lock file before it asks whether there is anything to do.
      StoredConfig config = git.getRepository().getConfig();
      config.setInt("gc", null, "auto", 0);
      config.setInt("gc", null, "autopacklimit", 0);
      config.setBoolean("gc", null, "autodetach", false);
      config.save();
      git.fetch()
          .setRemote(gitDirectory.toUri().toString())
          .setRefSpecs(
              // HEAD by itself, because a detached one may be on no branch.
              new RefSpec("+HEAD:refs/remotes/checked/HEAD"),
              new RefSpec("+refs/heads/*:refs/remotes/origin/*"),
              new RefSpec("+refs/tags/*:refs/tags/*"))
          .setCheckFetchedObjects(false)
          .call();
      git.reset()
          .setMode(ResetCommand.ResetType.HARD)
          .setRef(origin.resolve("HEAD^{commit}").name())
          .call();
      return compare(git.getRepository(), target);
    } catch (GitAPIException | IOException | RuntimeException e) {
      return "clone failed: " + e.getMessage();
    }
  }

  private static String compare(Repository repository, Path target) throws IOException {
    DirCache index = repository.readDirCache();
    try (TreeWalk walk = new TreeWalk(repository);
        ObjectInserter.Formatter hash = new ObjectInserter.Formatter()) {
      walk.setOperationType(TreeWalk.OperationType.CHECKIN_OP);
      walk.addTree(new DirCacheIterator(index));
      walk.setRecursive(true);
      while (walk.next()) {
        String path = walk.getPathString();
        if (!canName(path)) {
          return "%s cannot be written in this locale: run with LC_ALL=C.UTF-8".formatted(path);
        }
        Path file = target.resolve(path);
        int mode = walk.getRawMode(0);
        boolean right;
        if (FileMode.GITLINK.equals(mode)) {
          right = Files.isDirectory(file, LinkOption.NOFOLLOW_LINKS);
        } else if (FileMode.SYMLINK.equals(mode)) {
          right =
              Files.isSymbolicLink(file)
                  && hash.idFor(
                          Constants.OBJ_BLOB,
                          Files.readSymbolicLink(file)
                              .toString()
                              .getBytes(java.nio.charset.StandardCharsets.UTF_8))
                      .equals(walk.getObjectId(0));
        } else {
          right =
              Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)
                  && (isConverted(walk) || sameBytes(hash, file, walk.getObjectId(0)));
        }
        if (!right) {
          return "%s is not in the clone as it was committed".formatted(path);
        }
      }
    }
    try (ObjectInserter inserter = repository.newObjectInserter()) {
      return index.writeTree(inserter).name();
    }
  }

  private static boolean sameBytes(ObjectInserter.Formatter hash, Path file, ObjectId expected)
      throws IOException {
    try (var in = Files.newInputStream(file)) {
      return hash.idFor(Constants.OBJ_BLOB, Files.size(file), in).equals(expected);
    }
  }

  private static boolean isConverted(TreeWalk walk) throws IOException {
    Attribute filter = walk.getAttributes().get(Constants.ATTR_FILTER);
    Attribute encoding = walk.getAttributes().get("working-tree-encoding");
    return walk.getEolStreamType(TreeWalk.OperationType.CHECKOUT_OP) != EolStreamType.DIRECT
        || filter != null
        || encoding != null;
  }

  /** Whether the names of this process can express a path; under {@code LANG=C} only ASCII can. */
  static boolean canName(String path) {
    return Charset.forName(System.getProperty("sun.jnu.encoding", "UTF-8"))
        .newEncoder()
        .canEncode(path);
  }

  /** Whether all blobs of a tree can be named, so that a checkout would not garble one. */
  static boolean canCheckOut(Repository repository, ObjectId tree) throws IOException {
    try (TreeWalk walk = new TreeWalk(repository)) {
      walk.addTree(tree);
      walk.setRecursive(true);
      while (walk.next()) {
        if (!canName(walk.getPathString())) {
          return false;
        }
      }
      return true;
    }
  }
}
