package dev.lifeboat.vault.region;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lifeboat.vault.region.FaultyRegion.Fault;
import dev.lifeboat.vault.region.FaultyRegion.Operation;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is remembered of a listing is what the region would say, or it is not used. */
final class RememberedListingTest {
  private static final RegionName A = new RegionName("a");

  @TempDir private Path directory;
  private final AtomicLong nanos = new AtomicLong();
  private final FaultyRegion region = new FaultyRegion(new MemoryRegion(A, Clock.systemUTC()));
  private final RegionSet regions =
      new RegionSet(
          List.of(region),
          1,
          new RegionSet.Manner(
              new RetryPolicy(1, Duration.ZERO, Duration.ZERO, Duration.ofSeconds(30)),
              new Random(1),
              Map.of(),
              nanos::get));
  private RegionSet.Remembering remembering = () -> {};

  @BeforeEach
  void begin() throws IOException {
    put("packs/ab/1");
    put("packs/ab/2");
    put("leases/x/1");
    put("snapshots/t/d/1");
    remembering = regions.rememberListings(directory.resolve("listings"), List.of("leases/"));
  }

  @AfterEach
  void end() throws IOException {
    remembering.close();
    try (Stream<Path> left = Files.list(directory.resolve("listings"))) {
      assertThat(left).isEmpty();
    }
    regions.close();
  }

  private void put(String key) {
    assertThat(regions.put(new ObjectKey(key), ByteBuffer.wrap(new byte[3])).held())
        .containsExactly(A);
  }

  /** What is listed; a listing that was asked of the region is one call more. */
  private List<ObjectInfo> list(String prefix, int calls) throws RegionException {
    int before = region.calls(Operation.LIST);
    List<ObjectInfo> found = new ArrayList<>();
    regions.regions().getFirst().list(prefix, found::add);
    assertThat(region.calls(Operation.LIST) - before).as("calls for '%s'", prefix).isEqualTo(calls);
    List<ObjectInfo> real = new ArrayList<>();
    region.inner().list(prefix, real::add);
    assertThat(found).as("what is listed for '%s'", prefix).isEqualTo(real);
    return found;
  }

  @Test
  void list_behindACompleteOne_asksNoMore() throws Exception {
    assertThat(list("packs/", 1)).hasSize(2);
    assertThat(list("", 1)).hasSize(4);
    assertThat(list("packs/", 0)).hasSize(2);
    assertThat(list("snapshots/t/", 0)).hasSize(1);
    assertThat(list("index/", 0)).isEmpty();
    assertThat(list("", 0)).hasSize(4);
  }

  @Test
  void list_ofWhatIsNeverRemembered_asks() throws Exception {
    list("", 1);
    list("leases/", 1);
    list("leases/x/", 1);
  }

  @Test
  void list_behindAWrite_asksWhereItWouldShow() throws Exception {
    list("", 1);
    put("packs/ab/3");
    list("packs/", 1);
    list("snapshots/", 0);
    list("", 1);
    list("packs/", 0);
    region.inner().delete(new ObjectKey("snapshots/t/d/1"));
    regions.regions().getFirst().delete(new ObjectKey("snapshots/t/d/1"));
    assertThat(list("snapshots/t/", 1)).isEmpty();
  }

  @Test
  void list_whileSomebodyWrites_isNotBelievedThere() throws Exception {
    boolean[] done = new boolean[1];
    regions
        .regions()
        .getFirst()
        .list(
            "",
            _ -> {
              if (!done[0]) {
                done[0] = true;
                put("packs/ab/0");
              }
            });
    list("packs/", 1);
    list("snapshots/", 0);
  }

  @Test
  void list_behindAFailedWrite_asks() throws Exception {
    list("", 1);
    region.next(Operation.PUT, new Fault.AnswerLost());
    assertThat(regions.put(new ObjectKey("packs/ab/4"), ByteBuffer.wrap(new byte[3])).failed())
        .containsKey(A);
    assertThat(list("packs/", 1)).hasSize(3);
  }

  @Test
  void list_brokenOff_isNotRemembered() throws Exception {
    region.next(Operation.LIST, new Fault.AnswerLost());
    try {
      regions.regions().getFirst().list("", _ -> {});
    } catch (RegionException e) {
      // As the script has it.
    }
    list("packs/", 1);
    list("", 1);
  }

  @Test
  void list_tooOld_isAskedForAgain() throws Exception {
    list("", 1);
    nanos.addAndGet(RegionSet.REMEMBERED.toNanos());
    list("packs/", 0);
    nanos.addAndGet(1);
    list("packs/", 1);
  }

  @Test
  void list_whenNothingIsRememberedAnyMore_asks() throws Exception {
    list("", 1);
    remembering.close();
    list("packs/", 1);
  }
}
