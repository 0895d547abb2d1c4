package dev.lifeboat.cli.systemd;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/**
 * Tells systemd how the service goes, as sd_notify(3) does: one datagram for each message, to the
 * Unix socket that {@code NOTIFY_SOCKET} names.
 *
 * <p>Three calls of the C library, because the JDK has no Unix datagram sockets. The program {@code
 * systemd-notify} instead would be another process at each beat of the watchdog, would need {@code
 * NotifyAccess=all}, and may be gone before systemd has found out whose message it was.
 */
public final class Notifier {
  private static final int AF_UNIX = 1;
  private static final int SOCK_DGRAM = 2;

  /** Closed when another program is started. */
  private static final int SOCK_CLOEXEC = 0x80000;

  /** Of sockaddr_un: two bytes of family, then the path. */
  private static final int PATH_AT = 2;

  private static final int PATH_BYTES = 108;

  private static final Linker LINKER = Linker.nativeLinker();
  private static final SymbolLookup LIBC = LINKER.defaultLookup();
  private static final MemoryLayout STATE = Linker.Option.captureStateLayout();
  private static final VarHandle ERRNO =
      STATE.varHandle(MemoryLayout.PathElement.groupElement("errno"));

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
    if ((path[0] != '/' && path[0] != '@') || path.length >= PATH_BYTES) {
      throw new IllegalArgumentException(
          "NOTIFY_SOCKET '%s' is no Unix socket: a path or an abstract name of less than %d bytes"
              .formatted(address, PATH_BYTES));
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
    byte[] text = message.getBytes(StandardCharsets.UTF_8);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(STATE);
      MemorySegment address = arena.allocate(PATH_AT + PATH_BYTES);
      address.set(ValueLayout.JAVA_SHORT, 0, (short) AF_UNIX);
      MemorySegment.copy(path, 0, address, ValueLayout.JAVA_BYTE, PATH_AT, path.length);
      MemorySegment bytes = arena.allocateFrom(ValueLayout.JAVA_BYTE, text);
      int socket =
          (int)
              call(
                      "socket",
                      FunctionDescriptor.of(
                          ValueLayout.JAVA_INT,
                          ValueLayout.JAVA_INT,
                          ValueLayout.JAVA_INT,
                          ValueLayout.JAVA_INT))
                  .invokeExact(state, AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
      check(socket, state);
      try {
        long sent =
            (long)
                call(
                        "sendto",
                        FunctionDescriptor.of(
                            ValueLayout.JAVA_LONG,
                            ValueLayout.JAVA_INT,
                            ValueLayout.ADDRESS,
                            ValueLayout.JAVA_LONG,
                            ValueLayout.JAVA_INT,
                            ValueLayout.ADDRESS,
                            ValueLayout.JAVA_INT))
                    .invokeExact(
                        state,
                        socket,
                        bytes,
                        (long) text.length,
                        0,
                        address,
                        PATH_AT + path.length);
        check(sent, state);
      } finally {
        int _ =
            (int)
                call("close", FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT))
                    .invokeExact(state, socket);
      }
    } catch (IOException | RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  private static void check(long result, MemorySegment state) throws IOException {
    if (result < 0) {
      throw new IOException("cannot tell systemd: errno %d".formatted((int) ERRNO.get(state, 0L)));
    }
  }

  private static MethodHandle call(String name, FunctionDescriptor descriptor) {
    return LINKER.downcallHandle(
        LIBC.findOrThrow(name), descriptor, Linker.Option.captureCallState("errno"));
  }
}
