package dev.lifeboat.vault.region;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lifeboat.vault.VaultException;
import dev.lifeboat.vault.region.FaultyRegion.Fault;
import dev.lifeboat.vault.region.FaultyRegion.Operation;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RegionSetTest {
  private static final ObjectKey KEY = new ObjectKey("packs/ab/one");
  private static final byte[] CONTENT = "content".getBytes(StandardCharsets.UTF_8);
  private static final RegionName A = new RegionName("a");
  private static final RegionName B = new RegionName("b");
  private static final RegionName C = new RegionName("c");
  private static final RetryPolicy QUICK =
      new RetryPolicy(3, Duration.ofMillis(1), Duration.ofMillis(2), Duration.ofSeconds(60));

  private final FaultyRegion a = faulty(A);
  private final FaultyRegion b = faulty(B);
  private final FaultyRegion c = faulty(C);
  private RegionSet set = set(QUICK);

  @AfterEach
  void close() {
    set.close();
  }

  private static FaultyRegion faulty(RegionName name) {
    return new FaultyRegion(new MemoryRegion(name, Clock.systemUTC()));
  }

  private RegionSet set(RetryPolicy policy) {
    return new RegionSet(List.of(a, b, c), 2, policy, new Random(1));
  }

  private static boolean good(byte[] bytes) {
    return Arrays.equals(bytes, CONTENT);
  }

  private static ByteBuffer content() {
    return ByteBuffer.wrap(CONTENT);
  }

  @Test
  void new_impossibleQuorumOrSameRegions_isRefused(@TempDir Path root) throws Exception {
    assertThatIllegalArgumentException().isThrownBy(() -> new RegionSet(List.of(), 1));
    assertThatIllegalArgumentException().isThrownBy(() -> new RegionSet(List.of(a), 2));
    assertThatIllegalArgumentException().isThrownBy(() -> new RegionSet(List.of(a), 0));
    assertThatIllegalArgumentException().isThrownBy(() -> new RegionSet(List.of(a, faulty(A)), 1));
    DirectoryRegion.create(A, root);
    Path alias = Files.createSymbolicLink(root.resolve("alias"), root);
    assertThatIllegalArgumentException()
        .isThrownBy(() ->
            new RegionSet(
                List.of(DirectoryRegion.open(A, root), DirectoryRegion.open(B, alias)), 2))
        .withMessageContaining("one copy, not two");
  }

  @Test
  void put_allWell_isHeldByAllAndTheBufferIsLeftAlone() throws Exception {
    ByteBuffer buffer = content();
    PutReport report = set.put(KEY, buffer);
    assertThat(report.held()).containsExactlyInAnyOrder(A, B, C);
    assertThat(report.failed()).isEmpty();
    assertThat(report.reaches(3)).isTrue();
    assertThat(buffer.position()).isZero();
    for (Region region : set.regions()) {
      assertThat(region.read(KEY)).isEqualTo(CONTENT);
    }
    assertThat(set.put(KEY, buffer).held()).hasSize(3);
  }

  @Test
  void put_namedRegions_goesToThoseOnly() throws Exception {
    assertThat(set.put(KEY, content(), Set.of(B)).held()).containsExactly(B);
    assertThat(a.stat(KEY)).isEmpty();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> set.put(KEY, content(), Set.of(new RegionName("z"))));
  }

  @Test
  void put_transientFailures_areTriedAgain() throws Exception {
    b.next(Operation.PUT, new Fault.Busy(), new Fault.AnswerLost());
    assertThat(set.put(KEY, content()).held()).containsExactlyInAnyOrder(A, B, C);
    assertThat(b.calls(Operation.PUT)).isEqualTo(3);
    assertThat(a.calls(Operation.PUT)).isEqualTo(1);
    assertThat(set.outages()).isEmpty();
  }

  @Test
  void put_permanentFailure_isNotTriedAgainAndTheRegionIsLeftOut() throws Exception {
    b.next(Operation.PUT, new Fault.Broken("disk full"));
    PutReport report = set.put(KEY, content());
    assertThat(report.held()).containsExactlyInAnyOrder(A, C);
    assertThat(report.failed()).containsOnlyKeys(B);
    assertThat(report.failed().get(B)).hasMessageContaining("disk full");

    PutReport second = set.put(new ObjectKey("packs/ab/two"), content());
    assertThat(second.failed().get(B))
        .hasMessageContaining("left out")
        .hasMessageContaining("full");
    assertThat(b.calls(Operation.PUT)).isEqualTo(1);
    assertThat(set.outages()).containsOnlyKeys(B);
    assertThat(set.outages().get(B)).contains("disk full");
  }

  @Test
  void put_regionKeepsFailing_isLeftOutAfterAWhile() throws Exception {
    c.always(Operation.PUT, new Fault.Busy());
    for (int i = 0; i < 10; i++) {
      assertThat(set.put(new ObjectKey("packs/ab/" + i), content()).held()).hasSize(2);
    }
    assertThat(c.calls(Operation.PUT)).isEqualTo(3 * QUICK.attempts());
    assertThat(set.outages().get(C)).contains("busy");
  }

  @Test
  void put_regionFailsNowAndThen_isNotLeftOut() {
    for (int i = 0; i < 10; i++) {
      c.next(Operation.PUT, i % 2 == 0 ? busy() : new Fault[0]);
      set.put(new ObjectKey("packs/ab/" + i), content());
    }
    assertThat(set.outages()).isEmpty();
  }

  private static Fault[] busy() {
    return new Fault[] {new Fault.Busy(), new Fault.Busy(), new Fault.Busy()};
  }

  @Test
  void put_conflict_isReportedAndTheRegionStaysIn() throws Exception {
    b.inner().put(KEY, ByteBuffer.wrap(new byte[1]));
    PutReport report = set.put(KEY, content());
    assertThat(report.failed().get(B)).isInstanceOf(RegionException.Conflict.class);
    assertThat(set.outages()).isEmpty();
    assertThat(b.read(KEY)).hasSize(1);
  }

  @Test
  void put_hungRegion_countsAsFailedAndStoresNothingLater() throws Exception {
    set.close();
    RetryPolicy impatient =
        new RetryPolicy(2, Duration.ofMillis(1), Duration.ofMillis(1), Duration.ofMillis(300));
    FaultyRegion hung = faulty(B);
    FaultyRegion well = faulty(A);
    set = new RegionSet(List.of(well, hung), 1, impatient, new Random(1));
    hung.always(Operation.PUT, new Fault.Late(Duration.ofMinutes(10)));
    PutReport report = set.put(KEY, content());
    assertThat(report.held()).containsExactly(A);
    assertThat(report.failed().get(B)).hasMessageContaining("no answer");
    assertThat(hung.inner().stat(KEY)).isEmpty();
  }

  @Test
  void read_firstInOrder_isAskedAlone() throws Exception {
    set.put(KEY, content());
    assertThat(set.read(KEY, RegionSetTest::good)).isEqualTo(CONTENT);
    assertThat(set.read(KEY, 3, 4, _ -> true)).isEqualTo("tent".getBytes(StandardCharsets.UTF_8));
    assertThat(a.calls(Operation.READ)).isEqualTo(2);
    assertThat(b.calls(Operation.READ)).isZero();
  }

  @Test
  void read_missingWrongOrFailing_turnsToTheNext() throws Exception {
    set.put(KEY, content());
    a.inner().delete(KEY);
    b.always(Operation.READ, new Fault.Flipped());
    assertThat(set.read(KEY, RegionSetTest::good)).isEqualTo(CONTENT);
    a.always(Operation.READ, new Fault.Broken("no permission"));
    b.always(Operation.READ, new Fault.Busy());
    assertThat(set.read(KEY, RegionSetTest::good)).isEqualTo(CONTENT);
    assertThat(set.outages()).containsOnlyKeys(A);
    // A broken region comes last from now on, and is asked all the same when it is needed.
    c.inner().delete(KEY);
    a.inner().put(KEY, content());
    a.follow((_, _) -> null);
    b.inner().delete(KEY);
    b.follow((_, _) -> null);
    assertThat(set.read(KEY, RegionSetTest::good)).isEqualTo(CONTENT);
  }

  @Test
  void read_noGoodCopy_isDamagedAndNamesEachRegion() throws Exception {
    set.put(KEY, content(), Set.of(B, C));
    b.always(Operation.READ, new Fault.Flipped());
    c.always(Operation.READ, new Fault.Lost());
    assertThatThrownBy(() -> set.read(KEY, RegionSetTest::good))
        .isInstanceOf(VaultException.Damaged.class)
        .hasMessageContaining("missing in a, wrong bytes in b, missing in c")
        .hasMessageContaining(KEY.value());
  }

  @Test
  void read_someNotAsked_isUnreachableNotDamaged() throws Exception {
    b.always(Operation.READ, new Fault.Busy());
    assertThatThrownBy(() -> set.read(KEY, RegionSetTest::good))
        .isInstanceOf(VaultException.Unreachable.class)
        .hasMessageContaining("missing in a")
        .hasMessageContaining("is busy");
    assertThat(b.calls(Operation.READ)).isEqualTo(QUICK.attempts());
    assertThat(a.calls(Operation.READ)).isEqualTo(1);
  }

  @Test
  void read_onlyCopyIsBusyAtFirst_isReadInTheEnd() throws Exception {
    set.put(KEY, content(), Set.of(C));
    c.next(Operation.READ, new Fault.Busy(), new Fault.AnswerLost());
    assertThat(set.read(KEY, RegionSetTest::good)).isEqualTo(CONTENT);
  }

  @Test
  void retryPause_isBoundedAndSpread() {
    RetryPolicy policy =
        new RetryPolicy(9, Duration.ofMillis(100), Duration.ofSeconds(2), Duration.ofSeconds(1));
    RandomGenerator random = new Random(3);
    List<Long> pauses = new ArrayList<>();
    for (int attempt = 1; attempt <= 60; attempt++) {
      Duration pause = policy.pauseAfter(attempt, random);
      assertThat(pause).isBetween(Duration.ZERO, Duration.ofSeconds(2));
      if (attempt == 1) {
        assertThat(pause).isLessThanOrEqualTo(Duration.ofMillis(100));
      }
      pauses.add(pause.toMillis());
    }
    assertThat(Set.copyOf(pauses)).hasSizeGreaterThan(20);
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void putAndRead_flakyRegions_whatIsReportedHeldIsThere(long seed) throws Exception {
    a.flaky(seed, 0.3);
    b.flaky(seed + 100, 0.5);
    c.flaky(seed + 200, 0.7);
    for (int i = 0; i < 40; i++) {
      ObjectKey key = new ObjectKey("packs/ab/" + i);
      byte[] content = ("object " + i).getBytes(StandardCharsets.UTF_8);
      PutReport report = set.put(key, ByteBuffer.wrap(content));
      assertThat(report.held().size() + report.failed().size()).isEqualTo(3);
      for (FaultyRegion region : List.of(a, b, c)) {
        if (report.held().contains(region.name())) {
          assertThat(region.inner().read(key)).as("seed " + seed).isEqualTo(content);
        }
      }
    }
  }

  @Test
  void merged_regionThatNeverAnswers_isGivenUpAndTheOthersAreListed() throws Exception {
    set.put(KEY, content());
    a.always(Operation.LIST, new Fault.Late(Duration.ofHours(1)));
    RetryPolicy impatient =
        new RetryPolicy(1, Duration.ZERO, Duration.ZERO, Duration.ofMillis(100));
    try (RegionSet hurried = set(impatient);
        MergedListing listing = hurried.merged("")) {
      MergedListing.Row row = Objects.requireNonNull(listing.next());
      assertThat(row.held()).containsOnlyKeys(B, C);
      assertThat(row.lacking()).isEmpty();
      assertThat(listing.next()).isNull();
      assertThat(listing.failed()).containsOnlyKeys(A);
      assertThat(listing.failed().get(A)).isInstanceOf(RegionException.Transient.class);
    }
  }
}
