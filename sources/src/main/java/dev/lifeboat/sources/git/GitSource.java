package dev.lifeboat.sources.git;

import dev.lifeboat.sources.CaptureContext;
import dev.lifeboat.sources.Secret;
import dev.lifeboat.sources.Source;
import dev.lifeboat.sources.SourceException;
import dev.lifeboat.vault.snapshot.Captured;
import java.util.Optional;

/** Git repositories, captured through mirrors that never forget. */
public final class GitSource implements Source {
  static final String KIND = "git";

  private final GitSettings settings;
  private final Optional<Secret> password;
  private final Optional<Secret> passphrase;

  /**
   * @param password for {@code https}, sent to the hosts of the configured URLs only; closed by the
   *     caller when the source is done with
   * @param passphrase of the private key for {@code ssh}; closed by the caller
   */
  public GitSource(GitSettings settings, Optional<Secret> password, Optional<Secret> passphrase) {
    this.settings = settings;
    this.password = password;
    this.passphrase = passphrase;
  }

  @Override
  public String kind() {
    return KIND;
  }

  @Override
  public Captured capture(CaptureContext context) throws SourceException, InterruptedException {
    throw new UnsupportedOperationException(
        settings + " " + password.isPresent() + passphrase.isPresent() + context.state());
  }
}
