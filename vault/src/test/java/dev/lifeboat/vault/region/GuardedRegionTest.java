package dev.lifeboat.vault.region;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lifeboat.vault.region.FaultyRegion.Fault;
import dev.lifeboat.vault.region.FaultyRegion.Operation;
import java.lang.reflect.Method;
import java.nio.ByteBuffer;
import java.time.Clock;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GuardedRegionTest {
  private static final RegionName A = new RegionName("a");
  private static final ObjectKey KEY = new ObjectKey("packs/ab/abc");

  /** What is not passed on would silently do what the interface does by default. */
  @ParameterizedTest
  @ValueSource(classes = {GuardedRegion.class, ForwardingRegion.class})
  void everyMethodOfARegion_isPassedOn(Class<?> front) {
    for (Method method : Region.class.getMethods()) {
      assertThat(Arrays.stream(front.getDeclaredMethods()))
          .as(method.toString())
          .anyMatch(own ->
              own.getName().equals(method.getName())
                  && Arrays.equals(own.getParameterTypes(), method.getParameterTypes()));
    }
  }

  @Test
  void call_regionHangs_isGivenUpOnceAndThenNotAskedBeforeThePauseIsOver() throws Exception {
    FaultyRegion region = new FaultyRegion(new MemoryRegion(A, Clock.systemUTC()));
    AtomicLong nanos = new AtomicLong();
    RetryPolicy policy = new RetryPolicy(5, Duration.ZERO, Duration.ZERO, Duration.ofMillis(100));
    try (RegionSet set =
        new RegionSet(
            List.of(region),
            1,
            new RegionSet.Manner(policy, new Random(1), Map.of(), nanos::get))) {
      region.always(new Fault.Late(Duration.ofHours(1)));
      PutReport report = set.put(KEY, ByteBuffer.wrap(new byte[10]));
      assertThat(report.failed().get(A)).hasMessageContaining("nor to the smallest request");
      assertThat(region.calls(Operation.PUT)).isEqualTo(1);
      assertThatThrownBy(() -> set.in(A, r -> r.stat(KEY))).hasMessageContaining("it hung");
      assertThatThrownBy(() -> set.regions().getFirst().list("", _ -> {}))
          .hasMessageContaining("it hung");
      assertThat(region.calls(Operation.STAT)).isZero();

      nanos.addAndGet(Breaker.FIRST_PAUSE.toNanos());
      region.follow((_, _) -> null);
      assertThat(set.put(KEY, ByteBuffer.wrap(new byte[10])).held()).containsExactly(A);
      assertThat(set.outages()).isEmpty();
    }
  }

  @Test
  @Timeout(60)
  void listing_regionHangs_isNotAskedAgainAfterPauses() throws Exception {
    FaultyRegion region = new FaultyRegion(new MemoryRegion(A, Clock.systemUTC()));
    region.always(new Fault.Late(Duration.ofHours(1)));
    // A second attempt would come after this test has ended.
    RetryPolicy policy =
        new RetryPolicy(5, Duration.ofDays(1), Duration.ofDays(1), Duration.ofMillis(50));
    try (RegionSet set = new RegionSet(List.of(region), 1, policy, new Random(1))) {
      for (int i = 0; i < 2; i++) {
        try (MergedListing listing = set.merged("")) {
          assertThat(listing.next()).isNull();
          assertThat(listing.failed()).containsOnlyKeys(A);
        }
        PutReport report = set.put(KEY, ByteBuffer.wrap(new byte[10]));
        assertThat(report.failed()).containsOnlyKeys(A);
      }
      assertThat(region.calls(Operation.LIST)).isEqualTo(1);
    }
  }

  @Test
  void list_consumerTakesLongerThanThePatience_isNotTheRegionsFault() throws Exception {
    MemoryRegion region = new MemoryRegion(A, Clock.systemUTC());
    RetryPolicy policy = new RetryPolicy(1, Duration.ZERO, Duration.ZERO, Duration.ofMillis(20));
    try (RegionSet set = new RegionSet(List.of(region), 1, policy, new Random(1))) {
      set.put(KEY, ByteBuffer.wrap(new byte[10]));
      AtomicInteger seen = new AtomicInteger();
      set.regions()
          .getFirst()
          .list(
              "",
              _ -> {
                try {
                  Thread.sleep(500);
                } catch (InterruptedException e) {
                  throw new IllegalStateException(e);
                }
                seen.incrementAndGet();
              });
      assertThat(seen.get()).isEqualTo(1);
    }
  }

  @Test
  void list_consumerThrows_itsOwnExceptionComesBack() throws Exception {
    MemoryRegion region = new MemoryRegion(A, Clock.systemUTC());
    try (RegionSet set = new RegionSet(List.of(region), 1)) {
      set.put(KEY, ByteBuffer.wrap(new byte[10]));
      assertThatThrownBy(() ->
              set.regions()
                  .getFirst()
                  .list(
                      "",
                      _ -> {
                        throw new IllegalStateException("enough");
                      }))
          .isInstanceOf(IllegalStateException.class)
          .hasMessage("enough");
    }
  }
}
