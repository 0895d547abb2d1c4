package dev.lifeboat.sources.posix;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;

/** Sends to Unix datagram sockets, which Java itself cannot. */
public final class UnixDatagram {
  private static final int AF_UNIX = 1;
  private static final int SOCK_DGRAM = 2;
  private static final int SOCK_CLOEXEC = 02000000;
  private static final int MSG_DONTWAIT = 0x40;
  private static final int MSG_NOSIGNAL = 0x4000;

  /** The longest address, in bytes. */
  public static final int LONGEST = 107;

  /** {@code sockaddr_un}: two bytes of family, then the path with a zero behind it. */
  private static final int PATH_AT = 2;

  private static final int ADDRESS_BYTES = PATH_AT + LONGEST + 1;

  private static final int ENOENT = 2;
  private static final int EAGAIN = 11;
  private static final int EACCES = 13;
  private static final int EPROTOTYPE = 91;
  private static final int ECONNREFUSED = 111;

  private UnixDatagram() {}

  /** The functions, looked up when they are first needed. */
  private static final class Libc {
    private static final Linker LINKER = Linker.nativeLinker();
    private static final MemoryLayout STATE = Linker.Option.captureStateLayout();
    private static final VarHandle ERRNO =
        STATE.varHandle(MemoryLayout.PathElement.groupElement("errno"));
    private static final MethodHandle SOCKET =
        call("socket", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT));
    private static final MethodHandle SENDTO =
        call(
            "sendto",
            FunctionDescriptor.of(
                JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT, ADDRESS, JAVA_INT));
    private static final MethodHandle CLOSE =
        call("close", FunctionDescriptor.of(JAVA_INT, JAVA_INT));

    private static MethodHandle call(String name, FunctionDescriptor types) {
      return LINKER.downcallHandle(
          LINKER.defaultLookup().find(name).orElseThrow(),
          types,
          Linker.Option.captureCallState("errno"));
    }

    private static int error(MemorySegment state) {
      return (int) ERRNO.get(state, 0L);
    }
  }

  /**
   * Sends one datagram, and does not wait for room in the receiver's queue.
   *
   * @param path of the socket; with a zero byte before it the name of an abstract one (unix(7))
   * @throws IOException if there is no such socket, nobody reads from it, or its queue is full
   */
  public static void send(byte[] path, byte[] message) throws IOException {
    if (path.length == 0 || path.length > LONGEST) {
      throw new IOException("the path of a socket has 1 to %d bytes".formatted(LONGEST));
    }
    // The name of an abstract socket ends where the address does.
    int length = path[0] == 0 ? PATH_AT + path.length : ADDRESS_BYTES;
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(Libc.STATE);
      int descriptor = (int) Libc.SOCKET.invoke(state, AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
      if (descriptor < 0) {
        throw new IOException("no socket, error " + Libc.error(state));
      }
      try {
        MemorySegment address = arena.allocate(ADDRESS_BYTES);
        address.set(JAVA_SHORT, 0, (short) AF_UNIX);
        MemorySegment.copy(path, 0, address, JAVA_BYTE, PATH_AT, path.length);
        MemorySegment bytes = arena.allocateFrom(JAVA_BYTE, message);
        long sent =
            (long)
                Libc.SENDTO.invoke(
                    state,
                    descriptor,
                    bytes,
                    (long) message.length,
                    MSG_DONTWAIT | MSG_NOSIGNAL,
                    address,
                    length);
        if (sent != message.length) {
          throw new IOException(reason(Libc.error(state)));
        }
      } finally {
        int _ = (int) Libc.CLOSE.invoke(state, descriptor);
      }
    } catch (IOException | RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw Calls.unexpected(e);
    }
  }

  private static String reason(int error) {
    return switch (error) {
      case ENOENT -> "there is no such socket";
      case EACCES -> "permission denied";
      case ECONNREFUSED -> "nobody reads from it";
      case EAGAIN -> "its queue is full";
      case EPROTOTYPE -> "it is no datagram socket";
      default -> "error " + error;
    };
  }
}
