package dev.lifeboat.vault.seal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class RecoveryKitTest {
  @Test
  void fromSecret_sameSecret_derivesTheSameKeys() {
    try (RecoveryKit one = RecoveryKit.generate(SealFixture.seeded(1));
        RecoveryKit two = RecoveryKit.fromSecret(one.vault(), one.exposeSecret().copy())) {
      assertThat(two.privateKey()).isEqualTo(one.privateKey());
      assertThat(two.publicKey()).isEqualTo(one.publicKey());
      assertThat(two.rootKey().verifyKey()).isEqualTo(one.rootKey().verifyKey());
    }
  }

  @Test
  void keys_ofOneKit_areUnrelated() {
    try (RecoveryKit kit = RecoveryKit.generate(SealFixture.seeded(1))) {
      assertThat(kit.privateKey())
          .isNotEqualTo(kit.exposeSecret())
          .isNotEqualTo(kit.rootKey().exposeSeed());
      assertThat(kit.rootKey().exposeSeed()).isNotEqualTo(kit.exposeSecret());
    }
  }

  @Test
  void recipient_ofKit_opensWhatIsSealedToIt() {
    try (RecoveryKit kit = RecoveryKit.generate(SealFixture.seeded(1))) {
      byte[] sealed = Hpke.seal(kit.recipient().publicKey(), new byte[] {1}, new byte[] {2, 3});

      assertThat(Hpke.open(kit.privateKey(), new byte[] {1}, sealed)).containsExactly(2, 3);
      assertThat(kit.recipient().name()).hasToString("kit");
    }
  }

  @Test
  void close_always_wipesEverySecret() {
    RecoveryKit kit = RecoveryKit.generate(SealFixture.seeded(1));
    byte[] secret = kit.exposeSecret().exposeSecret();
    byte[] privateKey = kit.privateKey().exposeSecret();
    byte[] seed = kit.rootKey().exposeSeed().exposeSecret();

    kit.close();

    SealFixture.assertWiped(secret);
    SealFixture.assertWiped(privateKey);
    SealFixture.assertWiped(seed);
    assertThatThrownBy(() -> kit.exposeSecret().exposeSecret())
        .isInstanceOf(IllegalStateException.class);
  }

  @Test
  void toString_ofEverySecretType_isRedacted() {
    try (SealFixture fixture = new SealFixture()) {
      String texts =
          "%s %s %s %s %s %s"
              .formatted(
                  fixture.kit,
                  fixture.kit.exposeSecret(),
                  fixture.kit.rootKey(),
                  fixture.tenant,
                  fixture.tenant.write(),
                  fixture.writer);

      SealFixture.assertHides(texts, fixture.kit.exposeSecret());
      SealFixture.assertHides(texts, fixture.kit.privateKey());
      SealFixture.assertHides(texts, fixture.kit.rootKey().exposeSeed());
      SealFixture.assertHides(texts, fixture.writer.exposeSeed());
      SealFixture.assertHides(texts, fixture.tenant.privateKey());
      SealFixture.assertHides(texts, fixture.tenant.write().chunkIdKey());
      SealFixture.assertHides(texts, fixture.tenant.write().indexKey());
      SealFixture.assertHides(texts, fixture.tenant.write().nameKey());
    }
  }

  @Test
  void secretBytes_equality_isOfBytesAndNotOfHashes() {
    try (SecretBytes one = SecretBytes.random(SealFixture.seeded(1));
        SecretBytes same = one.copy();
        SecretBytes other = SecretBytes.random(SealFixture.seeded(2))) {
      assertThat(one).isEqualTo(same).isNotEqualTo(other).hasSameHashCodeAs(other);
    }
  }
}
