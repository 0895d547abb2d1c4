package dev.lifeboat.vault.snapshot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.lifeboat.vault.Digest;
import dev.lifeboat.vault.pack.PackId;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import org.junit.jupiter.api.Test;

class FragmentationTest {
  private static PackReference pack(int number, long bytes, int frames, int live) {
    BitSet bits = new BitSet();
    bits.set(0, live);
    return new PackReference(new PackId(new Digest(number, 0, 0, 0)), bytes, frames, bits);
  }

  @Test
  void of_fullPacks_isWhole() {
    Fragmentation whole =
        Fragmentation.of(List.of(pack(1, 1000, 10, 10), pack(2, 500, 5, 5)), 1000);
    assertThat(whole).isEqualTo(new Fragmentation(2, 2, 1500, 1500));
    assertThat(whole.liveShare()).isEqualTo(1);
    assertThat(whole.spread()).isEqualTo(1);
  }

  @Test
  void of_oneFrameOfEach_tellsHowManyWouldDo() {
    List<PackReference> references = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      references.add(pack(i, 1000, 10, 1));
    }
    Fragmentation scattered = Fragmentation.of(references, 1000);
    assertThat(scattered).isEqualTo(new Fragmentation(100, 10, 100_000, 10_000));
    assertThat(scattered.liveShare()).isEqualTo(0.1, within(1e-9));
    assertThat(scattered.spread()).isEqualTo(10);
  }

  @Test
  void of_nothing_isWhole() {
    Fragmentation none = Fragmentation.of(List.of(), 1000);
    assertThat(none.liveShare()).isEqualTo(1);
    assertThat(none.spread()).isEqualTo(1);
  }

  @Test
  void of_smallPack_needsNoMoreThanThereAre() {
    assertThat(Fragmentation.of(List.of(pack(1, 1, 1, 1)), 1000).leastPacks()).isEqualTo(1);
    assertThat(Fragmentation.of(List.of(pack(1, 7, 100, 3)), 1).leastPacks())
        .isLessThanOrEqualTo(1);
  }
}
