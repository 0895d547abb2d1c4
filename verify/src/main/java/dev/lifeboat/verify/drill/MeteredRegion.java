package dev.lifeboat.verify.drill;

import dev.lifeboat.vault.region.ObjectKey;
import dev.lifeboat.vault.region.Region;
import dev.lifeboat.vault.region.RegionException;
import java.util.concurrent.atomic.LongAdder;

/** Counts what is read from a region. */
final class MeteredRegion extends ReadOnlyRegion {
  private final BusyTime busy;
  private final LongAdder reads = new LongAdder();
  private final LongAdder bytes = new LongAdder();
  private final LongAdder failures = new LongAdder();

  /**
   * @param busy told when somebody waits for this region; shared by all
   */
  MeteredRegion(Region region, BusyTime busy) {
    super(region);
    this.busy = busy;
  }

  /** What was read so far. */
  DrillReport.RegionUse use() {
    return new DrillReport.RegionUse(name().value(), reads.sum(), bytes.sum(), failures.sum());
  }

  @Override
  public byte[] read(ObjectKey key, long offset, int length) throws RegionException {
    return metered(() -> super.read(key, offset, length));
  }

  @Override
  public byte[] read(ObjectKey key) throws RegionException {
    return metered(() -> super.read(key));
  }

  private interface Reading {
    byte[] read() throws RegionException;
  }

  private byte[] metered(Reading reading) throws RegionException {
    busy.begin();
    try {
      byte[] read = reading.read();
      reads.increment();
      bytes.add(read.length);
      return read;
    } catch (RegionException e) {
      failures.increment();
      throw e;
    } finally {
      busy.end();
    }
  }
}
