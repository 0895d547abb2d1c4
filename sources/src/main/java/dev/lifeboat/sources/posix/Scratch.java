package dev.lifeboat.sources.posix;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/** Native memory of one thread for arguments and results, so that no call allocates. */
final class Scratch {
  static final int BUFFER_BYTES = 256 * 1024;
  private static final int PATH_BYTES = 4096;

  private static final ThreadLocal<Scratch> LOCAL = ThreadLocal.withInitial(Scratch::new);

  final MemorySegment state;
  final MemorySegment status;
  final MemorySegment times;
  private final Arena arena = Arena.ofAuto();
  private final MemorySegment first;
  private final MemorySegment second;
  private @Nullable MemorySegment buffer;

  private Scratch() {
    Linux.requireSupported();
    state = arena.allocate(Linux.STATE_BYTES, 8);
    status = arena.allocate(256, 8);
    times = arena.allocate(32, 8);
    first = arena.allocate(PATH_BYTES + 1);
    second = arena.allocate(PATH_BYTES + 1);
  }

  static Scratch get() {
    return LOCAL.get();
  }

  /** The bytes as a C string, valid until the next call. */
  MemorySegment first(byte[] string) {
    return fill(first, string);
  }

  MemorySegment second(byte[] string) {
    return fill(second, string);
  }

  private MemorySegment fill(MemorySegment segment, byte[] string) {
    MemorySegment target =
        string.length <= PATH_BYTES ? segment : arena.allocate(string.length + 1L);
    MemorySegment.copy(string, 0, target, JAVA_BYTE, 0, string.length);
    target.set(JAVA_BYTE, string.length, (byte) 0);
    return target;
  }

  /** {@link #BUFFER_BYTES} for data; allocated when first needed. */
  MemorySegment buffer() {
    MemorySegment existing = buffer;
    if (existing == null) {
      existing = arena.allocate(BUFFER_BYTES, 64);
      buffer = existing;
    }
    return existing;
  }

  int errno() {
    return Linux.errno(state);
  }
}
