package dev.lifeboat.vault.seal;

import static org.assertj.core.api.Assertions.assertThat;

import java.security.SecureRandom;
import java.time.Instant;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;

/** A vault with a kit, one writer and one tenant, the same in every run. */
final class SealFixture implements AutoCloseable {
  static final Instant NOW = Instant.parse("2026-11-21T01:30:00.123Z");

  /** Cheap enough to run hundreds of times. */
  static final KitFile.Cost CHEAP = new KitFile.Cost(64, 1, 1);

  final SecureRandom random = seeded(7);
  final RecoveryKit kit = RecoveryKit.generate(random);
  final SigningKey writer = SigningKey.generate(random);
  final VaultDocument document =
      VaultDocument.create(kit, NOW).withWriter(new WriterName("host-1"), writer.verifyKey(), NOW);
  final TenantReadKeys tenant = TenantKeys.create(new TenantName("acme"), random);

  static SecureRandom seeded(long seed) {
    return new Seeded(seed);
  }

  /** The bytes with one bit of one byte the other way round; which bit depends on the place. */
  static byte[] flipped(byte[] bytes, int at) {
    byte[] damaged = bytes.clone();
    damaged[at] ^= (byte) (1 << (at % 8));
    return damaged;
  }

  /** Nothing but zeros is left in the array behind a secret. */
  static void assertWiped(byte[] exposed) {
    assertThat(exposed).containsOnly(0);
  }

  /** None of the usual spellings of a secret appears in a text. */
  static void assertHides(String text, SecretBytes secret) {
    byte[] bytes = secret.exposeSecret();
    assertThat(text)
        .doesNotContainIgnoringCase(HexFormat.of().formatHex(bytes, 0, 4))
        .doesNotContain(Json.base64(Arrays.copyOf(bytes, 6)))
        .doesNotContain(Arrays.toString(Arrays.copyOf(bytes, 3)).substring(1, 6));
  }

  @Override
  public void close() {
    kit.close();
    writer.close();
    tenant.close();
  }

  private static final class Seeded extends SecureRandom {
    private final transient Random random;

    Seeded(long seed) {
      this.random = new Random(seed);
    }

    @Override
    public void nextBytes(byte[] bytes) {
      random.nextBytes(bytes);
    }
  }
}
