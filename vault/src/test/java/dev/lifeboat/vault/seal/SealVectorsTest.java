package dev.lifeboat.vault.seal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lifeboat.vault.region.ObjectKey;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Against {@code docs/vectors}, whose bytes are made by {@code seal.py} without any code of ours;
 * {@code docs/vectors/README.md} has the commands.
 */
class SealVectorsTest {
  private static final Path VECTORS = Path.of("..", "docs", "vectors");

  private Json vectors;
  private RecoveryKit kit;

  @BeforeEach
  void read() throws IOException {
    vectors = Json.parse(Files.readAllBytes(VECTORS.resolve("seal.json")), "seal.json");
    Json given = vectors.object("kit");
    kit =
        RecoveryKit.fromSecret(
            new VaultId(given.text("vault")), SecretBytes.copyOf(hex(given, "secret")));
  }

  @AfterEach
  void close() {
    kit.close();
  }

  @Test
  void kdf_everyLabelOfTheFormat_derivesTheSame() {
    List<Json> all = vectors.objects("hkdf");
    for (Json each : all) {
      byte[] output = hex(each, "output");

      assertThat(
              Kdf.derive(hex(each, "secret"), hex(each, "salt"), each.text("label"), output.length))
          .as(each.text("label"))
          .isEqualTo(output);
    }
    assertThat(all).hasSize(7);
  }

  @Test
  void recoveryKit_fromSecret_derivesTheSameKeys() {
    Json expected = vectors.object("kit");

    assertThat(kit.privateKey().exposeSecret()).isEqualTo(hex(expected, "privateKey"));
    assertThat(kit.publicKey()).isEqualTo(hex(expected, "publicKey"));
    assertThat(kit.rootKey().exposeSeed().exposeSecret()).isEqualTo(hex(expected, "rootSeed"));
    assertThat(kit.rootKey().verifyKey().toBytes()).isEqualTo(hex(expected, "rootPublicKey"));
  }

  @Test
  void hpke_sealedElsewhere_opens() {
    Json given = vectors.object("hpke");
    try (SecretBytes privateKey = SecretBytes.copyOf(hex(given, "privateKey"))) {
      assertThat(Hpke.open(privateKey, hex(given, "info"), hex(given, "sealed")))
          .isEqualTo(hex(given, "plaintext"));
    }
  }

  @Test
  void kitFile_writtenElsewhere_opens() throws IOException {
    Path file = VECTORS.resolve("recovery.kit");
    char[] passphrase = vectors.object("kit").text("passphrase").toCharArray();

    assertThat(KitFile.check(file)).isEqualTo(kit.vault());
    try (RecoveryKit opened = KitFile.read(file, passphrase)) {
      assertThat(opened.exposeSecret()).isEqualTo(kit.exposeSecret());
    }
  }

  @Test
  void kitShares_splitElsewhere_combine() throws IOException {
    String[] shares = Files.readString(VECTORS.resolve("shares.txt")).split("\n\n", -1);

    assertThat(shares).hasSize(4);
    try (RecoveryKit one = KitShares.combine(List.of(shares[0], shares[1], shares[2]));
        RecoveryKit two = KitShares.combine(List.of(shares[3], shares[1], shares[0]))) {
      assertThat(one.exposeSecret()).isEqualTo(kit.exposeSecret());
      assertThat(two.exposeSecret()).isEqualTo(kit.exposeSecret());
      assertThat(two.vault()).isEqualTo(kit.vault());
    }
  }

  @Test
  void vaultDocument_signedElsewhere_verifiesAndIsWhatWeWouldWrite() throws IOException {
    byte[] bytes = Files.readAllBytes(VECTORS.resolve("00000002.json"));
    Instant then = Instant.parse("2026-11-21T01:30:00.123Z");
    VaultDocument expected =
        VaultDocument.create(kit, then).withWriter(new WriterName("host-1"), writer(), then);

    assertThat(VaultDocument.decode(bytes, Optional.of(kit.rootKey().verifyKey())))
        .isEqualTo(expected);
    // Ed25519 is deterministic: whoever follows the format makes these very bytes.
    assertThat(new String(expected.encode(kit.rootKey()), StandardCharsets.US_ASCII))
        .isEqualTo(new String(bytes, StandardCharsets.US_ASCII));
  }

  @Test
  void keyObject_sealedElsewhere_opens() throws IOException {
    Json expected = vectors.object("keyObject");
    VaultDocument document =
        VaultDocument.decode(
            Files.readAllBytes(VECTORS.resolve("00000002.json")), Optional.empty());

    try (TenantReadKeys keys =
        KeyObjects.open(
            new ObjectKey(expected.text("key")),
            hex(expected, "object"),
            kit.privateKey(),
            document)) {
      assertThat(keys.write().name()).hasToString(expected.text("tenant"));
      assertThat(keys.write().generation()).isEqualTo(3);
      assertThat(keys.write().publicKey()).isEqualTo(hex(expected, "tenantPublicKey"));
      assertThat(keys.privateKey().exposeSecret()).isEqualTo(hex(expected, "private"));
      assertThat(keys.write().chunkIdKey().exposeSecret()).isEqualTo(hex(expected, "chunkId"));
      assertThat(keys.write().indexKey().exposeSecret()).isEqualTo(hex(expected, "index"));
      assertThat(keys.write().nameKey().exposeSecret()).isEqualTo(hex(expected, "name"));
      // Signature and encapsulation apart, the same keys in our spelling.
      assertThat(KeyObjects.seal(keys, kit.recipient(), kit.vault(), signingKey()))
          .hasSameSizeAs(hex(expected, "object"));
    }
  }

  private SigningKey signingKey() {
    return new SigningKey(SecretBytes.copyOf(hex(vectors.object("keyObject"), "writerSeed")));
  }

  private VerifyKey writer() {
    try (SigningKey key = signingKey()) {
      return key.verifyKey();
    }
  }

  private static byte[] hex(Json from, String name) {
    return HexFormat.of().parseHex(from.text(name));
  }
}
