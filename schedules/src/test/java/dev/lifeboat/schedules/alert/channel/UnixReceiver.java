package dev.lifeboat.schedules.alert.channel;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** A datagram socket in the file system, which Java itself does not have. */
final class UnixReceiver implements AutoCloseable {
  private static final int BYTES = 8192;

  private final int descriptor;

  UnixReceiver(Path path) {
    try (Arena arena = Arena.ofConfined()) {
      descriptor =
          (int)
              call("socket", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT))
                  .invoke(1, 2, 0);
      byte[] bytes = path.toString().getBytes(StandardCharsets.UTF_8);
      MemorySegment address = arena.allocate(110);
      address.set(JAVA_SHORT, 0, (short) 1);
      MemorySegment.copy(bytes, 0, address, JAVA_BYTE, 2, bytes.length);
      int bound =
          (int)
              call("bind", FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT))
                  .invoke(descriptor, address, 110);
      if (bound != 0) {
        throw new IllegalStateException("cannot bind " + path);
      }
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  private static MethodHandle call(String name, FunctionDescriptor types) {
    Linker linker = Linker.nativeLinker();
    return linker.downcallHandle(linker.defaultLookup().find(name).orElseThrow(), types);
  }

  /** What came in next; there must be something. */
  String receive() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment buffer = arena.allocate(BYTES);
      long length =
          (long)
              call("recv", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT))
                  .invoke(descriptor, buffer, (long) BYTES, 0x40);
      return new String(
          buffer.asSlice(0, length).toArray(ValueLayout.JAVA_BYTE), StandardCharsets.UTF_8);
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() {
    try {
      int _ = (int) call("close", FunctionDescriptor.of(JAVA_INT, JAVA_INT)).invoke(descriptor);
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }
}
