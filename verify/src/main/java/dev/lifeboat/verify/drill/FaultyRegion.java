package dev.lifeboat.verify.drill;

import dev.lifeboat.vault.region.ObjectInfo;
import dev.lifeboat.vault.region.ObjectKey;
import dev.lifeboat.vault.region.Region;
import dev.lifeboat.vault.region.RegionException;
import java.util.Arrays;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Predicate;

/** A copy of a region in which one object is not as it should be. The region itself stays. */
final class FaultyRegion extends ReadOnlyRegion {
  /** What is wrong with an object. */
  sealed interface Wrong {
    ObjectKey key();

    /** It is not there. */
    record Gone(ObjectKey key) implements Wrong {}

    /** It has other bytes, perhaps fewer. */
    @SuppressWarnings("ArrayRecordComponent") // handed over once, compared by nobody
    record Replaced(ObjectKey key, byte[] bytes) implements Wrong {}

    /**
     * The lowest bit of each byte at a multiple of {@code every} from {@code first} on is flipped.
     */
    record Flipped(ObjectKey key, long first, long every) implements Wrong {}
  }

  private final Wrong wrong;

  FaultyRegion(Region region, Wrong wrong) {
    super(region);
    this.wrong = wrong;
  }

  @Override
  public byte[] read(ObjectKey key, long offset, int length) throws RegionException {
    if (!key.equals(wrong.key())) {
      return super.read(key, offset, length);
    }
    return switch (wrong) {
      case Wrong.Gone _ -> throw missing();
      case Wrong.Replaced replaced -> {
        if (offset + length > replaced.bytes().length) {
          throw missing();
        }
        yield Arrays.copyOfRange(replaced.bytes(), (int) offset, (int) offset + length);
      }
      case Wrong.Flipped flipped -> flip(super.read(key, offset, length), offset, flipped);
    };
  }

  @Override
  public byte[] read(ObjectKey key) throws RegionException {
    if (!key.equals(wrong.key())) {
      return super.read(key);
    }
    return switch (wrong) {
      case Wrong.Gone _ -> throw missing();
      case Wrong.Replaced replaced -> replaced.bytes().clone();
      case Wrong.Flipped flipped -> flip(super.read(key), 0, flipped);
    };
  }

  private RegionException missing() {
    return new RegionException.Missing(name(), wrong.key(), "is not there");
  }

  private static byte[] flip(byte[] bytes, long offset, Wrong.Flipped flipped) {
    for (int i = 0; i < bytes.length; i++) {
      long at = offset + i;
      if (at >= flipped.first() && (at - flipped.first()) % flipped.every() == 0) {
        bytes[i] ^= 1;
      }
    }
    return bytes;
  }

  @Override
  public Optional<byte[]> readBeneath(
      ObjectKey key, long offset, int length, Predicate<byte[]> good) throws RegionException {
    return key.equals(wrong.key())
        ? Optional.empty()
        : super.readBeneath(key, offset, length, good);
  }

  @Override
  public Optional<ObjectInfo> stat(ObjectKey key) throws RegionException {
    return super.stat(key).flatMap(this::seen);
  }

  @Override
  public void list(String prefix, Consumer<ObjectInfo> each) throws RegionException {
    super.list(prefix, info -> seen(info).ifPresent(each));
  }

  private Optional<ObjectInfo> seen(ObjectInfo info) {
    if (!info.key().equals(wrong.key())) {
      return Optional.of(info);
    }
    return switch (wrong) {
      case Wrong.Gone _ -> Optional.empty();
      case Wrong.Replaced replaced ->
          Optional.of(new ObjectInfo(info.key(), replaced.bytes().length, info.modified()));
      case Wrong.Flipped _ -> Optional.of(info);
    };
  }
}
