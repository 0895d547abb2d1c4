package dev.lifeboat.vault.pack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lifeboat.vault.Digest;
import dev.lifeboat.vault.engine.VaultFixture;
import dev.lifeboat.vault.seal.TenantKeys;
import dev.lifeboat.vault.seal.TenantName;
import dev.lifeboat.vault.seal.TenantReadKeys;
import dev.lifeboat.vault.seal.VaultId;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A bit that flips in memory between compressing and sealing never leaves it. */
class SelfCheckTest {
  private static final int TARGET = 1 << 20;

  private final SecureRandom random = VaultFixture.seeded(3);
  private final TenantReadKeys keys = TenantKeys.create(new TenantName("acme"), random);
  private final PackBuilder builder =
      new PackBuilder(
          VaultId.random(random),
          keys.write(),
          random,
          new byte[PackBuilder.bufferBytes(TARGET)],
          TARGET);
  private final FrameCodec codec = new FrameCodec(3);

  @AfterEach
  void close() {
    codec.close();
    keys.close();
  }

  private PackBuilder.Slot reserve(int stored, int raw, int kind) {
    return Objects.requireNonNull(
        builder.reserve(stored, raw, kind, new int[] {raw}, new byte[Digest.BYTES]));
  }

  private void seal(byte[] stored, int length, boolean compressed, byte[] raw, boolean check) {
    PackBuilder.Slot slot =
        reserve(length, raw.length, compressed ? FrameCodec.ZSTD : FrameCodec.RAW);
    builder.seal(slot, codec, stored, 0, length, compressed, raw, 0, raw.length, check);
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, 0.3, 0.5, 0.9, 0.999})
  void seal_compressedBytesFlipped_isRefused(double where) {
    byte[] raw = "one line of a log, and again\n".repeat(4000).getBytes(StandardCharsets.UTF_8);
    int length = codec.compress(raw, 0, raw.length);
    assertThat(length).isPositive();
    byte[] stored = codec.compressed().clone();
    assertThatCode(() -> seal(stored, length, true, raw, true)).doesNotThrowAnyException();
    stored[(int) (where * length)] ^= 4;
    assertThatThrownBy(() -> seal(stored, length, true, raw, true))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("memory");
    assertThatCode(() -> seal(stored, length, true, raw, false)).doesNotThrowAnyException();
  }

  @Test
  void seal_rawBytesFlipped_isRefused() {
    byte[] raw = VaultFixture.bytes(1, 300_000);
    assertThat(codec.compress(raw, 0, raw.length)).isNegative();
    byte[] stored = raw.clone();
    assertThatCode(() -> seal(stored, stored.length, false, raw, true)).doesNotThrowAnyException();
    stored[123_456] ^= 1;
    assertThatThrownBy(() -> seal(stored, stored.length, false, raw, true))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("memory");
  }

  /** A compressor that loses the end: what comes out is right as far as it goes. */
  @Test
  void seal_compressedFromLess_isRefused() {
    byte[] raw = "one line of a log, and again\n".repeat(4000).getBytes(StandardCharsets.UTF_8);
    int length = codec.compress(raw, 0, raw.length - 1);
    byte[] stored = codec.compressed().clone();
    assertThatThrownBy(() -> seal(stored, length, true, raw, true))
        .isInstanceOf(IllegalStateException.class);
  }
}
