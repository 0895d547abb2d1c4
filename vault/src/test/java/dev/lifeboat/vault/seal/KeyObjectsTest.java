package dev.lifeboat.vault.seal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lifeboat.vault.VaultException;
import dev.lifeboat.vault.region.ObjectKey;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class KeyObjectsTest {
  private final SealFixture fixture = new SealFixture();
  private final ObjectKey key = KeyObjects.key(fixture.tenant, fixture.kit.recipient());
  private final byte[] object = seal(fixture.writer);

  @AfterEach
  void close() {
    fixture.close();
  }

  @Test
  void open_whatSealMade_givesTheKeysBack() {
    try (TenantReadKeys opened = open(object)) {
      assertThat(opened.write().sameAs(fixture.tenant.write())).isTrue();
      assertThat(opened.privateKey()).isEqualTo(fixture.tenant.privateKey());
    }
    assertThat(KeyObjects.isIntact(key, object, fixture.document)).isTrue();
  }

  @Test
  void key_ofTenant_namesItsIdAndNotItsName() {
    assertThat(key.value())
        .isEqualTo("keys/" + fixture.tenant.write().id().hex() + "/00000001-kit")
        .startsWith(KeyObjects.prefix(fixture.tenant.write().id()));
    assertThat(KeyObjects.Address.parse(key))
        .isEqualTo(new KeyObjects.Address(fixture.tenant.write().id(), 1, RecipientName.KIT));
  }

  @Test
  void seal_always_showsNothingOfTheName() {
    String bytes = new String(object, StandardCharsets.ISO_8859_1);

    assertThat(bytes).doesNotContain("acme");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "keys/x/00000001-kit",
        "keys/000102030405060708090a0b0c0d0e0f/1-kit",
        "keys/000102030405060708090a0b0c0d0e0f/00000000-kit",
        "keys/000102030405060708090a0b0c0d0e0f/00000001",
        "keys/000102030405060708090a0b0c0d0e0f/00000001-Kit",
        "keys/000102030405060708090a0b0c0d0e0f/00000001-kit/x"
      })
  void parse_noNameOfAKeyObject_isDamaged(String name) {
    assertThatThrownBy(() -> KeyObjects.Address.parse(new ObjectKey(name)))
        .isInstanceOf(VaultException.Damaged.class)
        .hasMessageContaining(name);
  }

  @Test
  void open_anyByteFlipped_isRefusedByKind() {
    for (int at = 0; at < object.length; at++) {
      byte[] damaged = SealFixture.flipped(object, at);
      Class<? extends VaultException> expected =
          at < 5
              ? VaultException.Damaged.class
              : at < 8 ? VaultException.UnsupportedFormat.class : VaultException.Untrusted.class;

      assertThatThrownBy(() -> KeyObjects.verify(key, damaged, fixture.document))
          .as("byte %d", at)
          .isInstanceOf(expected)
          .hasMessageContaining(key.value());
      assertThat(KeyObjects.isIntact(key, damaged, fixture.document)).isFalse();
    }
  }

  @Test
  void open_truncatedAnywhere_isRefused() {
    for (int length = 0; length < object.length; length += 7) {
      byte[] cut = Arrays.copyOf(object, length);

      assertThatThrownBy(() -> open(cut))
          .isInstanceOfAny(VaultException.Damaged.class, VaultException.Untrusted.class);
    }
    assertThatThrownBy(() -> open(Arrays.copyOf(object, object.length + 1)))
        .isInstanceOf(VaultException.Untrusted.class);
  }

  @Test
  void open_sealedPartReplacedByASignedOne_isKeyUnavailable() {
    // A known writer can sign anything; what it cannot do is make the seal open.
    byte[] forged = resigned(SealFixture.flipped(object, 600));

    assertThat(KeyObjects.isIntact(key, forged, fixture.document)).isTrue();
    assertThatThrownBy(() -> open(forged))
        .isInstanceOf(VaultException.KeyUnavailable.class)
        .hasMessageContaining(key.value());
  }

  @Test
  void open_movedToAnotherTenantAndSignedAgain_isKeyUnavailable() {
    byte[] moved = object.clone();
    moved[30] ^= 1;
    TenantId other = TenantId.of(Arrays.copyOfRange(moved, 24, 40));
    ObjectKey otherKey = new KeyObjects.Address(other, 1, RecipientName.KIT).key();
    byte[] forged = resigned(moved);

    assertThatThrownBy(
            () -> KeyObjects.open(otherKey, forged, fixture.kit.privateKey(), fixture.document))
        .isInstanceOf(VaultException.KeyUnavailable.class);
  }

  @Test
  void open_underAnotherName_isDamaged() {
    ObjectKey wrong = new ObjectKey(key.value().replace("00000001", "00000002"));

    assertThatThrownBy(
            () -> KeyObjects.open(wrong, object, fixture.kit.privateKey(), fixture.document))
        .isInstanceOf(VaultException.Damaged.class)
        .hasMessageContaining("wrong name");
  }

  @Test
  void open_withAnotherKey_namesRecipient() {
    try (SecretBytes other = SecretBytes.random(fixture.random)) {
      assertThatThrownBy(() -> KeyObjects.open(key, object, other, fixture.document))
          .isInstanceOf(VaultException.KeyUnavailable.class)
          .hasMessageContaining("sealed to recipient kit");
    }
  }

  @Test
  void open_byUnknownWriter_isUntrusted() {
    try (SigningKey stranger = SigningKey.generate(fixture.random)) {
      assertThatThrownBy(() -> open(seal(stranger)))
          .isInstanceOf(VaultException.Untrusted.class)
          .hasMessageContaining(stranger.verifyKey().toString());
    }
  }

  @Test
  void open_byRemovedWriter_isUntrusted() {
    VaultDocument without =
        fixture.document.withoutWriter(new WriterName("host-1"), SealFixture.NOW);

    assertThatThrownBy(() -> KeyObjects.open(key, object, fixture.kit.privateKey(), without))
        .isInstanceOf(VaultException.Untrusted.class);
  }

  @Test
  void open_ofAnotherVault_isUntrusted() {
    byte[] foreign =
        KeyObjects.seal(
            fixture.tenant,
            fixture.kit.recipient(),
            VaultId.random(fixture.random),
            fixture.writer);

    assertThatThrownBy(() -> open(foreign))
        .isInstanceOf(VaultException.Untrusted.class)
        .hasMessageContaining("is of vault");
  }

  @Test
  void open_whatHoldsNoKeys_isDamaged() {
    Prologue prologue =
        new Prologue(Prologue.Kind.KEY, fixture.document.vault(), fixture.tenant.write().id(), 1);
    byte[] info =
        prologue.info("lifeboat v1 tenant key", fixture.kit.recipient().fingerprint().toBytes());
    for (String cbor : new String[] {"a0", "80", "ff", "", "a16674656e616e746461636d65"}) {
      byte[] sealed = Hpke.seal(fixture.kit.publicKey(), info, HexFormat.of().parseHex(cbor));
      byte[] odd = Arrays.copyOf(prologue.toBytes(), 44 + sealed.length + 96);
      System.arraycopy(sealed, 0, odd, 44, sealed.length);
      System.arraycopy(fixture.writer.verifyKey().toBytes(), 0, odd, odd.length - 96, 32);

      assertThatThrownBy(() -> open(resigned(odd)))
          .isInstanceOf(VaultException.Damaged.class)
          .hasMessageContaining("does not hold a tenant's keys")
          .hasNoCause();
    }
  }

  @Test
  void rotate_always_changesKeyPairAndIndexKeyOnly() {
    TenantWriteKeys before = fixture.tenant.write();
    try (TenantReadKeys rotated = TenantKeys.rotate(before, fixture.random)) {
      TenantWriteKeys after = rotated.write();

      assertThat(after.generation()).isEqualTo(2);
      assertThat(after.id()).isEqualTo(before.id());
      assertThat(after.name()).isEqualTo(before.name());
      assertThat(after.chunkIdKey()).isEqualTo(before.chunkIdKey());
      assertThat(after.nameKey()).isEqualTo(before.nameKey());
      assertThat(after.indexKey()).isNotEqualTo(before.indexKey());
      assertThat(after.publicKey()).isNotEqualTo(before.publicKey());
      assertThat(rotated.privateKey()).isNotEqualTo(fixture.tenant.privateKey());
      assertThat(after.publicKey()).isEqualTo(Hpke.publicKey(rotated.privateKey()));
    }
    // Closing the new generation leaves the old one's shared keys alone.
    assertThat(before.chunkIdKey().exposeSecret()).isNotEqualTo(new byte[32]);
  }

  @Test
  void create_twice_sharesNothing() {
    try (TenantReadKeys other = TenantKeys.create(new TenantName("acme"), fixture.random)) {
      assertThat(other.write().id()).isNotEqualTo(fixture.tenant.write().id());
      assertThat(other.write().chunkIdKey()).isNotEqualTo(fixture.tenant.write().chunkIdKey());
      assertThat(other.privateKey()).isNotEqualTo(fixture.tenant.privateKey());
    }
  }

  @Test
  void close_ofReadKeys_wipesAll() {
    byte[] privateKey = fixture.tenant.privateKey().exposeSecret();
    byte[] chunkId = fixture.tenant.write().chunkIdKey().exposeSecret();
    byte[] index = fixture.tenant.write().indexKey().exposeSecret();
    byte[] name = fixture.tenant.write().nameKey().exposeSecret();

    fixture.tenant.close();

    SealFixture.assertWiped(privateKey);
    SealFixture.assertWiped(chunkId);
    SealFixture.assertWiped(index);
    SealFixture.assertWiped(name);
  }

  private byte[] seal(SigningKey writer) {
    return KeyObjects.seal(
        fixture.tenant, fixture.kit.recipient(), fixture.document.vault(), writer);
  }

  private TenantReadKeys open(byte[] bytes) {
    return KeyObjects.open(key, bytes, fixture.kit.privateKey(), fixture.document);
  }

  private byte[] resigned(byte[] bytes) {
    byte[] signed = Arrays.copyOf(bytes, bytes.length - 64);
    byte[] result = Arrays.copyOf(signed, bytes.length);
    System.arraycopy(
        fixture.writer.sign("lifeboat v1 tenant key", signed), 0, result, signed.length, 64);
    return result;
  }
}
