package dev.lifeboat.vault.engine;

import dev.lifeboat.vault.region.FaultyRegion;
import dev.lifeboat.vault.region.FaultyRegion.Fault;
import dev.lifeboat.vault.region.FaultyRegion.Operation;
import dev.lifeboat.vault.region.MemoryRegion;
import dev.lifeboat.vault.region.Region;
import dev.lifeboat.vault.region.RegionName;
import dev.lifeboat.vault.region.RetryPolicy;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A hundred nights against three regions that are busy, gone for a while or for the night, slow,
 * lose answers, flip bytes on the way out.
 *
 * <p>{@code -Dlifeboat.nights.seed=…} repeats a failure, {@code -Dlifeboat.nights=…} runs more.
 */
@Timeout(600)
class FaultNightsTest {
  private static final long SEED = Long.getLong("lifeboat.nights.seed", 20_261_122L);
  private static final int NIGHTS = Integer.getInteger("lifeboat.nights", 100);
  private static final RetryPolicy POLICY =
      new RetryPolicy(3, Duration.ofMillis(1), Duration.ofMillis(2), Duration.ofMinutes(1));

  /** A region in memory; what closes it leaves it to the next night. */
  private static final class Memory implements FaultNights.Place {
    private final MemoryRegion bare;
    private final FaultyRegion faulty;

    private Memory(MemoryRegion bare) {
      this.bare = bare;
      this.faulty = new FaultyRegion(bare);
    }

    @Override
    public RegionName name() {
      return bare.name();
    }

    @Override
    public Region open() {
      return new HookedRegion(faulty);
    }

    @Override
    public Region bare() {
      return new HookedRegion(bare);
    }

    @Override
    public void fail(Random dice) {
      long seed = dice.nextLong();
      switch (dice.nextInt(8)) {
        case 0 -> faulty.flaky(seed, 0.1);
        case 1 -> faulty.flaky(seed, 0.5);
        case 2 -> vanish();
        case 3 -> breaksAt(dice.nextInt(12), new Fault.Broken("disk full"));
        case 4 -> breaksAt(dice.nextInt(30), new Fault.Busy());
        case 5 -> faulty.always(Operation.READ, new Fault.Flipped());
        case 6 -> faulty.always(Operation.PUT, new Fault.Late(Duration.ofMillis(5)));
        default -> calm();
      }
    }

    @Override
    public void vanish() {
      faulty.always(new Fault.Broken("gone for the night"));
    }

    /** From its n-th call on, everything fails. */
    private void breaksAt(int call, Fault fault) {
      int[] left = {call};
      faulty.follow((_, _) -> {
        synchronized (left) {
          return left[0]-- > 0 ? null : fault;
        }
      });
    }

    @Override
    public void calm() {
      faulty.follow((_, _) -> null);
    }
  }

  @Test
  void nights_anythingGoesWrong_whatWasReportedDurableComesBackAndTheRestIsNamed(@TempDir Path home)
      throws Exception {
    VaultFixture.TestClock clock = new VaultFixture.TestClock();
    List<Memory> places = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      places.add(new Memory(new MemoryRegion(new RegionName("r" + i), clock)));
    }
    new FaultNights(SEED, NIGHTS, places, POLICY, clock, home).run();
  }
}
