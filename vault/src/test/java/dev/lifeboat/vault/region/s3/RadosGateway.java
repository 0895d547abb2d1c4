package dev.lifeboat.vault.region.s3;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.UUID;

/**
 * One {@code radosgw} of Ceph: the server that enforces Object Lock. Conditional puts are ignored
 * on versioned and locked buckets, checksums are neither checked nor returned (Content-MD5 is),
 * chunked signing is refused, lock headers of multipart uploads are dropped.
 *
 * <p>All gateways of a JVM share one small cluster, which is started with the first, in about 20
 * seconds, and ends with the JVM: buckets and users are common to them. Stopping one leaves the
 * others running: each is a region of its own to whoever gives it buckets of its own.
 */
public final class RadosGateway implements S3TestServer {
  /** One monitor, one OSD on a sparse file, the user {@code owner}. */
  private static final class Cluster {
    private static final Cluster SHARED = new Cluster();
    private static final String ACCESS_KEY = "OWNER";
    private static final String SECRET_KEY = "secret-of-owner";

    private final Path directory = TestServers.directory("ceph");
    private final Path configuration = directory.resolve("ceph.conf");
    private final List<TestServers.Child> children = new ArrayList<>();

    private Cluster() {
      String fsid = UUID.randomUUID().toString();
      String osd = UUID.randomUUID().toString();
      int port = TestServers.freePort();
      try {
        Files.createDirectories(directory.resolve("mon"));
        Files.createDirectories(directory.resolve("osd"));
        Files.createDirectories(directory.resolve("crash"));
        Files.writeString(configuration, configuration(fsid, port));
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      String monmap = directory.resolve("monmap").toString();
      run(
          "monmaptool",
          "--create",
          "--fsid",
          fsid,
          "--addv",
          "a",
          "[v2:127.0.0.1:%d]".formatted(port),
          monmap);
      run("ceph-mon", "--conf", conf(), "--mkfs", "--id", "a", "--monmap", monmap);
      start("ceph-mon", "--id", "a");
      run("ceph", "--conf", conf(), "osd", "new", osd);
      run("ceph-osd", "--conf", conf(), "--mkfs", "--id", "0", "--osd-uuid", osd);
      run(
          "ceph",
          "--conf",
          conf(),
          "osd",
          "crush",
          "add",
          "osd.0",
          "1.0",
          "root=default",
          "host=loopback");
      start("ceph-osd", "--id", "0");
      user("owner", ACCESS_KEY, SECRET_KEY);
    }

    /**
     * No cephx: nobody but this user reaches the loopback ports' data. CRC instead of encryption
     * towards the monitor, because without cephx there are no keys to encrypt with, and radosgw
     * would insist.
     */
    private String configuration(String fsid, int port) {
      return """
      [global]
      fsid = %1$s
      mon host = v2:127.0.0.1:%2$d
      public addr = 127.0.0.1
      cluster addr = 127.0.0.1
      auth cluster required = none
      auth service required = none
      auth client required = none
      auth supported = none
      ms mon client mode = crc
      ms tcp nodelay = true
      osd pool default size = 1
      osd pool default min size = 1
      osd pool default pg num = 1
      osd pool default pgp num = 1
      osd pool default pg autoscale mode = off
      osd crush chooseleaf type = 0
      mon allow pool size one = true
      mon data avail crit = 1
      mon data avail warn = 2
      mon cluster log to file = false
      mon data = %3$s/mon
      osd data = %3$s/osd
      osd objectstore = bluestore
      bluestore block size = 17179869184
      bluestore cache autotune = false
      bluestore cache size = 67108864
      run dir = %3$s
      crash dir = %3$s/crash
      keyring = %3$s/keyring
      log file =
      log to stderr = true
      admin socket =
      rgw data = %3$s
      rgw enable usage log = false
      rgw enable ops log = false
      rgw gc obj min wait = 1
      """
          .formatted(fsid, port, directory);
    }

    private String conf() {
      return configuration.toString();
    }

    private static void run(String... command) {
      String _ = TestServers.run(List.of(command));
    }

    private TestServers.Child start(String program, String... arguments) {
      List<String> command = new ArrayList<>(List.of(program, "--conf", conf(), "-f"));
      command.addAll(List.of(arguments));
      TestServers.Child child =
          TestServers.Child.start(
              directory.resolve(program + "-" + children.size() + ".log"), command);
      children.add(child);
      return child;
    }

    private void user(String name, String access, String secret) {
      run(
          "radosgw-admin",
          "--conf",
          conf(),
          "user",
          "create",
          "--uid=" + name,
          "--display-name=" + name,
          "--access-key=" + access,
          "--secret-key=" + secret);
    }
  }

  private final int tlsPort = TestServers.freePort();
  private final int plainPort = TestServers.freePort();
  private TestServers.Child process;

  private RadosGateway() {
    this.process = launch();
  }

  /** Starts one on free ports, behind which the buckets of all others of this JVM are seen. */
  public static RadosGateway start() {
    return new RadosGateway();
  }

  private TestServers.Child launch() {
    TestCertificates tls = TestCertificates.shared();
    TestServers.Child child =
        Cluster.SHARED.start(
            "radosgw",
            "--name",
            "client.rgw.p" + plainPort,
            "--rgw-frontends=beast endpoint=127.0.0.1:%d ssl_endpoint=127.0.0.1:%d ssl_certificate=%s ssl_private_key=%s tcp_nodelay=1"
                .formatted(plainPort, tlsPort, tls.certificate(), tls.key()));
    TestServers.await(
        "radosgw",
        () -> {
          child.requireAlive();
          return answers();
        });
    return child;
  }

  private boolean answers() {
    try {
      HttpURLConnection connection = (HttpURLConnection) plainEndpoint().toURL().openConnection();
      connection.setConnectTimeout(1000);
      connection.setReadTimeout(10_000);
      return connection.getResponseCode() == HttpURLConnection.HTTP_OK;
    } catch (IOException e) {
      return false;
    }
  }

  /** Who may do nothing until a bucket's policy says so. */
  public record User(String name, String accessKey, String secretKey) {
    /** As a policy names it. */
    public String arn() {
      return "arn:aws:iam:::user/" + name;
    }
  }

  /** Makes a user; names are not used twice in one JVM. */
  public User createUser(String name) {
    User user = new User(name, "KEY" + name.toUpperCase(Locale.ROOT), "secret-of-" + name);
    Cluster.SHARED.user(name, user.accessKey(), user.secretKey());
    return user;
  }

  /** From now on it takes connections, because the kernel does, and answers nothing. */
  public void pause() {
    process.signal("STOP");
  }

  /** It goes on with what it was doing, and does what it was asked meanwhile. */
  public void resume() {
    process.signal("CONT");
  }

  /** It dies at once; connections are reset, and later ones refused. */
  public void kill() {
    process.close();
  }

  /** It comes back at the same ports. */
  public void restart() {
    process.close();
    process = launch();
  }

  @Override
  public URI endpoint() {
    return URI.create("https://127.0.0.1:" + tlsPort);
  }

  @Override
  public URI plainEndpoint() {
    return URI.create("http://127.0.0.1:" + plainPort);
  }

  @Override
  public String accessKey() {
    return Cluster.ACCESS_KEY;
  }

  @Override
  public String secretKey() {
    return Cluster.SECRET_KEY;
  }

  /** Ends this gateway; the cluster stays for the next. */
  @Override
  public void close() {
    process.close();
  }
}
