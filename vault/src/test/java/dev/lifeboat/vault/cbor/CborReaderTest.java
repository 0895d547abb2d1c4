package dev.lifeboat.vault.cbor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lifeboat.vault.VaultException;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class CborReaderTest {
  @Test
  void skip_everyKindOfValue_endsBehindIt() {
    byte[] encoded =
        new CborWriter()
            .array(6)
            .integer(0)
            .integer(-70_000)
            .bytes(new byte[300])
            .text("x".repeat(30))
            .array(2)
            .bytes(new byte[] {1})
            .text("y")
            .map(1)
            .text("key")
            .bytes(new byte[70_000])
            .integer(4711)
            .toBytes();
    CborReader in = new CborReader("test", encoded);

    in.skip();

    assertThat(in.integer()).isEqualTo(4711);
    in.end();
  }

  @Test
  void skip_truncatedAnywhere_isDamage() {
    byte[] encoded = new CborWriter().array(2).bytes(new byte[40]).text("something").toBytes();
    for (int length = 0; length < encoded.length; length++) {
      CborReader in = new CborReader("test", Arrays.copyOf(encoded, length));

      assertThatThrownBy(in::skip)
          .as("%d bytes", length)
          .isInstanceOf(VaultException.Damaged.class);
    }
  }
}
