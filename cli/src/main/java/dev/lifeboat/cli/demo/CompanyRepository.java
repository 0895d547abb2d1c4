package dev.lifeboat.cli.demo;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.SortedMap;
import java.util.TreeMap;
import org.eclipse.jgit.api.Git;
import org.eclipse.jgit.api.errors.GitAPIException;
import org.eclipse.jgit.lib.ObjectId;
import org.eclipse.jgit.lib.PersonIdent;
import org.eclipse.jgit.lib.Ref;
import org.eclipse.jgit.lib.Repository;
import org.eclipse.jgit.revwalk.RevCommit;
import org.eclipse.jgit.revwalk.RevWalk;

/** One of the company's source repositories, with some history. */
final class CompanyRepository {
  private static final Instant EPOCH = Instant.parse("2026-01-05T09:00:00Z");

  private final Path directory;
  private int commits;

  CompanyRepository(Path directory) {
    this.directory = directory;
  }

  void make(int history) throws IOException, GitAPIException {
    try (Git git = Git.init().setDirectory(directory.toFile()).setInitialBranch("main").call()) {
      for (int i = 0; i < history; i++) {
        commit(git);
      }
      git.tag()
          .setName("v1.0")
          .setMessage("First release")
          .setTagger(person())
          .setSigned(false)
          .call();
      git.branchCreate().setName("feature/search").call();
    }
  }

  /** A day of work. */
  void live() throws IOException, GitAPIException {
    try (Git git = Git.open(directory.toFile())) {
      commit(git);
      commit(git);
    }
  }

  private void commit(Git git) throws IOException, GitAPIException {
    commits++;
    Path file = directory.resolve("src/module%02d.txt".formatted(commits % 12));
    Files.createDirectories(file.getParent());
    Files.writeString(file, "change %d%n".formatted(commits).repeat(30 + commits));
    git.add().addFilepattern(".").call();
    git.commit()
        .setMessage("Change " + commits)
        .setAuthor(person())
        .setCommitter(person())
        .setSign(false)
        .call();
  }

  private PersonIdent person() {
    return new PersonIdent(
        "Dev", "dev@example.org", EPOCH.plusSeconds(3600L * commits), ZoneOffset.UTC);
  }

  /** Every branch and tag with its object id. */
  static SortedMap<String, String> refs(Path repository) throws IOException {
    SortedMap<String, String> refs = new TreeMap<>();
    try (Git git = Git.open(repository.toFile())) {
      for (Ref ref : git.getRepository().getRefDatabase().getRefs()) {
        boolean branchOrTag =
            ref.getName().startsWith("refs/heads/") || ref.getName().startsWith("refs/tags/");
        if (branchOrTag) {
          refs.put(ref.getName(), ref.getObjectId().name());
        }
      }
    }
    return refs;
  }

  /** Number of commits that can be reached and read, from all branches. */
  static int history(Path repository) throws IOException {
    int count = 0;
    try (Git git = Git.open(repository.toFile());
        RevWalk walk = new RevWalk(git.getRepository())) {
      Repository opened = git.getRepository();
      for (Ref ref : opened.getRefDatabase().getRefsByPrefix("refs/heads/")) {
        ObjectId id = ref.getObjectId();
        walk.markStart(walk.parseCommit(id));
      }
      for (RevCommit commit : walk) {
        walk.parseBody(commit);
        count++;
      }
    }
    return count;
  }
}
