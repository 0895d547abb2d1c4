package dev.lifeboat.cli.systemd;

import dev.lifeboat.sources.posix.UnixDatagram;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/**
 * Tells systemd how the service goes, as sd_notify(3) does: one datagram for each message, to the
 * Unix socket that {@code NOTIFY_SOCKET} names.
 *
 * <p>Not by the program {@code systemd-notify}: that would be another process at each beat of the
 * watchdog, would need {@code NotifyAccess=all}, and may be gone before systemd has found out whose
 * message it was.
 */
public final class Notifier {
  private final byte[] path;

  private Notifier(byte[] path) {
    this.path = path;
  }

  /**
   * If systemd, or whoever stands for it, wants to be told.
   *
   * @throws IllegalArgumentException if the address is none that can be used
   */
  public static Optional<Notifier> of(Map<String, String> variables) {
    String address = variables.get("NOTIFY_SOCKET");
    if (address == null || address.isEmpty()) {
      return Optional.empty();
    }
    byte[] path = address.getBytes(StandardCharsets.UTF_8);
    if ((path[0] != '/' && path[0] != '@') || path.length > UnixDatagram.LONGEST) {
      throw new IllegalArgumentException(
          "NOTIFY_SOCKET '%s' is no Unix socket: a path or an abstract name of at most %d bytes"
              .formatted(address, UnixDatagram.LONGEST));
    }
    if (path[0] == '@') {
      // An abstract name begins with a zero byte.
      path[0] = 0;
    }
    return Optional.of(new Notifier(path));
  }

  /** How often systemd wants to hear of this process, if it does. */
  public static Optional<Duration> watchdog(Map<String, String> variables, long pid) {
    String micros = variables.get("WATCHDOG_USEC");
    String meant = variables.get("WATCHDOG_PID");
    if (micros == null || (meant != null && !meant.equals(Long.toString(pid)))) {
      return Optional.empty();
    }
    try {
      long number = Long.parseLong(micros);
      return number > 0 ? Optional.of(Duration.ofNanos(number * 1000)) : Optional.empty();
    } catch (NumberFormatException e) {
      return Optional.empty();
    }
  }

  /**
   * Sends a message, for example {@code READY=1}.
   *
   * @throws IOException if nobody takes it
   */
  public void send(String message) throws IOException {
    try {
      UnixDatagram.send(path, message.getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new IOException("cannot tell systemd: " + e.getMessage(), e);
    }
  }
}
