package dev.lifeboat.sources.git;

import dev.lifeboat.sources.Secret;
import java.net.InetSocketAddress;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.security.PublicKey;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.eclipse.jgit.errors.NotSupportedException;
import org.eclipse.jgit.errors.TransportException;
import org.eclipse.jgit.internal.transport.sshd.OpenSshServerKeyDatabase;
import org.eclipse.jgit.lib.Repository;
import org.eclipse.jgit.transport.CredentialItem;
import org.eclipse.jgit.transport.CredentialsProvider;
import org.eclipse.jgit.transport.SshTransport;
import org.eclipse.jgit.transport.Transport;
import org.eclipse.jgit.transport.URIish;
import org.eclipse.jgit.transport.sshd.KeyPasswordProvider;
import org.eclipse.jgit.transport.sshd.ServerKeyDatabase;
import org.eclipse.jgit.transport.sshd.SshdSessionFactory;
import org.eclipse.jgit.transport.sshd.SshdSessionFactoryBuilder;

/**
 * Opens connections to origins. The password goes to the host of the configured URL only, wherever
 * a server redirects; an ssh server must show the key that {@code known_hosts} has for it. Neither
 * an agent, nor {@code ~/.ssh}, nor {@code ~/.netrc} is looked at.
 */
final class Connections implements AutoCloseable {
  private final GitSettings settings;
  private final Optional<Secret> password;
  private final Optional<SshdSessionFactory> ssh;
  private final Set<String> refusedHosts = ConcurrentHashMap.newKeySet();

  /**
   * @param home an existing directory that ssh may take for the user's home
   */
  Connections(
      GitSettings settings, Optional<Secret> password, Optional<Secret> passphrase, Path home) {
    this.settings = settings;
    this.password = password;
    this.ssh =
        settings
            .privateKey()
            .flatMap(key ->
                settings
                    .knownHosts()
                    .map(knownHosts -> sshFactory(key, knownHosts, passphrase, home)));
  }

  /** Opens nothing yet; whoever asks for a fetch connects. */
  Transport transport(Repository mirror, Origin origin)
      throws URISyntaxException, NotSupportedException, TransportException {
    Transport transport = Transport.open(mirror, uri(origin));
    transport.setTimeout(Math.clamp(settings.timeout().toSeconds(), 1, Integer.MAX_VALUE));
    transport.setObjectChecker(Jgit.checker());
    switch (origin.url().transport()) {
      case HTTP -> transport.setCredentialsProvider(new OneHost(origin.url()));
      case SSH -> ((SshTransport) transport).setSshSessionFactory(ssh.orElseThrow());
      case FILE -> {}
    }
    return transport;
  }

  private static URIish uri(Origin origin) throws URISyntaxException {
    if (origin.local().isPresent()) {
      return new URIish().setScheme("file").setPath(origin.local().get().toString());
    }
    return new URIish(origin.url().text());
  }

  /** Whether the host showed a key that is not the known one. */
  boolean refusedHostKey(GitUrl url) {
    return refusedHosts.contains(url.host());
  }

  /** A message of JGit or of a server, with the password taken out should it be in there. */
  String harmless(String message) {
    return password
        .map(Secret::exposeSecret)
        .filter(secret -> !secret.isEmpty())
        .map(secret -> message.replace(secret, "[redacted]"))
        .orElse(message);
  }

  Duration timeout() {
    return settings.timeout();
  }

  /** User and password for the host of this URL, for those who speak HTTP themselves. */
  Optional<String> basicAuthorization() {
    return password.map(secret ->
        "Basic "
            + java.util.Base64.getEncoder()
                .encodeToString(
                    (settings.username().orElse("") + ":" + secret.exposeSecret())
                        .getBytes(java.nio.charset.StandardCharsets.UTF_8)));
  }

  @Override
  public void close() {
    ssh.ifPresent(SshdSessionFactory::close);
  }

  private SshdSessionFactory sshFactory(
      Path key, Path knownHosts, Optional<Secret> passphrase, Path home) {
    return new SshdSessionFactoryBuilder()
        .setHomeDirectory(home.toFile())
        .setSshDirectory(home.toFile())
        .setConfigFile(_ -> null)
        .setDefaultIdentities(_ -> List.of(key))
        .setDefaultKnownHostsFiles(_ -> List.of(knownHosts))
        .setPreferredAuthentications("publickey")
        .setConnectorFactory(null)
        .setKeyPasswordProvider(_ -> new Passphrase(passphrase))
        .setServerKeyDatabase((_, _) -> new KnownHosts(knownHosts))
        .build(null);
  }

  /** Gives the password to the one host it is for. */
  private final class OneHost extends CredentialsProvider {
    private final GitUrl url;

    OneHost(GitUrl url) {
      this.url = url;
    }

    @Override
    public boolean isInteractive() {
      return false;
    }

    @Override
    public boolean supports(CredentialItem... items) {
      return true;
    }

    @Override
    public boolean get(URIish uri, CredentialItem... items) {
      boolean sameHost =
          uri.getHost() != null
              && uri.getHost().equalsIgnoreCase(url.host())
              && url.text().startsWith(uri.getScheme() + "://");
      if (!sameHost || password.isEmpty()) {
        return false;
      }
      for (CredentialItem item : items) {
        if (item instanceof CredentialItem.Username user) {
          user.setValue(settings.username().orElse(""));
        } else if (item instanceof CredentialItem.Password secret) {
          secret.setValue(password.get().exposeSecret().toCharArray());
        } else {
          // A certificate to be trusted, a question: nobody is here to answer.
          return false;
        }
      }
      return true;
    }
  }

  private record Passphrase(Optional<Secret> secret) implements KeyPasswordProvider {
    @Override
    public char[] getPassphrase(URIish uri, int attempt) {
      return secret.map(value -> value.exposeSecret().toCharArray()).orElse(new char[0]);
    }

    @Override
    public void setAttempts(int maxNumberOfAttempts) {}

    @Override
    public boolean keyLoaded(URIish uri, int attempt, Exception error) {
      return false;
    }
  }

  /** Known hosts, strictly: no first use, no question, nothing written. */
  private final class KnownHosts implements ServerKeyDatabase {
    private final ServerKeyDatabase known;
    private final Configuration strict;

    KnownHosts(Path file) {
      known = new OpenSshServerKeyDatabase(false, List.of(file));
      strict =
          new Configuration() {
            @Override
            public List<String> getUserKnownHostsFiles() {
              return List.of(file.toString());
            }

            @Override
            public List<String> getGlobalKnownHostsFiles() {
              return List.of();
            }

            @Override
            public StrictHostKeyChecking getStrictHostKeyChecking() {
              return StrictHostKeyChecking.REQUIRE_MATCH;
            }

            @Override
            public boolean getHashKnownHosts() {
              return false;
            }

            @Override
            public String getUsername() {
              return "";
            }
          };
    }

    @Override
    public List<PublicKey> lookup(
        String address, InetSocketAddress remote, Configuration configuration) {
      return known.lookup(address, remote, strict);
    }

    @Override
    public boolean accept(
        String address,
        InetSocketAddress remote,
        PublicKey key,
        Configuration configuration,
        CredentialsProvider nobody) {
      boolean accepted = known.accept(address, remote, key, strict, null);
      if (!accepted) {
        refusedHosts.add(remote.getHostString().toLowerCase(java.util.Locale.ROOT));
        refusedHosts.add(
            address.replaceFirst("^\\[(.*)\\](:[0-9]+)?$", "$1").replaceFirst(":[0-9]+$", ""));
      }
      return accepted;
    }
  }
}
