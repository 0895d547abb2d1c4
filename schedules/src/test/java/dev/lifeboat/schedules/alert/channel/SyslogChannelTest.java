package dev.lifeboat.schedules.alert.channel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lifeboat.schedules.alert.Alert;
import dev.lifeboat.schedules.alert.AlertEvent;
import dev.lifeboat.schedules.alert.Channel;
import dev.lifeboat.schedules.alert.Delivery;
import dev.lifeboat.schedules.watch.Concern.Severity;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Over TCP; the other ways beside it. */
class SyslogChannelTest extends ChannelContract {
  private static final int DAEMON = 3;

  @TempDir private Path directory;
  private final List<String> received = new CopyOnWriteArrayList<>();
  private ServerSocket server = listen(0);

  private static ServerSocket listen(int port) {
    try {
      return new ServerSocket(port, 50, InetAddress.getLoopbackAddress());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  void open() {
    read(server);
  }

  private void read(ServerSocket from) {
    Thread _ =
        Thread.ofVirtual()
            .start(() -> {
              while (true) {
                try (Socket socket = from.accept()) {
                  received.add(
                      new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8));
                } catch (IOException e) {
                  return;
                }
              }
            });
  }

  @Override
  void close() throws Exception {
    server.close();
  }

  @Override
  Channel channel(ChannelSettings settings) {
    return channel(settings, SyslogChannel.Transport.TCP, server.getLocalPort(), Trust.USUAL);
  }

  private static Channel channel(
      ChannelSettings settings, SyslogChannel.Transport transport, int port, Trust trust) {
    return new SyslogChannel(
        settings,
        new SyslogChannel.Receiver.Remote("localhost", port, transport),
        DAEMON,
        trust,
        TIMEOUT);
  }

  @Override
  List<String> received() {
    return received;
  }

  @Override
  void goDown() throws Exception {
    server.close();
    // Whoever waits for a connection may take one more.
    while (true) {
      try (Socket _ = new Socket(InetAddress.getLoopbackAddress(), server.getLocalPort())) {
        Thread.sleep(5);
      } catch (IOException e) {
        received.clear();
        return;
      }
    }
  }

  @Override
  void comeBack() {
    server = listen(server.getLocalPort());
    read(server);
  }

  private static final String LINE =
      "<26>1 2026-11-22T06:30:00Z acme-production lifeboat - snapshot-late - \uFEFF[CRITICAL] acme/crm: its newest complete snapshot is 1 d 5 h old, with an RPO of 1 d 2 h; since: 2026-11-22T03:30:00Z (3 h 0 min ago); at risk: what was written since 2026-11-21T01:30:00Z; dataset acme/crm: last good copy 2026-11-21T01:30:00Z, 1 d 5 h old; RPO 1 d 2 h, EXCEEDED; run: lifeboat backup acme/crm; kind: snapshot-late; key: snapshot-late:acme/crm";

  @Test
  void tcp_countsOctets() throws Exception {
    Delivery _ = channel(Samples.SETTINGS).send(List.of(Samples.raised()), Samples.NOW);
    assertThat(received).containsExactly(LINE.getBytes(StandardCharsets.UTF_8).length + " " + LINE);
  }

  @Test
  void priority_isOfFacilityAndSeverity() throws Exception {
    Channel channel = channel(Samples.SETTINGS);
    Delivery _ =
        channel.send(List.of(Samples.notice(Samples.drill(), AlertEvent.RAISED)), Samples.NOW);
    Delivery _ =
        channel.send(List.of(Samples.notice(Samples.late(), AlertEvent.RESOLVED)), Samples.NOW);
    assertThat(received.get(0)).contains("<28>1 ");
    assertThat(received.get(1)).contains("<29>1 ");
  }

  @Test
  void udp_sendsOneDatagram() throws Exception {
    try (DatagramSocket socket =
        new DatagramSocket(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))) {
      socket.setSoTimeout(10_000);
      Delivery _ =
          channel(Samples.SETTINGS, SyslogChannel.Transport.UDP, socket.getLocalPort(), Trust.USUAL)
              .send(List.of(Samples.raised()), Samples.NOW);
      DatagramPacket packet = new DatagramPacket(new byte[4096], 4096);
      socket.receive(packet);
      assertThat(new String(packet.getData(), 0, packet.getLength(), StandardCharsets.UTF_8))
          .isEqualTo(LINE);
    }
  }

  @Test
  void tls_isSpokenWithWhomTheCertificateIsOf_andWithNobodyElse() throws Exception {
    TestTls right = new TestTls(directory, "localhost");
    TestTls wrong = new TestTls(directory, "elsewhere");
    try (ServerSocket secure =
        right
            .server()
            .getServerSocketFactory()
            .createServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
      read(secure);
      assertThat(
              channel(
                      Samples.SETTINGS,
                      SyslogChannel.Transport.TLS,
                      secure.getLocalPort(),
                      wrong.trust())
                  .send(List.of(Samples.raised()), Samples.NOW))
          .isInstanceOf(Delivery.Unreachable.class);
    }
    try (ServerSocket secure =
        right
            .server()
            .getServerSocketFactory()
            .createServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
      read(secure);
      assertThat(
              channel(
                      Samples.SETTINGS,
                      SyslogChannel.Transport.TLS,
                      secure.getLocalPort(),
                      right.trust())
                  .send(List.of(Samples.raised()), Samples.NOW))
          .isEqualTo(new Delivery.Taken());
      assertThat(received.getLast()).endsWith(LINE);
    }
  }

  @Test
  void localSocket_takesOneDatagram_andTellsIfNobodyReads() throws Exception {
    Path socket = directory.resolve("log");
    Channel channel =
        new SyslogChannel(
            Samples.SETTINGS,
            new SyslogChannel.Receiver.Local(socket),
            DAEMON,
            Trust.USUAL,
            TIMEOUT);
    assertThat(channel.send(List.of(Samples.raised()), Samples.NOW).toString())
        .contains("there is no such socket");
    try (UnixReceiver receiver = new UnixReceiver(socket)) {
      assertThat(channel.send(List.of(Samples.raised()), Samples.NOW))
          .isEqualTo(new Delivery.Taken());
      assertThat(receiver.receive()).isEqualTo(LINE);
    }
    assertThat(channel.send(List.of(Samples.raised()), Samples.NOW).toString())
        .contains("nobody reads from it");
  }

  @Test
  void longMessages_areCutBetweenCharacters_andLineBreaksAreNotSent() throws Exception {
    Alert alert =
        new Alert(
            "k",
            "damage",
            Severity.CRITICAL,
            "vault",
            Optional.empty(),
            "a\r\nb" + "ü".repeat(3000),
            "",
            List.of(),
            Optional.empty(),
            List.of());
    Delivery _ =
        channel(Samples.SETTINGS)
            .send(List.of(Samples.notice(alert, AlertEvent.RAISED)), Samples.NOW);
    String message = received.getLast();
    assertThat(message).startsWith("204").contains("a | bü").endsWith("üü");
    assertThat(message.getBytes(StandardCharsets.UTF_8).length).isLessThanOrEqualTo(2048 + 5);
  }

  @Test
  void unencryptedWaysToOtherMachines_areRefused() {
    assertThatThrownBy(() ->
            new SyslogChannel.Receiver.Remote("log.example.com", 514, SyslogChannel.Transport.UDP))
        .hasMessageContaining("tls");
    SyslogChannel.Receiver.Remote _ =
        new SyslogChannel.Receiver.Remote("log.example.com", 6514, SyslogChannel.Transport.TLS);
  }
}
