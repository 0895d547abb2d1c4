package dev.lifeboat.sources.posix;

import static java.lang.foreign.ValueLayout.ADDRESS;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.OptionalLong;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Names of users and groups, each asked for once: a directory service may take its time.
 *
 * <p>The name is a hint beside the number. What cannot be resolved, for whatever reason, has none.
 */
public final class Accounts {
  private static final int ERANGE = 34;
  private static final int LARGEST_ENTRY_BYTES = 1 << 22;

  private final Map<Long, String> users = new ConcurrentHashMap<>();
  private final Map<Long, String> groups = new ConcurrentHashMap<>();

  /** The user's name, or empty. */
  public String user(long uid) {
    return users.computeIfAbsent(uid, id -> name(Linux.Names.GETPWUID, id));
  }

  /** The group's name, or empty. */
  public String group(long gid) {
    return groups.computeIfAbsent(gid, id -> name(Linux.Names.GETGRGID, id));
  }

  /** The users asked for so far, by number, those without a name with an empty one. */
  public SortedMap<Long, String> users() {
    return new TreeMap<>(users);
  }

  /** The groups asked for so far, by number, those without a name with an empty one. */
  public SortedMap<Long, String> groups() {
    return new TreeMap<>(groups);
  }

  /** The number of a user of this name on this machine. */
  public OptionalLong uid(String name) {
    return number(Linux.Users.GETPWNAM, name);
  }

  /** The number of a group of this name on this machine. */
  public OptionalLong gid(String name) {
    return number(Linux.Users.GETGRNAM, name);
  }

  /** The number of the user this process works for. */
  public static long effectiveUser() {
    try {
      return ((int) Linux.Users.GETEUID.invokeExact(Scratch.get().state)) & 0xffffffffL;
    } catch (Throwable e) {
      throw Calls.unexpected(e);
    }
  }

  private static String name(MethodHandle lookup, long id) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment entry = arena.allocate(64, 8);
      MemorySegment result = arena.allocate(ADDRESS);
      for (int bytes = 4096; bytes <= LARGEST_ENTRY_BYTES; bytes *= 4) {
        MemorySegment buffer = arena.allocate(bytes);
        int error =
            (int)
                lookup.invokeExact(
                    Scratch.get().state, (int) id, entry, buffer, (long) bytes, result);
        if (error == ERANGE) {
          continue;
        }
        if (error != 0 || result.get(ADDRESS, 0).address() == 0) {
          return "";
        }
        // The name is the first field of both structures.
        MemorySegment text = entry.get(ADDRESS, 0).reinterpret(bytes);
        return text.getString(0, StandardCharsets.UTF_8);
      }
      return "";
    } catch (Throwable e) {
      throw Calls.unexpected(e);
    }
  }

  private static OptionalLong number(MethodHandle lookup, String name) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment text = arena.allocateFrom(name, StandardCharsets.UTF_8);
      MemorySegment entry = arena.allocate(64, 8);
      MemorySegment result = arena.allocate(ADDRESS);
      for (int bytes = 4096; bytes <= LARGEST_ENTRY_BYTES; bytes *= 4) {
        MemorySegment buffer = arena.allocate(bytes);
        int error =
            (int)
                lookup.invokeExact(Scratch.get().state, text, entry, buffer, (long) bytes, result);
        if (error == ERANGE) {
          continue;
        }
        if (error != 0 || result.get(ADDRESS, 0).address() == 0) {
          return OptionalLong.empty();
        }
        // pw_uid and gr_gid both follow two pointers.
        return OptionalLong.of(entry.get(ValueLayout.JAVA_INT, 16) & 0xffffffffL);
      }
      return OptionalLong.empty();
    } catch (Throwable e) {
      throw Calls.unexpected(e);
    }
  }
}
