package dev.lifeboat.cli.systemd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What is told arrives, byte for byte, at a socket such as systemd's. */
@Timeout(60)
class NotifierTest {
  /** Prints what it gets, a line for each datagram. */
  private static final String RECEIVER =
      """
      import os, socket, sys
      address = sys.argv[1]
      s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
      s.bind('\\0' + address[1:] if address.startswith('@') else address)
      print('ready', flush=True)
      while True:
          print(repr(s.recv(4096).decode()), flush=True)
      """;

  @TempDir private Path directory;

  private static Process receive(String address) throws IOException {
    return new ProcessBuilder("python3", "-c", RECEIVER, address)
        .redirectError(ProcessBuilder.Redirect.INHERIT)
        .start();
  }

  private static BufferedReader lines(Process receiver) throws IOException {
    BufferedReader lines =
        new BufferedReader(
            new InputStreamReader(receiver.getInputStream(), StandardCharsets.UTF_8));
    assertThat(lines.readLine()).isEqualTo("ready");
    return lines;
  }

  @Test
  void heart_tellsThatItIsReady_beatsWhileItIsWell_andTellsThatItStops() throws Exception {
    String address = directory.resolve("notify").toString();
    Process receiver = receive(address);
    AtomicBoolean well = new AtomicBoolean(true);
    try (BufferedReader lines = lines(receiver);
        Heart heart =
            new Heart(
                Map.of("NOTIFY_SOCKET", address, "WATCHDOG_USEC", "60000", "WATCHDOG_PID", "42"),
                42)) {
      heart.ready(well::get);
      assertThat(lines.readLine()).isEqualTo("'READY=1\\nSTATUS=waits for what is due'");
      assertThat(lines.readLine()).isEqualTo("'WATCHDOG=1'");
      assertThat(lines.readLine()).isEqualTo("'WATCHDOG=1'");
      well.set(false);
      // One may be under way.
      Thread.sleep(200);
      while (lines.ready()) {
        assertThat(lines.readLine()).isEqualTo("'WATCHDOG=1'");
      }
      Thread.sleep(200);
      assertThat(lines.ready()).isFalse();
      heart.stopping();
      assertThat(lines.readLine()).isEqualTo("'STOPPING=1\\nSTATUS=stops what runs'");
    } finally {
      receiver.destroyForcibly().waitFor();
    }
  }

  @Test
  void send_toAnAbstractName_arrives() throws Exception {
    String address = "@lifeboat-test-" + ProcessHandle.current().pid();
    Process receiver = receive(address);
    try (BufferedReader lines = lines(receiver)) {
      Notifier.of(Map.of("NOTIFY_SOCKET", address)).orElseThrow().send("STATUS=grüße");
      assertThat(lines.readLine()).isEqualTo("'STATUS=grüße'");
    } finally {
      receiver.destroyForcibly().waitFor();
    }
  }

  @Test
  void send_toNobody_saysSo_andHurtsNoService() {
    Map<String, String> variables = Map.of("NOTIFY_SOCKET", directory.resolve("nobody").toString());

    assertThatThrownBy(() -> Notifier.of(variables).orElseThrow().send("READY=1"))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("cannot tell systemd: there is no such socket");
    try (Heart heart = new Heart(variables, 1)) {
      heart.ready(() -> true);
    }
  }

  @Test
  void of_withoutASocket_tellsNobody_andAnAddressThatIsNoneIsRefused() {
    assertThat(Notifier.of(Map.of())).isEmpty();
    assertThatThrownBy(() -> Notifier.of(Map.of("NOTIFY_SOCKET", "vsock:2:3")))
        .hasMessageContaining("no Unix socket");
    assertThatThrownBy(() -> Notifier.of(Map.of("NOTIFY_SOCKET", "/" + "x".repeat(108))))
        .hasMessageContaining("at most 107 bytes");
  }

  @Test
  void watchdog_meantForAnotherProcess_isNotOurs() {
    assertThat(Notifier.watchdog(Map.of("WATCHDOG_USEC", "120000000"), 7))
        .contains(Duration.ofMinutes(2));
    assertThat(Notifier.watchdog(Map.of("WATCHDOG_USEC", "1", "WATCHDOG_PID", "8"), 7)).isEmpty();
    assertThat(Notifier.watchdog(Map.of(), 7)).isEmpty();
  }
}
