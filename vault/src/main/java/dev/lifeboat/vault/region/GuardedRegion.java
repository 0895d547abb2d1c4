package dev.lifeboat.vault.region;

import dev.lifeboat.vault.Digest;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * A region of which nobody waits for ever: each call has a limit of time, and a region that was
 * found hanging is not asked again before a pause is over. Nothing is tried a second time here.
 */
final class GuardedRegion implements Region {
  /**
   * A listing of millions of objects takes minutes before its first where one object takes seconds.
   */
  static final int LISTING_PATIENCE = 10;

  private static final int PUT_BYTES_PER_SECOND = 64 << 10;
  private static final int READ_BYTES_PER_SECOND = 256 << 10;

  private final Region region;
  private final Duration patience;
  private final Attempts attempts;
  private final Breaker breaker;
  private volatile @Nullable RememberedListing remembered;

  GuardedRegion(Region region, Duration patience, Attempts attempts, Breaker breaker) {
    this.region = region;
    this.patience = patience;
    this.attempts = attempts;
    this.breaker = breaker;
  }

  Breaker breaker() {
    return breaker;
  }

  /** From now on listings are answered from what this remembers, where it does. */
  void remember(@Nullable RememberedListing listing) {
    remembered = listing;
  }

  /** As the other {@code limited}, for a call that may write this object. */
  private <T> T writing(ObjectKey key, long bytes, int bytesPerSecond, Attempts.Call<T> call)
      throws RegionException {
    return writing(List.of(key), bytes, bytesPerSecond, call);
  }

  private <T> T writing(
      Collection<ObjectKey> keys, long bytes, int bytesPerSecond, Attempts.Call<T> call)
      throws RegionException {
    try {
      return limited(bytes, bytesPerSecond, call);
    } finally {
      RememberedListing listing = remembered;
      if (listing != null) {
        keys.forEach(listing::touched);
      }
    }
  }

  @Override
  public RegionName name() {
    return region.name();
  }

  private <T> T limited(Duration limit, AtomicLong progress, Attempts.Call<T> call)
      throws RegionException {
    String hang = breaker.hang();
    if (hang != null) {
      throw Attempts.hung(name(), "left out since it hung: " + hang);
    }
    try {
      return attempts.limited(region, limit, progress, call);
    } catch (RegionException e) {
      if (Attempts.isHung(e)) {
        breaker.failed(e);
      }
      throw e;
    }
  }

  private <T> T limited(long bytes, int bytesPerSecond, Attempts.Call<T> call)
      throws RegionException {
    return limited(patience.plusSeconds(bytes / bytesPerSecond), new AtomicLong(), call);
  }

  @Override
  public Optional<String> place() {
    return region.place();
  }

  @Override
  public Optional<ObjectLock> lock() {
    return region.lock();
  }

  @Override
  public Optional<Instant> lockedUntil(ObjectKey key) throws RegionException {
    return limited(0, READ_BYTES_PER_SECOND, () -> region.lockedUntil(key));
  }

  @Override
  public Instant extendLock(ObjectKey key, Instant until) throws RegionException {
    return limited(0, READ_BYTES_PER_SECOND, () -> region.extendLock(key, until));
  }

  @Override
  public boolean put(ObjectKey key, ByteBuffer bytes) throws RegionException {
    return writing(key, bytes.remaining(), PUT_BYTES_PER_SECOND, () -> region.put(key, bytes));
  }

  /** As {@link #put}, with bytes that are lent while the region is really at it. */
  boolean put(ObjectKey key, RegionSet.Lender lender) throws RegionException {
    return writing(
        key,
        lender.length(),
        PUT_BYTES_PER_SECOND,
        () -> {
          ByteBuffer bytes = lender.lend();
          try {
            return region.put(key, bytes);
          } finally {
            lender.giveBack(bytes);
          }
        });
  }

  @Override
  public boolean copyFrom(Region source, ObjectKey key, Digest sha256) throws RegionException {
    Region bare = source instanceof GuardedRegion other ? other.region : source;
    return writing(
        key, Integer.MAX_VALUE, READ_BYTES_PER_SECOND, () -> region.copyFrom(bare, key, sha256));
  }

