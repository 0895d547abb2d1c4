package dev.lifeboat.vault.region.s3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import dev.lifeboat.vault.region.ObjectKey;
import dev.lifeboat.vault.region.RegionException;
import dev.lifeboat.vault.region.RegionName;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every way to sign in, at a service that checks signatures. */
class SignInTest {
  private static final RegionName NAME = new RegionName("bucket");
  private static S3ProxyServer server;

  @TempDir private Path directory;

  @BeforeAll
  static void start() {
    server = S3ProxyServer.start();
    server.createBucket("vault", S3TestServer.Bucket.PLAIN);
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  private void look(SignIn signIn, Map<String, String> variables) throws RegionException {
    S3Settings settings = S3Settings.of("vault", server.plainEndpoint());
    try (S3Region region =
        new S3Region(
            new S3Connection(
                NAME,
                settings,
                new SignInProviders(NAME, settings, variables).of(signIn),
                Clock.systemUTC()))) {
      assertThat(region.stat(new ObjectKey("none"))).isEmpty();
    }
  }

  private Path credentials(String mode) throws Exception {
    Path file = directory.resolve("credentials");
    Files.writeString(
        file,
        """
        [default]
        aws_access_key_id = nobody
        aws_secret_access_key = nothing
        [backup]
        aws_access_key_id = %s
        aws_secret_access_key = %s
        """
            .formatted(server.accessKey(), server.secretKey()));
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(mode));
    return file;
  }

  @Test
  void file_privateWithProfile_signsIn() throws Exception {
    look(
        new SignIn.Profile(Optional.of("backup"), Optional.of(credentials("rw-------"))), Map.of());
  }

  @Test
  void file_readByOthers_isRefused() throws Exception {
    Path file = credentials("rw-r--r--");
    assertThatThrownBy(
            () -> look(new SignIn.Profile(Optional.of("backup"), Optional.of(file)), Map.of()))
        .isInstanceOf(RegionException.Permanent.class)
        .hasMessageContaining("chmod 600");
  }

  @Test
  void file_missing_isForGood() {
    Path file = directory.resolve("none");
    assertThatThrownBy(
            () -> look(new SignIn.Profile(Optional.empty(), Optional.of(file)), Map.of()))
        .isInstanceOf(RegionException.Permanent.class)
        .hasMessageContaining("none is missing");
  }

  @Test
  void variables_bySigningName_signIn() throws Exception {
    SignIn signIn = new SignIn.Variables("ID", "SECRET", Optional.empty());
    look(signIn, Map.of("ID", server.accessKey(), "SECRET", server.secretKey()));
    assertThatThrownBy(() -> look(signIn, Map.of("ID", "x")))
        .isInstanceOf(RegionException.Permanent.class)
        .hasMessageContaining("environment variable SECRET is not set");
  }

  @Test
  void command_printingJson_signsIn() throws Exception {
    look(
        new SignIn.Command(
            "printf '{\"Version\": 1, \"AccessKeyId\": \"%s\", \"SecretAccessKey\": \"%s\"}'"
                .formatted(server.accessKey(), server.secretKey())),
        Map.of());
  }

  @Test
  void command_failing_passesAndIsTold() {
    assertThatThrownBy(() -> look(new SignIn.Command("exit 3"), Map.of()))
        .isInstanceOf(RegionException.Transient.class)
        .hasMessageContaining("the command of credentials gives none");
  }

  @Test
  void keys_wrongSecret_isForGoodAndNotShown() {
    assertThatThrownBy(() -> look(new SignIn.Keys(server.accessKey(), () -> "hunter2"), Map.of()))
        .isInstanceOf(RegionException.Permanent.class)
        .hasMessageContaining("credentials")
        .hasMessageNotContaining("hunter2");
  }

  @Test
  void role_withExternalId_isTakenOn() throws Exception {
    ConcurrentLinkedQueue<String> asked = new ConcurrentLinkedQueue<>();
    HttpServer sts =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    sts.createContext(
        "/",
        exchange -> {
          asked.add(new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
          byte[] answer =
              """
              <AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
                <AssumeRoleResult>
                  <Credentials>
                    <AccessKeyId>%s</AccessKeyId>
                    <SecretAccessKey>%s</SecretAccessKey>
                    <SessionToken>token</SessionToken>
                    <Expiration>2099-01-01T00:00:00Z</Expiration>
                  </Credentials>
                </AssumeRoleResult>
              </AssumeRoleResponse>
              """
                  .formatted(server.accessKey(), server.secretKey())
                  .getBytes(StandardCharsets.UTF_8);
          exchange.getResponseHeaders().add("Content-Type", "text/xml");
          exchange.sendResponseHeaders(200, answer.length);
          exchange.getResponseBody().write(answer);
          exchange.close();
        });
    sts.start();
    try {
      look(
          new SignIn.Role(
              new SignIn.Keys("someone", () -> "else"),
              "arn:aws:iam::123456789012:role/backup",
              Optional.of("outside"),
              Optional.of(URI.create("http://127.0.0.1:" + sts.getAddress().getPort()))),
          Map.of());
    } finally {
      sts.stop(0);
    }
    assertThat(List.copyOf(asked))
        .singleElement()
        .asString()
        .contains("RoleArn=arn%3Aaws%3Aiam%3A%3A123456789012%3Arole%2Fbackup")
        .contains("ExternalId=outside");
  }
}
