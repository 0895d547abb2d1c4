package dev.lifeboat.vault.chunk;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lifeboat.vault.seal.Kdf;
import dev.lifeboat.vault.seal.SecretBytes;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ChunkerTest {
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4})
  void next_anyBytesAndReads_cutsLikeTheReferenceModel(long seed) {
    Random random = new Random(seed);
    byte[] bytes = new byte[6_000_000 + random.nextInt(1_000_000)];
    random.nextBytes(bytes);
    java.util.Arrays.fill(bytes, 1_000_000, 1_000_000 + random.nextInt(4_000_000), (byte) 7);
    byte[] key = new byte[32];
    random.nextBytes(key);
    SecretBytes secret = SecretBytes.copyOf(key);

    assertThat(cuts(new Chunker(Gear.of(secret)), bytes, random)).isEqualTo(model(key, bytes));
  }

  /** As docs/format.md says it, byte by byte. */
  private static List<Integer> model(byte[] key, byte[] bytes) {
    byte[] table = Kdf.derive(key, new byte[0], "lifeboat v1 gear", 2048);
    List<Integer> lengths = new ArrayList<>();
    int start = 0;
    long hash = 0;
    for (int at = 0; at < bytes.length; at++) {
      int position = at - start;
      boolean end = position + 1 == 2_097_152;
      if (position >= 131_072) {
        hash = (hash << 1) + ByteBuffer.wrap(table).getLong(8 * (bytes[at] & 0xff));
        int zeros = position < 524_288 ? 21 : 17;
        end |= hash >>> (64 - zeros) == 0;
      }
      if (end || at == bytes.length - 1) {
        lengths.add(position + 1);
        start = at + 1;
        hash = 0;
      }
    }
    return lengths;
  }

  private static List<Integer> cuts(Chunker chunker, byte[] bytes, Random random) {
    List<Integer> lengths = new ArrayList<>();
    int start = 0;
    int limit = 0;
    while (limit < bytes.length) {
      limit = Math.min(bytes.length, limit + 1 + random.nextInt(300_000));
      for (int cut = chunker.next(bytes, start, limit);
          cut > 0;
          cut = chunker.next(bytes, start, limit)) {
        lengths.add(cut);
        start += cut;
      }
    }
    if (start < bytes.length) {
      lengths.add(bytes.length - start);
    }
    return lengths;
  }
}
