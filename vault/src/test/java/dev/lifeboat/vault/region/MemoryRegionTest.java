package dev.lifeboat.vault.region;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import org.junit.jupiter.api.Test;

class MemoryRegionTest extends RegionContract {
  private static final Instant NOW = Instant.parse("2026-11-01T01:30:00Z");

  @Override
  protected Region create() {
    return new MemoryRegion(new RegionName("memory"), Clock.fixed(NOW, ZoneOffset.UTC));
  }

  @Override
  protected Region openAgain(Region first) {
    return first;
  }

  @Test
  void now_fixedClock_isItsTime() throws Exception {
    region().put(key("a"), bytes("x"));
    assertThat(region().now()).isEqualTo(NOW);
    assertThat(region().stat(key("a")).orElseThrow().modified()).isEqualTo(NOW);
  }

  @Test
  void tamper_changesTheBytesButNotTheTime() throws Exception {
    MemoryRegion region = (MemoryRegion) region();
    region.put(key("a"), bytes("x"));
    region.tamper(key("a"), new byte[] {1, 2});
    assertThat(region.read(key("a"))).containsExactly(1, 2);
    assertThatIllegalStateException().isThrownBy(() -> region.tamper(key("b"), new byte[0]));
  }
}
