package dev.lifeboat.vault.seal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NamesTest {
  @ParameterizedTest
  @ValueSource(strings = {"", "-a", ".a", "a/b", "a b", "ä", "a\n", "../a"})
  void names_thatCouldHurtAPathOrATerminal_areRefused(String bad) {
    assertThatThrownBy(() -> new WriterName(bad))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("writer name");
    assertThatThrownBy(() -> new RecipientName(bad))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("recipient name");
    assertThatThrownBy(() -> new VaultId(bad))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("vault id");
  }

  @Test
  void recipientName_upperCase_isRefused() {
    assertThatThrownBy(() -> new RecipientName("Kit"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("a-z");
  }

  @Test
  void names_tooLong_areRefused() {
    assertThat(new RecipientName("r".repeat(63)).value()).hasSize(63);
    assertThat(new WriterName("w".repeat(100)).value()).hasSize(100);
    assertThatThrownBy(() -> new RecipientName("r".repeat(64)))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new WriterName("w".repeat(101)))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void vaultId_ofItsBytes_isEqual() {
    VaultId id = VaultId.random(SealFixture.seeded(1));

    assertThat(VaultId.of(id.toBytes())).isEqualTo(id).hasToString(id.hex());
    assertThat(id.toBytes()).hasSize(16);
    assertThatThrownBy(() -> VaultId.of(new byte[15])).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void recipient_keyOfAnotherLength_isRefused() {
    assertThatThrownBy(() -> new Recipient(RecipientName.KIT, new byte[1215]))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("1215 bytes");
  }

  @Test
  void recipient_changedArrays_doNotChangeIt() {
    byte[] key = new byte[1216];
    Recipient recipient = new Recipient(RecipientName.KIT, key);
    key[0] = 1;
    recipient.publicKey()[1] = 1;

    assertThat(recipient.publicKey()).containsOnly(0);
    assertThat(recipient)
        .isEqualTo(new Recipient(RecipientName.KIT, new byte[1216]))
        .isNotEqualTo(new Recipient(RecipientName.KIT, key))
        .isNotEqualTo(new Recipient(new RecipientName("x"), new byte[1216]));
  }
}
