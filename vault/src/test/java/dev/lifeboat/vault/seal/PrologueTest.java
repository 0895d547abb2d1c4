package dev.lifeboat.vault.seal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lifeboat.vault.VaultException;
import java.util.Arrays;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class PrologueTest {
  private static final VaultId VAULT = new VaultId("000102030405060708090a0b0c0d0e0f");
  private static final TenantId TENANT = new TenantId("f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff");

  @Test
  void toBytes_manifest_areThoseOfTheFormat() {
    assertThat(HexFormat.of().formatHex(prologue(Prologue.Kind.MANIFEST).toBytes()))
        .isEqualTo(
            "4c464254"
                + "4d"
                + "01"
                + "0001"
                + "000102030405060708090a0b0c0d0e0f"
                + "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff"
                + "00000102");
  }

  @ParameterizedTest
  @EnumSource
  void read_whatToBytesMade_isEqual(Prologue.Kind kind) {
    byte[] object = Arrays.copyOf(prologue(kind).toBytes(), 100);

    assertThat(Prologue.read(object, kind, "it")).isEqualTo(prologue(kind));
  }

  @Test
  void read_otherKind_namesBoth() {
    assertThatThrownBy(
            () -> Prologue.read(prologue(Prologue.Kind.PACK).toBytes(), Prologue.Kind.KEY, "x/y"))
        .isInstanceOf(VaultException.Damaged.class)
        .hasMessage("x/y is of kind 0x50, not a key object ('K')");
  }

  @Test
  void read_laterVersion_namesBoth() {
    byte[] bytes = prologue(Prologue.Kind.PACK).toBytes();
    bytes[5] = 2;

    assertThatThrownBy(() -> Prologue.read(bytes, Prologue.Kind.PACK, "x/y"))
        .isInstanceOf(VaultException.UnsupportedFormat.class)
        .hasMessageContaining("x/y has format version 2; this program reads version 1");
  }

  @Test
  void read_otherSuite_namesBoth() {
    byte[] bytes = prologue(Prologue.Kind.PACK).toBytes();
    bytes[6] = (byte) 0xff;

    assertThatThrownBy(() -> Prologue.read(bytes, Prologue.Kind.PACK, "x/y"))
        .isInstanceOf(VaultException.UnsupportedFormat.class)
        .hasMessageContaining("x/y is sealed with suite 65281; this program knows suite 1");
  }

  @Test
  void read_tooShort_isDamaged() {
    byte[] bytes = Arrays.copyOf(prologue(Prologue.Kind.PACK).toBytes(), 43);

    assertThatThrownBy(() -> Prologue.read(bytes, Prologue.Kind.PACK, "x/y"))
        .isInstanceOf(VaultException.Damaged.class)
        .hasMessageContaining("43 bytes");
  }

  @Test
  void read_generationOutOfRange_isDamaged() {
    byte[] zero = prologue(Prologue.Kind.PACK).toBytes();
    Arrays.fill(zero, 40, 44, (byte) 0);
    byte[] huge = prologue(Prologue.Kind.PACK).toBytes();
    Arrays.fill(huge, 40, 44, (byte) 0xff);

    assertThatThrownBy(() -> Prologue.read(zero, Prologue.Kind.PACK, "x/y"))
        .isInstanceOf(VaultException.Damaged.class)
        .hasMessageContaining("key generation 0");
    assertThatThrownBy(() -> Prologue.read(huge, Prologue.Kind.PACK, "x/y"))
        .isInstanceOf(VaultException.Damaged.class)
        .hasMessageContaining("key generation 4294967295");
  }

  @Test
  void read_anyFlippedBit_isNeverTheSame() {
    byte[] bytes = prologue(Prologue.Kind.INDEX).toBytes();
    for (int bit = 0; bit < 8 * bytes.length; bit++) {
      byte[] damaged = bytes.clone();
      damaged[bit / 8] ^= (byte) (1 << (bit % 8));
      try {
        assertThat(Prologue.read(damaged, Prologue.Kind.INDEX, "it"))
            .isNotEqualTo(prologue(Prologue.Kind.INDEX));
      } catch (VaultException.Damaged | VaultException.UnsupportedFormat e) {
        assertThat(e).hasMessageContaining("it ");
      }
    }
  }

  @Test
  void info_ofLabelAndMore_isTheirConcatenation() {
    Prologue prologue = prologue(Prologue.Kind.KEY);

    assertThat(HexFormat.of().formatHex(prologue.info("ab", new byte[] {1, 2})))
        .isEqualTo("616200" + HexFormat.of().formatHex(prologue.toBytes()) + "0102");
  }

  private static Prologue prologue(Prologue.Kind kind) {
    return new Prologue(kind, VAULT, TENANT, 258);
  }
}
