package dev.lifeboat.vault.reclaim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lifeboat.vault.VaultException;
import dev.lifeboat.vault.cbor.CborWriter;
import dev.lifeboat.vault.region.ObjectKey;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A record is believed for what it was signed as, and for nothing else. */
final class RecordsTest {
  @Test
  void letters_ofAllKinds_differ() {
    assertThat(Records.Kind.values()).extracting(Records.Kind::letter).doesNotHaveDuplicates();
  }

  @ParameterizedTest
  @EnumSource
  void record_underTheNamesOfAnotherKind_isRefused(Records.Kind signed) {
    try (World world = new World(1, 1, 1)) {
      byte[] record = world.records.sign(signed, new CborWriter().map(0));
      for (Records.Kind kind : Records.Kind.values()) {
        ObjectKey key = new ObjectKey(kind.prefix() + "2026-11-22T000000.000Z-00");
        if (kind == signed) {
          world.records.verify(key, record);
        } else {
          assertThatThrownBy(() -> world.records.verify(key, record))
              .isInstanceOf(VaultException.Damaged.class)
              .hasMessageContaining("no record of kind '" + kind.letter() + "'");
        }
      }
    }
  }
}
