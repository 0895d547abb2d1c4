package dev.lifeboat.schedules.alert.channel;

import dev.lifeboat.schedules.alert.Channel;
import dev.lifeboat.schedules.alert.Delivery;
import dev.lifeboat.schedules.alert.Notice;
import dev.lifeboat.schedules.alert.Wording;
import dev.lifeboat.schedules.watch.Concern.Severity;
import dev.lifeboat.sources.posix.UnixDatagram;
import java.io.IOException;
import java.io.OutputStream;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;

/**
 * Writes to a system log, by RFC 5424: over a local socket, UDP (RFC 5426), TCP (RFC 6587, counted
 * octets) or TLS (RFC 5425). UDP and the local socket tell nobody whether a message arrived.
 */
public final class SyslogChannel implements Channel {
  /** What every receiver has to take (RFC 5424, 6.1). */
  private static final int MOST_BYTES = 2048;

  private static final int NOTICE = 5;
  private static final int WARNING = 4;
  private static final int CRITICAL = 2;

  private final ChannelSettings settings;
  private final Receiver receiver;
  private final int facility;
  private final Trust trust;
  private final Duration timeout;

  /** Where it listens. */
  public sealed interface Receiver {
    /** A socket of this machine, usually {@code /dev/log}. */
    record Local(Path socket) implements Receiver {}

    /** Beyond it, perhaps. */
    record Remote(String host, int port, Transport transport) implements Receiver {
      public Remote {
        if (port < 1 || port > 65_535) {
          throw new IllegalArgumentException("port: is 1 to 65535");
        }
        if (transport != Transport.TLS && !Address.isThisMachine(host)) {
          throw new IllegalArgumentException(
              "protocol: what goes to %s by %s can be read and changed by the network; write tls"
                  .formatted(host, transport.name().toLowerCase(Locale.ROOT)));
        }
      }
    }
  }

  /** How it gets there. */
  public enum Transport {
    UDP,
    TCP,
    TLS
  }

  /**
   * @param facility number, 3 for daemons
   */
  public SyslogChannel(
      ChannelSettings settings, Receiver receiver, int facility, Trust trust, Duration timeout) {
    this.settings = settings;
    this.receiver = receiver;
    this.facility = facility;
    this.trust = trust;
    this.timeout = timeout;
    if (facility < 0 || facility > 23) {
      throw new IllegalArgumentException("facility: is 0 to 23");
    }
  }

  @Override
  public boolean groups() {
    return false;
  }

  @Override
  public boolean keepsState() {
    return false;
  }

  @Override
  public Delivery send(List<Notice> notices, Instant now) throws InterruptedException {
    byte[] message = message(notices.getFirst(), now);
    try {
      switch (receiver) {
        case Receiver.Local(Path socket) ->
            UnixDatagram.send(socket.toString().getBytes(StandardCharsets.UTF_8), message);
        case Receiver.Remote remote -> {
          switch (remote.transport()) {
            case UDP -> udp(remote, message);
            case TCP -> tcp(remote, message);
            case TLS -> tls(remote, message);
          }
        }
      }
      return new Delivery.Taken();
    } catch (IOException e) {
      if (Thread.interrupted()) {
        throw new InterruptedException("syslog");
      }
      return new Delivery.Unreachable(
          "%s: %s".formatted(where(), HttpSender.show(String.valueOf(e.getMessage()), List.of())),
          Optional.empty());
    }
  }

  private String where() {
    return switch (receiver) {
      case Receiver.Local(Path socket) -> socket.toString();
      case Receiver.Remote remote -> remote.host();
    };
  }

  private static void udp(Receiver.Remote to, byte[] message) throws IOException {
    try (DatagramSocket socket = new DatagramSocket()) {
      // Connected, so that a machine that refuses is heard of if it is near.
      socket.connect(resolved(to));
      socket.send(new DatagramPacket(message, message.length));
    }
  }

  private static InetSocketAddress resolved(Receiver.Remote to) throws IOException {
    InetSocketAddress address = new InetSocketAddress(to.host(), to.port());
    if (address.isUnresolved()) {
      throw new IOException("the name is not known");
    }
    return address;
  }

  private void tcp(Receiver.Remote to, byte[] message) throws IOException {
    try (Socket socket = new Socket()) {
      socket.connect(resolved(to), millis());
      socket.setSoTimeout(millis());
      write(socket, message);
      socket.shutdownOutput();
      drain(socket);
    }
  }

  private void tls(Receiver.Remote to, byte[] message) throws IOException {
    try (Socket plain = new Socket()) {
      plain.connect(resolved(to), millis());
      plain.setSoTimeout(millis());
      try (SSLSocket socket =
          (SSLSocket)
              trust.context().getSocketFactory().createSocket(plain, to.host(), to.port(), true)) {
        SSLParameters parameters = socket.getSSLParameters();
        parameters.setEndpointIdentificationAlgorithm("HTTPS");
        parameters.setProtocols(Trust.PROTOCOLS);
        socket.setSSLParameters(parameters);
        socket.startHandshake();
        write(socket, message);
        socket.shutdownOutput();
        drain(socket);
      }
    }
  }

  /** Until the receiver has closed too: only then has it read everything. */
  private static void drain(Socket socket) throws IOException {
    try {
      byte[] rest = new byte[256];
      while (socket.getInputStream().read(rest) >= 0) {
        // Syslog says nothing.
      }
    } catch (SocketTimeoutException e) {
      // It keeps the connection open, as it may; what was written has left this machine.
    }
  }

  private static void write(Socket socket, byte[] message) throws IOException {
    OutputStream out = socket.getOutputStream();
    out.write((message.length + " ").getBytes(StandardCharsets.US_ASCII));
    out.write(message);
    out.flush();
  }

  private int millis() {
    return Math.toIntExact(Math.min(timeout.toMillis(), Integer.MAX_VALUE));
  }

  private byte[] message(Notice notice, Instant now) {
    int severity =
        !notice.event().isFiring()
            ? NOTICE
            : notice.alert().severity() == Severity.CRITICAL ? CRITICAL : WARNING;
    String header =
        "<%d>1 %s %s lifeboat - %s - \uFEFF"
            .formatted(
                facility * 8 + severity,
                now.truncatedTo(ChronoUnit.MILLIS),
                name(settings.from(), 255),
                name(notice.alert().kind(), 32));
    String text =
        "[%s] %s; %s"
            .formatted(
                Wording.mark(notice),
                Wording.headline(notice),
                Wording.text(notice, now, settings.details(), "; "));
    byte[] message = (header + Wording.oneLine(text)).getBytes(StandardCharsets.UTF_8);
    if (message.length <= MOST_BYTES) {
      return message;
    }
    int end = MOST_BYTES;
    // Not in the middle of a character.
    while ((message[end] & 0xC0) == 0x80) {
      end--;
    }
    return Arrays.copyOf(message, end);
  }

  /** Printable ASCII without spaces. */
  private static String name(String text, int most) {
    String name = text.replaceAll("[^\\x21-\\x7e]", "-");
    return name.isEmpty() ? "-" : name.substring(0, Math.min(most, name.length()));
  }
}
