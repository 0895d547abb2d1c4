package dev.lifeboat.vault.reclaim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lifeboat.vault.Digest;
import dev.lifeboat.vault.pack.PackId;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PackSetTest {
  @TempDir private Path directory;

  /** Evenly spread as hashes are, and crowded together as no hash is: both must be found. */
  @ParameterizedTest
  @CsvSource({"0,64", "1,64", "2,64", "50,64", "5000,64", "5000,3", "3000,0", "20000,64"})
  void find_everyIdAndNoOther(int count, int bits) throws Exception {
    Random dice = new Random(count + bits);
    TreeSet<Digest> ids = new TreeSet<>();
    while (ids.size() < count) {
      ids.add(id(dice, bits));
    }
    try (PackSet.Builder builder = new PackSet.Builder(directory)) {
      long number = 0;
      for (Digest id : ids) {
        assertThat(builder.add(id)).isEqualTo(number);
        assertThat(builder.add(id)).as("twice").isEqualTo(number++);
      }
      try (PackSet set = builder.finish()) {
        assertThat(set.size()).isEqualTo(count);
        number = 0;
        for (Digest id : ids) {
          assertThat(set.get(number)).isEqualTo(id);
          assertThat(set.find(id)).isEqualTo(number++);
          Digest near = new Digest(id.a(), id.b(), id.c(), id.d() ^ 1);
          assertThat(set.contains(new PackId(near))).isEqualTo(ids.contains(near));
        }
        for (int i = 0; i < 1000; i++) {
          Digest other = id(dice, i % 65);
          assertThat(set.find(other) >= 0).isEqualTo(ids.contains(other));
        }
        assertThat(set.find(new Digest(0, 0, 0, 0)) >= 0)
            .isEqualTo(ids.contains(new Digest(0, 0, 0, 0)));
        assertThat(set.find(new Digest(-1, -1, -1, -1))).isEqualTo(-1);
      }
    }
    assertThat(left()).isZero();
  }

  private static Digest id(Random dice, int bits) {
    long first = bits == 0 ? 42 : dice.nextLong() >>> (64 - bits);
    return new Digest(first, dice.nextLong(), dice.nextLong(), dice.nextLong());
  }

  @Test
  void add_descending_isRefusedAndLeavesNothing() throws Exception {
    try (PackSet.Builder builder = new PackSet.Builder(directory)) {
      builder.add(new Digest(-1, 0, 0, 0));
      assertThatThrownBy(() -> builder.add(new Digest(1, 0, 0, 0)))
          .as("unsigned")
          .isInstanceOf(IllegalArgumentException.class);
    }
    assertThat(left()).isZero();
  }

  private long left() throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.count();
    }
  }
}
