package dev.lifeboat.sources.directory;

import dev.lifeboat.vault.Digest;
import dev.lifeboat.vault.tree.Node.LinkGroup;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The hard links of a capture: sees to it that each file is read once, and hashes which names
 * belong together.
 *
 * <p>The hash must not depend on the order in which workers finish, nor need all names in memory.
 * So a group is the sum of the hashes of its paths modulo 2²⁵⁶, and all groups are the sum of the
 * hashes of those. A group is forgotten as soon as all its names were seen.
 */
final class Links {
  private static final BigInteger MODULUS = BigInteger.ONE.shiftLeft(256);

  private final Map<LinkGroup, Group> groups = new HashMap<>();
  private BigInteger total = BigInteger.ZERO;
  private long count;

  /** One who waits for somebody else to read the same file. Called without a lock. */
  interface Waiter {
    /**
     * @param data {@code null} if the name that was read had become another file
     */
    void read(FileReader.@Nullable Result data);
  }

  private static final class Group {
    final long links;
    long seen;
    BigInteger paths = BigInteger.ZERO;
    boolean reading;
    boolean done;
    FileReader.@Nullable Result result;
    final List<Waiter> waiters = new ArrayList<>();

    Group(long links) {
      this.links = links;
    }
  }

  /**
   * Claims the reading of a file.
   *
   * @return whether the caller has to read it and call {@link #done}; if not, the waiter is told,
   *     now or later
   */
  boolean claim(LinkGroup link, long links, Waiter waiter) {
    FileReader.Result result;
    synchronized (this) {
      Group group = groups.computeIfAbsent(link, _ -> new Group(links));
      if (!group.reading) {
        group.reading = true;
        return true;
      }
      if (!group.done) {
        group.waiters.add(waiter);
        return false;
      }
      result = group.result;
    }
    waiter.read(result);
    return false;
  }

  /** Tells who waits; {@code null} if what was read turned out to be another file. */
  void done(LinkGroup link, FileReader.@Nullable Result result) {
    List<Waiter> waiters;
    synchronized (this) {
      Group group = groups.get(link);
      if (group == null) {
        return;
      }
      group.done = true;
      group.result = result;
      waiters = List.copyOf(group.waiters);
      group.waiters.clear();
    }
    waiters.forEach(waiter -> waiter.read(result));
  }

  /** A name of a group is in the snapshot. */
  synchronized void seen(LinkGroup link, long links, byte[] path) {
    Group group = groups.computeIfAbsent(link, _ -> new Group(links));
    group.paths = group.paths.add(new BigInteger(1, Digest.sha256().digest(path))).mod(MODULUS);
    group.seen++;
    if (group.seen >= group.links) {
      fold(group);
      groups.remove(link);
    }
  }

  private void fold(Group group) {
    if (group.seen < 2) {
      // Its other names are outside: in a restored tree it will have one name.
      return;
    }
    MessageDigest sha = Digest.sha256();
    sha.update(bytes(group.paths));
    sha.update(ByteBuffer.allocate(Long.BYTES).putLong(0, group.seen));
    total = total.add(new BigInteger(1, sha.digest())).mod(MODULUS);
    count++;
  }

  /** 32 bytes for all groups; to be called at the end. */
  synchronized byte[] hash() {
    groups.values().forEach(this::fold);
    groups.clear();
    return bytes(total);
  }

  /** How many groups of two names or more there are; after {@link #hash}. */
  synchronized long count() {
    return count;
  }

  private static byte[] bytes(BigInteger number) {
    byte[] digits = number.toByteArray();
    byte[] fixed = new byte[32];
    int length = Math.min(32, digits.length);
    System.arraycopy(digits, digits.length - length, fixed, 32 - length, length);
    return fixed;
  }
}
