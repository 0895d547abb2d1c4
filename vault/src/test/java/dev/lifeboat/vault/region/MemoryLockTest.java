package dev.lifeboat.vault.region;

import dev.lifeboat.vault.reclaim.World;
import java.time.Duration;
import java.time.Instant;

class MemoryLockTest extends LockContract {
  private final World.Time time = new World.Time();

  @Override
  protected Region create(Duration period) {
    return new MemoryRegion(
        new RegionName("memory"), time, new ObjectLock(ObjectLock.Mode.COMPLIANCE, period));
  }

  @Override
  protected Duration period() {
    return Duration.ofDays(30);
  }

  @Override
  protected void pass(Instant moment) {
    time.pass(Duration.between(time.instant(), moment));
  }
}
