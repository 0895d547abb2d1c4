package dev.lifeboat.sources.git;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;

/** A real {@code sshd} on loopback that lets one key in, as root. */
final class SshServer implements AutoCloseable {
  private static final Path SSHD = Path.of("/usr/sbin/sshd");

  private final Process process;
  final int port;
  final Path clientKey;
  final Path knownHosts;
  final Path directory;

  SshServer(GitWorld world, Path directory) throws IOException, InterruptedException {
    if (!Files.isExecutable(SSHD)) {
      throw new IllegalStateException("sshd is not installed: apt-get install openssh-server");
    }
    this.directory = directory;
    Files.createDirectories(
        directory,
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    // What Debian's unit file makes before it starts the server.
    Files.createDirectories(Path.of("/run/sshd"));
    keygen(world, directory.resolve("host"));
    clientKey = directory.resolve("client");
    keygen(world, clientKey);
    Files.copy(directory.resolve("client.pub"), directory.resolve("authorized"));
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = free.getLocalPort();
    }
    knownHosts = directory.resolve("known_hosts");
    trust(directory.resolve("host.pub"));
    Path config =
        Files.writeString(
            directory.resolve("sshd_config"),
            """
            ListenAddress 127.0.0.1
            Port %d
            HostKey %s
            PidFile none
            AuthorizedKeysFile %s
            PasswordAuthentication no
            KbdInteractiveAuthentication no
            PubkeyAuthentication yes
            PermitRootLogin prohibit-password
            StrictModes no
            UsePAM no
            AcceptEnv GIT_PROTOCOL
            SetEnv GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=safe.directory GIT_CONFIG_VALUE_0=*
            """
                .formatted(port, directory.resolve("host"), directory.resolve("authorized")));
    process =
        new ProcessBuilder(SSHD.toString(), "-D", "-e", "-f", config.toString())
            .redirectErrorStream(true)
            .redirectOutput(directory.resolve("log").toFile())
            .start();
    awaitUp();
  }

  /** Writes known_hosts anew, with this key. */
  void trust(Path publicKey) throws IOException {
    Files.writeString(
        knownHosts, "[127.0.0.1]:%d %s\n".formatted(port, Files.readString(publicKey).strip()));
  }

  static void keygen(GitWorld world, Path file) {
    world.run(
        List.of("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", file.toString()), Map.of());
  }

  private void awaitUp() throws IOException, InterruptedException {
    for (int attempt = 0; attempt < 600; attempt++) {
      if (!process.isAlive()) {
        throw new IOException("sshd: " + Files.readString(directory.resolve("log")));
      }
      try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
        if (socket.isConnected()) {
          return;
        }
      } catch (IOException e) {
        Thread.sleep(100);
      }
    }
    throw new IOException("sshd does not answer");
  }

  @Override
  public void close() {
    process.destroy();
  }
}
