package dev.lifeboat.vault.pack;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lifeboat.vault.Digest;
import dev.lifeboat.vault.chunk.ChunkHasher;
import dev.lifeboat.vault.seal.Prologue;
import dev.lifeboat.vault.seal.SecretBytes;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** The pack that docs/vectors/pack.py makes with other tools than ours. */
class PackVectorTest {
  @Test
  void open_packMadeByPythonAndZstd_holdsItsChunks() throws IOException {
    byte[] pack =
        HexFormat.of()
            .parseHex(
                Files.readString(Path.of("..", "docs", "vectors", "pack.hex"))
                    .replaceAll("\\s", ""));
    PackId id = new PackId(Digest.read(PackFormat.sha256(pack, 0, pack.length), 0));
    byte[] header = Arrays.copyOf(pack, PackFormat.HEADER_BYTES);
    byte[] hash = PackFormat.headerHash(header);
    Prologue prologue = Prologue.read(pack, Prologue.Kind.PACK, "pack.hex");
    assertThat(prologue.vault().hex()).isEqualTo("000102030405060708090a0b0c0d0e0f");

    int footer = PackFormat.footerBytes(pack, pack.length);
    PackDirectory directory =
        Objects.requireNonNull(
            PackFormat.openFooter(
                id,
                numbers(0x60),
                hash,
                pack,
                pack.length - PackFormat.TRAILER_BYTES - footer,
                footer,
                pack.length));
    assertThat(directory.frames()).hasSize(2);

    try (SecretBytes privateKey = SecretBytes.copyOf(numbers(0x20));
        SecretBytes chunkIdKey = SecretBytes.copyOf(numbers(0x80));
        FrameOpener opener = new FrameOpener()) {
      PackKey key = PackKey.open(prologue, header, privateKey);
      ChunkHasher hasher = new ChunkHasher(chunkIdKey);
      assertThat(frame(key, opener, hasher, directory, pack, 0)).isEqualTo("lifeboatfloats");
      assertThat(directory.frames().getFirst().chunkBytes()).containsExactly(8, 6);
      assertThat(frame(key, opener, hasher, directory, pack, 1))
          .isEqualTo("night after night ".repeat(100));
    }
  }

  private static String frame(
      PackKey key,
      FrameOpener opener,
      ChunkHasher hasher,
      PackDirectory directory,
      byte[] pack,
      int number) {
    FrameEntry entry = directory.frames().get(number);
    byte[] raw = new byte[entry.rawBytes()];
    assertThat(
            key.open(opener, hasher, number, entry, pack, (int) directory.offset(number), raw, 0))
        .isTrue();
    return new String(raw, StandardCharsets.US_ASCII);
  }

  private static byte[] numbers(int first) {
    byte[] bytes = new byte[32];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) (first + i);
    }
    return bytes;
  }
}
