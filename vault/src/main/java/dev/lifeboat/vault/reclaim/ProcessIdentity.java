package dev.lifeboat.vault.reclaim;

import dev.lifeboat.vault.Digest;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;

/**
 * A process as others on the same machine know it, told apart from every other that ever has its
 * number.
 *
 * @param machine 32 hexadecimal digits for one boot of one machine and one space of process
 *     numbers, so that containers and clones are never taken for each other; empty where the system
 *     does not tell
 * @param ticks when the process started, by the machine's own count since its boot, which no change
 *     of clocks moves; −1 if nobody knows
 */
record ProcessIdentity(String machine, long pid, long ticks) {
  static final long UNKNOWN = -1;

  private static final Path PROC = Path.of("/proc");

  /** Behind the name in parentheses: state first, start 20th. */
  private static final int START_FIELD = 19;

  /** What can be told of a process of this machine. */
  static ProcessIdentity of(long pid) {
    return new ProcessIdentity(thisMachine(), pid, ticksOf(pid));
  }

  /**
   * Whether it is certain that this process runs no more. A process of another machine, of another
   * container, or that this one may not see, is never gone for certain.
   */
  boolean isGone() {
    return !machine.isEmpty()
        && machine.equals(thisMachine())
        && seesOthers()
        && (ticksOf(pid) == UNKNOWN || (ticks != UNKNOWN && ticksOf(pid) != ticks));
  }

  /** Whether this is the process that asks. */
  boolean isSelf() {
    return !machine.isEmpty() && pid == ProcessHandle.current().pid() && equals(of(pid));
  }

  private static String thisMachine() {
    try {
      String boot = Files.readString(PROC.resolve("sys/kernel/random/boot_id")).strip();
      String numbers = Files.readSymbolicLink(PROC.resolve("self/ns/pid")).toString();
      byte[] digest =
          Digest.sha256()
              .digest(
                  ("lifeboat v1 machine\0" + boot + "\0" + numbers)
                      .getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(Arrays.copyOf(digest, 16));
    } catch (IOException | UnsupportedOperationException e) {
      return "";
    }
  }

  /** Mounted with hidepid, or for another space of numbers, /proc shows the living as absent. */
  private static boolean seesOthers() {
    try {
      return ticksOf(1) != UNKNOWN
          && Files.readSymbolicLink(PROC.resolve("self"))
              .toString()
              .equals(Long.toString(ProcessHandle.current().pid()));
    } catch (IOException | UnsupportedOperationException e) {
      return false;
    }
  }

  /** When a process started; unknown also if it has ended and only its parent has not noticed. */
  private static long ticksOf(long pid) {
    try {
      // The name, in parentheses, may hold anything: bytes, not characters.
      String stat =
          new String(
              Files.readAllBytes(PROC.resolve(Long.toString(pid)).resolve("stat")),
              StandardCharsets.ISO_8859_1);
      String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", START_FIELD + 2);
      boolean ended = fields[0].equals("Z") || fields[0].equals("X");
      return ended ? UNKNOWN : Long.parseLong(fields[START_FIELD]);
    } catch (IOException | RuntimeException e) {
      return UNKNOWN;
    }
  }
}