  @Override
  public byte[] read(ObjectKey key, long offset, int length) throws RegionException {
    return limited(length, READ_BYTES_PER_SECOND, () -> region.read(key, offset, length));
  }

  @Override
  public byte[] read(ObjectKey key) throws RegionException {
    return limited(Integer.MAX_VALUE, READ_BYTES_PER_SECOND, () -> region.read(key));
  }

  @Override
  public Optional<ObjectInfo> stat(ObjectKey key) throws RegionException {
    return limited(0, READ_BYTES_PER_SECOND, () -> region.stat(key));
  }

  @Override
  public void list(String prefix, Consumer<ObjectInfo> each) throws RegionException {
    RememberedListing listing = remembered;
    RememberedListing.Replay replay = listing == null ? null : listing.replay(prefix);
    if (replay != null) {
      replay.run(each);
      return;
    }
    try (RememberedListing.Recording recording =
        listing != null && prefix.isEmpty() ? listing.record() : null) {
      if (recording == null) {
        told(each, consumer -> region.list(prefix, consumer));
      } else {
        told(each.andThen(recording::accept), consumer -> region.list(prefix, consumer));
        recording.finish();
      }
    }
  }

  /** Something of a region that calls its consumer as often as it likes. */
  private interface Telling<T> {
    void to(Consumer<T> consumer) throws RegionException;
  }

  /** Has a region tell, as long as it goes on telling, or the consumer is at work. */
  private <T> void told(Consumer<T> each, Telling<T> telling) throws RegionException {
    AtomicLong progress = new AtomicLong();
    AtomicReference<@Nullable RuntimeException> refused = new AtomicReference<>();
    try {
      boolean _ =
          limited(
              patience.multipliedBy(LISTING_PATIENCE),
              progress,
              () -> {
                telling.to(found -> {
                  progress.incrementAndGet();
                  try {
                    each.accept(found);
                  } catch (RuntimeException e) {
                    refused.set(e);
                    throw e;
                  } finally {
                    progress.incrementAndGet();
                  }
                });
                return true;
              });
    } catch (RegionException e) {
      RuntimeException thrown = refused.get();
      if (thrown != null) {
        throw thrown; // The consumer's own, not the region's.
      }
      throw e;
    }
  }

  @Override
  public void delete(ObjectKey key) throws RegionException {
    boolean _ =
        writing(
            key,
            0,
            READ_BYTES_PER_SECOND,
            () -> {
              region.delete(key);
              return true;
            });
  }

  @Override
  public void deleteAll(Collection<ObjectKey> keys) throws RegionException {
    // A second more for each, because not every region can do more than one at once.
    boolean _ =
        writing(
            keys,
            (long) keys.size() * READ_BYTES_PER_SECOND,
            READ_BYTES_PER_SECOND,
            () -> {
              region.deleteAll(keys);
              return true;
            });
  }

  @Override
  public void replace(ObjectKey key, ByteBuffer bytes) throws RegionException {
    boolean _ =
        writing(
            key,
            bytes.remaining(),
            PUT_BYTES_PER_SECOND,
            () -> {
              region.replace(key, bytes);
              return true;
            });
  }

  @Override
  public Optional<byte[]> readBeneath(
      ObjectKey key, long offset, int length, Predicate<byte[]> good) throws RegionException {
    return limited(
        Integer.MAX_VALUE,
        READ_BYTES_PER_SECOND,
        () -> region.readBeneath(key, offset, length, good));
  }

  @Override
  public void listOverlays(String prefix, Consumer<Overlay> each) throws RegionException {
    told(each, consumer -> region.listOverlays(prefix, consumer));
  }

  @Override
  public Instant now() throws RegionException {
    return limited(0, READ_BYTES_PER_SECOND, region::now);
  }

  @Override
  public void ping() throws RegionException {
    boolean _ =
        limited(
            0,
            READ_BYTES_PER_SECOND,
            () -> {
              region.ping();
              return true;
            });
  }

  @Override
  public void close() {
    region.close();
  }

  @Nullable String outage() {
    return breaker.outage();
  }
}
