package dev.lifeboat.vault.seal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lifeboat.vault.VaultException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KitFileTest {
  private static final char[] PASSPHRASE = "correct horse".toCharArray();

  private final SealFixture fixture = new SealFixture();

  @TempDir private Path folder;
  private Path file;

  @BeforeEach
  void write() throws IOException {
    file = folder.resolve("recovery.kit");
    KitFile.write(file, fixture.kit, PASSPHRASE, SealFixture.CHEAP, fixture.random);
  }

  @AfterEach
  void close() {
    fixture.close();
  }

  @Test
  void read_withThePassphrase_givesTheKitBack() throws IOException {
    try (RecoveryKit kit = KitFile.read(file, PASSPHRASE)) {
      assertThat(kit.exposeSecret()).isEqualTo(fixture.kit.exposeSecret());
      assertThat(kit.vault()).isEqualTo(fixture.kit.vault());
    }
    assertThat(KitFile.check(file)).isEqualTo(fixture.kit.vault());
  }

  @Test
  void write_atRecommendedCost_opensAgainAndStatesIt() throws IOException {
    Path strong = folder.resolve("strong.kit");
    KitFile.write(strong, fixture.kit, PASSPHRASE, fixture.random);

    assertThat(Files.readString(strong))
        .contains("\"memoryKib\" : 65536", "\"passes\" : 3", "\"lanes\" : 4");
    try (RecoveryKit kit = KitFile.read(strong, PASSPHRASE)) {
      assertThat(kit.exposeSecret()).isEqualTo(fixture.kit.exposeSecret());
    }
  }

  @Test
  void write_always_isForTheOwnerOnlyAndLeavesNothingElse() throws IOException {
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        .isEqualTo("rw-------");
    try (Stream<Path> files = Files.list(folder)) {
      assertThat(files).containsExactly(file);
    }
  }

  @Test
  void write_always_showsNothingOfTheSecret() throws IOException {
    SealFixture.assertHides(Files.readString(file), fixture.kit.exposeSecret());
    SealFixture.assertHides(Files.readString(file), fixture.kit.privateKey());
  }

  @Test
  void write_overAnExistingFile_refusesAndLeavesIt() throws IOException {
    byte[] before = Files.readAllBytes(file);

    assertThatThrownBy(
            () -> KitFile.write(file, fixture.kit, PASSPHRASE, SealFixture.CHEAP, fixture.random))
        .isInstanceOf(VaultException.Conflict.class)
        .hasMessageContaining(file.toString())
        .hasMessageContaining("never overwritten");
    assertThat(file).hasBinaryContent(before);
    try (Stream<Path> files = Files.list(folder)) {
      assertThat(files).containsExactly(file);
    }
  }

  @Test
  void write_overADanglingLink_refuses() throws IOException {
    Path link = Files.createSymbolicLink(folder.resolve("link.kit"), folder.resolve("nowhere"));

    assertThatThrownBy(
            () -> KitFile.write(link, fixture.kit, PASSPHRASE, SealFixture.CHEAP, fixture.random))
        .isInstanceOf(VaultException.Conflict.class);
    assertThat(folder.resolve("nowhere")).doesNotExist();
  }

  @Test
  void write_shortPassphrase_isRefused() {
    Path other = folder.resolve("other.kit");

    assertThatThrownBy(() ->
            KitFile.write(
                other, fixture.kit, "sevench".toCharArray(), SealFixture.CHEAP, fixture.random))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("at least 8 characters")
        .hasMessageNotContaining("sevench");
    assertThat(other).doesNotExist();
  }

  @Test
  void write_twice_sharesNeitherSaltNorSealed() throws IOException {
    Path other = folder.resolve("other.kit");
    KitFile.write(other, fixture.kit, PASSPHRASE, SealFixture.CHEAP, fixture.random);
    Json one = Json.parse(Files.readAllBytes(file), "one");
    Json two = Json.parse(Files.readAllBytes(other), "two");

    assertThat(one.text("sealed")).isNotEqualTo(two.text("sealed"));
    assertThat(one.object("argon2id").text("salt"))
        .isNotEqualTo(two.object("argon2id").text("salt"));
  }

  @Test
  void read_wrongPassphrase_saysSoAndNamesTheFile() {
    assertThatThrownBy(() -> KitFile.read(file, "correct horsf".toCharArray()))
        .isInstanceOf(VaultException.KeyUnavailable.class)
        .hasMessage("wrong passphrase for recovery kit file " + file);
    assertThatThrownBy(() -> KitFile.read(file, new char[0]))
        .isInstanceOf(VaultException.KeyUnavailable.class);
  }

  @Test
  void read_passphraseComposedOtherwise_opens() throws IOException {
    Path other = folder.resolve("other.kit");
    KitFile.write(
        other,
        fixture.kit,
        "caf\u00e9 Z\u00fcrich".toCharArray(),
        SealFixture.CHEAP,
        fixture.random);

    assertThatCode(() -> KitFile.read(other, "cafe\u0301 Zu\u0308rich".toCharArray()).close())
        .doesNotThrowAnyException();
  }

  @Test
  void read_missing_isKeyUnavailable() {
    assertThatThrownBy(() -> KitFile.read(folder.resolve("none.kit"), PASSPHRASE))
        .isInstanceOf(VaultException.KeyUnavailable.class)
        .hasMessageContaining("none.kit does not exist");
  }

  @Test
  void read_anyByteFlipped_isDamagedAndNeverTakenForAWrongPassphrase() throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    int digest = new String(bytes, StandardCharsets.US_ASCII).indexOf("\"sha256\"");
    for (int at = 0; at < bytes.length; at++) {
      Files.write(file, SealFixture.flipped(bytes, at));
      boolean ofChecksum = at > digest && at < digest + 76;

      assertThatThrownBy(() -> KitFile.check(file))
          .as("byte %d", at)
          .isInstanceOfAny(VaultException.Damaged.class, VaultException.UnsupportedFormat.class)
          .hasMessageContaining(file.toString());
      if (ofChecksum && isJson(Files.readAllBytes(file))) {
        // The checksum alone is wrong: no reason to lock the owner out.
        assertThatCode(() -> KitFile.read(file, PASSPHRASE).close()).doesNotThrowAnyException();
      } else {
        assertThatThrownBy(() -> KitFile.read(file, PASSPHRASE))
            .as("byte %d", at)
            .isInstanceOfAny(VaultException.Damaged.class, VaultException.UnsupportedFormat.class)
            .hasMessageContaining(file.toString());
      }
    }
  }

  @Test
  void read_truncatedAnywhere_isDamaged() throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    for (int length = 0; length < bytes.length - 2; length += 11) {
      Files.write(file, Arrays.copyOf(bytes, length));

      assertThatThrownBy(() -> KitFile.read(file, PASSPHRASE))
          .isInstanceOf(VaultException.Damaged.class)
          .hasMessageContaining(file.toString());
    }
  }

  @Test
  void read_laterVersion_namesBoth() throws IOException {
    replace("\"version\" : 1", "\"version\" : 2");

    assertThatThrownBy(() -> KitFile.read(file, PASSPHRASE))
        .isInstanceOf(VaultException.UnsupportedFormat.class)
        .hasMessageContaining("has format version 2; this program reads version 1");
  }

  @Test
  void read_absurdCost_isRefusedBeforeMemoryIsTaken() throws IOException {
    String cheap = "\"memoryKib\" : 64";
    for (String bomb :
        new String[] {
          "\"memoryKib\" : 2147483647",
          "\"memoryKib\" : 1048577",
          "\"memoryKib\" : 0",
          "\"memoryKib\" : 7",
          "\"memoryKib\" : 99999999999",
        }) {
      replace(cheap, bomb);
      assertThatThrownBy(() -> KitFile.read(file, PASSPHRASE))
          .as(bomb)
          .isInstanceOf(VaultException.Damaged.class)
          .hasMessageContaining(file.toString());
      replace(bomb, cheap);
    }
    replace("\"passes\" : 1", "\"passes\" : 1000000");
    assertThatThrownBy(() -> KitFile.read(file, PASSPHRASE))
        .isInstanceOf(VaultException.Damaged.class)
        .hasMessageContaining("outside what is sensible");
    replace("\"passes\" : 1000000", "\"passes\" : 0");
    assertThatThrownBy(() -> KitFile.read(file, PASSPHRASE))
        .isInstanceOf(VaultException.Damaged.class);
    replace("\"passes\" : 0", "\"passes\" : 1");
    replace("\"lanes\" : 1", "\"lanes\" : 65");
    assertThatThrownBy(() -> KitFile.read(file, PASSPHRASE))
        .isInstanceOf(VaultException.Damaged.class);
  }

  @Test
  void read_moreMemoryThanThereIs_saysHowMuch() throws IOException {
    replace("\"memoryKib\" : 64", "\"memoryKib\" : 1048576");

    // The test's own heap is 1 GiB at most.
    assertThat(Runtime.getRuntime().maxMemory()).isLessThanOrEqualTo(1L << 30);
    assertThatThrownBy(() -> KitFile.read(file, PASSPHRASE))
        .isInstanceOf(VaultException.KeyUnavailable.class)
        .hasMessageContaining("1024 MiB")
        .hasMessageContaining("-Xmx1280m");
  }

  @Test
  void read_otherFiles_areDamaged() throws IOException {
    for (String text :
        new String[] {
          "", "{}", "[]", "null", "hello", "{\"format\":\"lifeboat host keystore\",\"version\":1}"
        }) {
      Files.writeString(file, text);
      assertThatThrownBy(() -> KitFile.read(file, PASSPHRASE))
          .as(text)
          .isInstanceOf(VaultException.Damaged.class)
          .hasMessageContaining(file.toString());
    }
    Files.writeString(file, " ".repeat(100_000));
    assertThatThrownBy(() -> KitFile.read(file, PASSPHRASE))
        .isInstanceOf(VaultException.Damaged.class)
        .hasMessageContaining("too long");
  }

  @Test
  void read_headerChangedWithItsChecksum_doesNotOpen() throws IOException {
    // The header is authenticated by the seal itself, not only by the checksum.
    String other = VaultId.random(fixture.random).hex();
    String text = Files.readString(file).replace(fixture.kit.vault().hex(), other);
    String digest = Json.parse(text.getBytes(StandardCharsets.UTF_8), "it").text("sha256");
    byte[] zeros = text.replace(digest, SelfChecked.ZEROS).getBytes(StandardCharsets.UTF_8);
    Files.write(file, SelfChecked.complete(zeros));

    assertThat(KitFile.check(file)).hasToString(other);
    assertThatThrownBy(() -> KitFile.read(file, PASSPHRASE))
        .isInstanceOf(VaultException.KeyUnavailable.class);
  }

  private static boolean isJson(byte[] bytes) {
    try {
      Json.parse(bytes, "it");
      return true;
    } catch (VaultException.Damaged e) {
      return false;
    }
  }

  private void replace(String from, String to) throws IOException {
    String text = Files.readString(file);
    assertThat(text).contains(from);
    Files.writeString(file, text.replace(from, to));
  }
}
