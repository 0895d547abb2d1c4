package dev.lifeboat.vault.region;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What every region with locks promises. */
public abstract class LockContract {
  private Region region;

  /** An empty region whose locks last for {@code period}. */
  protected abstract Region create(Duration period) throws Exception;

  /** Lets the region's clock go on until a moment has passed. */
  protected abstract void pass(Instant moment) throws Exception;

  /** The shortest period that the region can be tested with. */
  protected abstract Duration period();

  @BeforeEach
  final void setUp() throws Exception {
    region = create(period());
  }

  @AfterEach
  final void tearDown() {
    region.close();
  }

  protected final Region region() {
    return region;
  }

  protected static ObjectKey key(String value) {
    return new ObjectKey(value);
  }

  private static ByteBuffer bytes(String text) {
    return ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void put_whatASnapshotNeeds_isLockedForAPeriodAtLeast() throws Exception {
    Instant before = region.now();
    region.put(key("packs/ab/x"), bytes("x"));
    ObjectLock lock = region.lock().orElseThrow();
    Instant after = region.now();
    assertThat(region.lockedUntil(key("packs/ab/x")))
        .hasValueSatisfying(until ->
            assertThat(until)
                .isAfterOrEqualTo(lock.until(before))
                .isBeforeOrEqualTo(lock.fresh(after).plusSeconds(1)));
  }

  @Test
  void put_whatTellsOfWorkUnderWay_isNotLocked() throws Exception {
    region.put(key("leases/s/00000001"), bytes("x"));
    assertThat(region.lockedUntil(key("leases/s/00000001"))).isEmpty();
    region.delete(key("leases/s/00000001"));
    assertThat(region.stat(key("leases/s/00000001"))).isEmpty();
  }

  @Test
  void delete_locked_isRefusedAndNamesTheEnd() throws Exception {
    region.put(key("index/a"), bytes("x"));
    Instant until = region.lockedUntil(key("index/a")).orElseThrow();
    assertThatExceptionOfType(RegionException.Locked.class)
        .isThrownBy(() -> region.delete(key("index/a")))
        .withMessageContaining("index/a is kept by lock")
        .satisfies(e -> assertThat(e.until()).hasValue(until));
    assertThat(region.read(key("index/a"))).asString().isEqualTo("x");
    assertThat(region.stat(key("index/a"))).isPresent();
  }

  @Test
  void extendLock_laterAndEarlier_neverShortens() throws Exception {
    region.put(key("keys/a"), bytes("x"));
    Instant until = region.lockedUntil(key("keys/a")).orElseThrow();
    Instant later = until.plusSeconds(3);
    assertThat(region.extendLock(key("keys/a"), later)).isEqualTo(later);
    assertThat(region.extendLock(key("keys/a"), until)).isEqualTo(later);
    assertThat(region.lockedUntil(key("keys/a"))).hasValue(later);
  }

  @Test
  void extendLock_nothingThere_isMissing() {
    assertThatThrownBy(() -> region.extendLock(key("keys/none"), region.now().plusSeconds(60)))
        .isInstanceOf(RegionException.Missing.class);
    assertThatThrownBy(() -> region.lockedUntil(key("keys/none")))
        .isInstanceOf(RegionException.Missing.class);
  }

  @Test
  void delete_lockEnded_removes() throws Exception {
    region.put(key("snapshots/a"), bytes("x"));
    pass(region.lockedUntil(key("snapshots/a")).orElseThrow());
    assertThat(region.lockedUntil(key("snapshots/a"))).isEmpty();
    region.delete(key("snapshots/a"));
    assertThat(region.stat(key("snapshots/a"))).isEmpty();
    // Not hidden, but gone: it can be stored anew.
    assertThat(region.put(key("snapshots/a"), bytes("x"))).isTrue();
  }

  @Test
  void extendLock_lockEnded_locksAgain() throws Exception {
    region.put(key("vault/1.json"), bytes("x"));
    pass(region.lockedUntil(key("vault/1.json")).orElseThrow());
    Instant until = region.extendLock(key("vault/1.json"), region.now().plusSeconds(20));
    assertThat(region.lockedUntil(key("vault/1.json"))).hasValue(until);
    assertThatThrownBy(() -> region.delete(key("vault/1.json")))
        .isInstanceOf(RegionException.Locked.class);
  }
}
