package dev.lifeboat.vault.region;

import dev.lifeboat.vault.Digest;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A region over another one that fails, loses, corrupts or dawdles as its script tells it. */
public final class FaultyRegion implements Region {
  /** What was asked. */
  public enum Operation {
    PUT,
    READ,
    STAT,
    LIST,
    DELETE,
    NOW
  }

  /** What happens instead of, or besides, what was asked. */
  public sealed interface Fault {
    /** Nothing is done; asking again may help. */
    record Busy() implements Fault {}

    /** Nothing is done, now or ever. */
    record Broken(String why) implements Fault {}

    /** It is done, and then the answer is lost: {@link RegionException.Transient}. */
    record AnswerLost() implements Fault {}

    /** A put claims success and stores nothing; a read, stat or listing finds nothing. */
    record Lost() implements Fault {}

    /** One bit of what is stored, or read, is another. */
    record Flipped() implements Fault {}

    /** It is done, but late. */
    record Late(Duration by) implements Fault {}
  }

  /** Decides, for each call, what goes wrong; {@code null} if nothing does. */
  public interface Script {
    @Nullable Fault next(Operation operation, @Nullable ObjectKey key);
  }

  /** Stands for a service that copies from another region by itself. */
  public interface Copying {
    boolean copy(Region source, ObjectKey key) throws RegionException;
  }

  private final Region inner;
  private volatile Copying copying = (_, _) -> false;
  private volatile Script script = (_, _) -> null;
  private final ConcurrentHashMap<Operation, AtomicInteger> calls = new ConcurrentHashMap<>();

  public FaultyRegion(Region inner) {
    this.inner = inner;
  }

  /** From now on this script decides. */
  public FaultyRegion follow(Script next) {
    script = next;
    return this;
  }

  /** From now on it copies like this. */
  public void copy(Copying like) {
    copying = like;
  }

  /** These happen to the next calls of one operation, one each; then nothing does. */
  public FaultyRegion next(Operation operation, Fault... faults) {
    Queue<Fault> queue = new ArrayDeque<>(List.of(faults));
    return follow((asked, _) -> {
      synchronized (queue) {
        return asked == operation ? queue.poll() : null;
      }
    });
  }

  /** Every call of one operation fares like this. */
  public FaultyRegion always(Operation operation, Fault fault) {
    return follow((asked, _) -> asked == operation ? fault : null);
  }

  /** Every call whatever fares like this. */
  public FaultyRegion always(Fault fault) {
    return follow((_, _) -> fault);
  }

  /** Calls are busy, or their answers lost, at random with this probability. */
  public FaultyRegion flaky(long seed, double probability) {
    Random random = new Random(seed);
    return follow((_, _) -> {
      synchronized (random) {
        if (random.nextDouble() >= probability) {
          return null;
        }
        return random.nextBoolean() ? new Fault.Busy() : new Fault.AnswerLost();
      }
    });
  }

  /** How often an operation was asked for. */
  public int calls(Operation operation) {
    AtomicInteger count = calls.get(operation);
    return count == null ? 0 : count.get();
  }

  public Region inner() {
    return inner;
  }

  @Override
  public RegionName name() {
    return inner.name();
  }

  @Override
  public boolean put(ObjectKey key, ByteBuffer bytes) throws RegionException {
    Fault fault = before(Operation.PUT, key);
    if (fault instanceof Fault.Lost) {
      return true;
    }
    boolean created = inner.put(key, fault instanceof Fault.Flipped ? flipped(bytes) : bytes);
    after(fault);
    return created;
  }

  @Override
  public boolean copyFrom(Region source, ObjectKey key, Digest sha256) throws RegionException {
    return copying.copy(source, key);
  }

  @Override
  public byte[] read(ObjectKey key, long offset, int length) throws RegionException {
    Fault fault = before(Operation.READ, key);
    if (fault instanceof Fault.Lost) {
      throw new RegionException.Missing(name(), key, "is not there");
    }
    byte[] bytes = inner.read(key, offset, length);
    after(fault);
    return fault instanceof Fault.Flipped ? flipped(ByteBuffer.wrap(bytes)).array() : bytes;
  }

  @Override
  public byte[] read(ObjectKey key) throws RegionException {
    Fault fault = before(Operation.READ, key);
    if (fault instanceof Fault.Lost) {
      throw new RegionException.Missing(name(), key, "is not there");
    }
    byte[] bytes = inner.read(key);
    after(fault);
    return fault instanceof Fault.Flipped ? flipped(ByteBuffer.wrap(bytes)).array() : bytes;
  }

  @Override
  public Optional<ObjectInfo> stat(ObjectKey key) throws RegionException {
    Fault fault = before(Operation.STAT, key);
    if (fault instanceof Fault.Lost) {
      return Optional.empty();
    }
    Optional<ObjectInfo> info = inner.stat(key);
    after(fault);
    return info;
  }

  @Override
  public void list(String prefix, Consumer<ObjectInfo> each) throws RegionException {
    Fault fault = before(Operation.LIST, null);
    if (fault instanceof Fault.Lost) {
      return;
    }
    inner.list(prefix, each);
    after(fault);
  }

  @Override
  public void delete(ObjectKey key) throws RegionException {
    Fault fault = before(Operation.DELETE, key);
    if (fault instanceof Fault.Lost) {
      return;
    }
    inner.delete(key);
    after(fault);
  }

  @Override
  public Optional<ObjectLock> lock() {
    return inner.lock();
  }

  @Override
  public Optional<Instant> lockedUntil(ObjectKey key) throws RegionException {
    return inner.lockedUntil(key);
  }

  @Override
  public Instant extendLock(ObjectKey key, Instant until) throws RegionException {
    return inner.extendLock(key, until);
  }

  @Override
  public Instant now() throws RegionException {
    Fault fault = before(Operation.NOW, null);
    Instant now = inner.now();
    after(fault);
    return now;
  }

  @Override
  public void close() {
    inner.close();
  }

  private @Nullable Fault before(Operation operation, @Nullable ObjectKey key)
      throws RegionException {
    calls.computeIfAbsent(operation, _ -> new AtomicInteger()).incrementAndGet();
    Fault fault = script.next(operation, key);
    switch (fault) {
      case null -> {}
      case Fault.Busy _ -> throw new RegionException.Transient(name(), "is busy", null);
      case Fault.Broken(String why) -> throw new RegionException.Permanent(name(), why, null);
      case Fault.Late(Duration by) -> {
        try {
          Thread.sleep(by);
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
          throw new RegionException.Transient(name(), "interrupted", e);
        }
      }
      case Fault.AnswerLost _, Fault.Lost _, Fault.Flipped _ -> {}
    }
    return fault;
  }

  private void after(@Nullable Fault fault) throws RegionException {
    if (fault instanceof Fault.AnswerLost) {
      throw new RegionException.Transient(name(), "connection lost", null);
    }
  }

  private static ByteBuffer flipped(ByteBuffer bytes) {
    byte[] copy = new byte[bytes.remaining()];
    bytes.duplicate().get(copy);
    if (copy.length > 0) {
      copy[copy.length / 2] ^= 1;
    }
    return ByteBuffer.wrap(copy);
  }
}
