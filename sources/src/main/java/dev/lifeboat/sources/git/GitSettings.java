package dev.lifeboat.sources.git;

import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Which repositories are backed up and how they are reached. Passwords are no part of it, see
 * {@link GitSource}.
 *
 * @param urls repositories, each fetched from its own URL
 * @param directories each a repository, or a directory that holds repositories somewhere below
 * @param depth how many levels below a directory repositories are looked for
 * @param username for {@code https}; the password comes apart
 * @param privateKey file with the private key for {@code ssh}
 * @param knownHosts file in the format of OpenSSH with the host keys of all {@code ssh} servers; a
 *     server that is not in it, or shows another key, is refused
 * @param lfs whether objects of Git LFS are backed up too
 * @param timeout after which a server that sends nothing is given up
 */
public record GitSettings(
    List<GitUrl> urls,
    List<Path> directories,
    int depth,
    Optional<String> username,
    Optional<Path> privateKey,
    Optional<Path> knownHosts,
    boolean lfs,
    Duration timeout) {
  public static final int DEFAULT_DEPTH = 4;
  public static final Duration DEFAULT_TIMEOUT = Duration.ofMinutes(5);

  public GitSettings {
    urls = List.copyOf(urls);
    directories = List.copyOf(directories);
    if (urls.isEmpty() && directories.isEmpty()) {
      throw new IllegalArgumentException("a git dataset names at least one URL or directory");
    }
    Set<String> seen = new HashSet<>();
    for (GitUrl url : urls) {
      if (!seen.add(url.text())) {
        throw new IllegalArgumentException("repository named twice: " + url);
      }
    }
    if (depth < 0 || depth > 32) {
      throw new IllegalArgumentException("depth must be 0 to 32, not " + depth);
    }
    if (timeout.compareTo(Duration.ofSeconds(1)) < 0 || timeout.compareTo(Duration.ofDays(1)) > 0) {
      throw new IllegalArgumentException("timeout must be one second to one day, not " + timeout);
    }
    boolean ssh = urls.stream().anyMatch(url -> url.transport() == GitUrl.Transport.SSH);
    if (ssh && (privateKey.isEmpty() || knownHosts.isEmpty())) {
      throw new IllegalArgumentException(
          "ssh repositories need a private key and a known_hosts file: configure both (ssh-keyscan prints host keys; compare them with the server's)");
    }
  }

  /** These repositories, nothing else special. */
  public static GitSettings of(List<GitUrl> urls, List<Path> directories) {
    return new GitSettings(
        urls,
        directories,
        DEFAULT_DEPTH,
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        true,
        DEFAULT_TIMEOUT);
  }
}
