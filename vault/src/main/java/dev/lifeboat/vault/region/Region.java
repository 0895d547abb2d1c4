package dev.lifeboat.vault.region;

import dev.lifeboat.vault.Digest;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.Collection;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Predicate;

/**
 * A place that holds a complete copy of the vault. Safe for use by many threads.
 *
 * <p>Objects are written once and never changed. After {@link #put} returned, the object survives a
 * crash of the machine, and every later {@link #read}, {@link #stat} and {@link #list} sees it.
 */
public interface Region extends AutoCloseable {
  RegionName name();

  /**
   * Where the copy lies, in words: two regions that say the same are one copy. Nothing, if this
   * region shares its place with no other.
   */
  default Optional<String> place() {
    return Optional.empty();
  }

  /**
   * Stores an object, all or nothing: until this returns, no reader sees any of it.
   *
   * <p>Storing a key that is there with the same length changes nothing and succeeds; the bytes are
   * not compared.
   *
   * @param bytes read from position to limit; the buffer's own position is left untouched, so that
   *     one buffer can go to several regions at once
   * @return whether this call created the object; {@code false} when it was already there
   * @throws RegionException.Conflict if the key is taken by an object of another length
   * @throws RegionException.Transient safe to call again
   */
  boolean put(ObjectKey key, ByteBuffer bytes) throws RegionException;

  /**
   * Stores here an object that another region has, without its bytes passing through this machine,
   * if both are able to and the servers vouch that its SHA-256 is this. All or nothing, as {@link
   * #put}.
   *
   * @return {@code false} if it cannot be done this way: nothing was stored
   * @throws RegionException.Conflict if the key is taken by an object of another length
   */
  default boolean copyFrom(Region source, ObjectKey key, Digest sha256) throws RegionException {
    return false;
  }

  /**
   * Reads exactly {@code length} bytes from {@code offset}.
   *
   * @throws RegionException.Missing if the object is not there or ends before the range does
   */
  byte[] read(ObjectKey key, long offset, int length) throws RegionException;

  /**
   * Reads a whole object.
   *
   * @throws RegionException.Missing if it is not there
   */
  byte[] read(ObjectKey key) throws RegionException;

  /** What is known of one object, or nothing if it is not there. */
  Optional<ObjectInfo> stat(ObjectKey key) throws RegionException;

  /**
   * Calls {@code each} for every object whose key starts with {@code prefix}, in ascending order of
   * keys, without holding all of them in memory.
   *
   * @param prefix empty for all, or a sequence of whole segments that ends with {@code /}
   */
  void list(String prefix, Consumer<ObjectInfo> each) throws RegionException;

  /**
   * Removes an object. Removing one that is not there succeeds.
   *
   * @throws RegionException.Locked if the object is locked: nothing was removed
   */
  void delete(ObjectKey key) throws RegionException;

  /**
   * Removes objects in any order, as {@link #delete} does, where it can in fewer requests. Stopped
   * on the way, some are gone.
   */
  default void deleteAll(Collection<ObjectKey> keys) throws RegionException {
    for (ObjectKey key : keys) {
      delete(key);
    }
  }

  /** How this region locks what is stored in it, if it does. Asks nobody. */
  default Optional<ObjectLock> lock() {
    return Optional.empty();
  }

  /**
   * Until when an object is locked, as the region itself says; nothing if it is not, or not any
   * more.
   *
   * @throws RegionException.Missing if it is not there
   */
  default Optional<Instant> lockedUntil(ObjectKey key) throws RegionException {
    return Optional.empty();
  }

  /**
   * Has an object locked until a time at least. Never shortens a lock; an object that is not locked
   * any more is locked again.
   *
   * @return until when it is locked now, read back from the region
   * @throws RegionException.Missing if it is not there
   * @throws RegionException.Permanent if this region has no {@link #lock}, or the lock does not
   *     hold
   */
  default Instant extendLock(ObjectKey key, Instant until) throws RegionException {
    throw new RegionException.Permanent(
        name(), "cannot lock %s: it has no locks".formatted(key), null);
  }

  /**
   * Puts bytes in the place of an object whose bytes are bad, or that somebody hid. Where the
   * region keeps versions they go on top, and nothing is removed; elsewhere the object is removed
   * first, and a crash in between leaves none.
   *
   * @param bytes known to be the right ones; the buffer's own position is left untouched
   */
  default void replace(ObjectKey key, ByteBuffer bytes) throws RegionException {
    delete(key);
    boolean _ = put(key, bytes);
  }

  /** As a length: up to the end of the object. */
  int WHOLE = -1;

  /**
   * Looks for good bytes among the older versions of an object, newest first. Regions that keep no
   * versions have none.
   *
   * @param length as for {@link #read(ObjectKey, long, int)}, or {@link #WHOLE}
   */
  default Optional<byte[]> readBeneath(
      ObjectKey key, long offset, int length, Predicate<byte[]> good) throws RegionException {
    return Optional.empty();
  }

  /**
   * Calls {@code each} for every object that something lies over: in regions that keep versions,
   * one listing more; in others nothing.
   */
  default void listOverlays(String prefix, Consumer<Overlay> each) throws RegionException {}

  /** The region's own clock, the one that {@link ObjectInfo#modified} is told by. */
  Instant now() throws RegionException;

  /**
   * Makes the smallest request that the region has to answer now: what is known from earlier
   * answers does not count, and nothing else of this region is waited for.
   *
   * @throws RegionException if it does not answer, or says no
   */
  default void ping() throws RegionException {
    Instant _ = now();
  }

  /** Releases connections; stored objects stay. */
  @Override
  void close();
}
