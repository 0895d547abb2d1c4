package dev.lifeboat.vault.region;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lifeboat.vault.Digest;
import dev.lifeboat.vault.pack.PackId;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class ObjectKeyTest {
  private static final String HEX =
      "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

  @Test
  void pack_ofItsOwnName_isThePack() {
    PackId pack = new PackId(Digest.of("pack".getBytes(StandardCharsets.UTF_8)));
    assertThat(ObjectKey.of(pack).pack()).contains(pack);
    assertThat(new ObjectKey("packs/01/" + HEX).pack()).contains(PackId.parse(HEX));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "packs/02/" + HEX,
        "packs/01/" + HEX + "0",
        "packs/01/0" + HEX,
        "packs/01/x/" + HEX,
        "packs/012" + HEX,
        "packs/01/0123456789ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef",
        "packs/01/0123456789abcdeg0123456789abcdef0123456789abcdef0123456789abcdef",
        "packs/readme",
        "index/01/" + HEX,
        HEX
      })
  void pack_ofAnotherName_isNothing(String key) {
    assertThat(new ObjectKey(key).pack()).isEmpty();
  }
}
