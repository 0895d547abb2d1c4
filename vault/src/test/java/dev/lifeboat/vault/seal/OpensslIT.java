package dev.lifeboat.vault.seal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** OpenSSL, asked what it thinks of our signatures. */
class OpensslIT {
  /** What stands before the 32 bytes in a public key of RFC 8410. */
  private static final byte[] DER_PREFIX = HexFormat.of().parseHex("302a300506032b6570032100");

  @TempDir private Path folder;

  @Test
  void vaultDocument_asEncoded_verifiesWithOpenssl() throws Exception {
    try (SealFixture fixture = new SealFixture()) {
      Json document = Json.parse(fixture.document.encode(fixture.kit.rootKey()), "it");
      String signed = document.text("protected") + "." + document.text("payload");

      assertThat(
              verify(
                  fixture.document.root(),
                  signed.getBytes(StandardCharsets.US_ASCII),
                  document.binary("signature")))
          .isZero();
      assertThat(
              verify(
                  fixture.document.root(),
                  (signed + "x").getBytes(StandardCharsets.US_ASCII),
                  document.binary("signature")))
          .isNotZero();
    }
  }

  @Test
  void keyObject_asSealed_verifiesWithOpenssl() throws Exception {
    try (SealFixture fixture = new SealFixture()) {
      byte[] object =
          KeyObjects.seal(
              fixture.tenant, fixture.kit.recipient(), fixture.kit.vault(), fixture.writer);
      int end = object.length - 64;
      byte[] label = "lifeboat v1 tenant key\0".getBytes(StandardCharsets.US_ASCII);
      byte[] message = Arrays.copyOf(label, label.length + end);
      System.arraycopy(object, 0, message, label.length, end);

      assertThat(
              verify(
                  fixture.writer.verifyKey(),
                  message,
                  Arrays.copyOfRange(object, end, object.length)))
          .isZero();
    }
  }

  /** Exit code of {@code openssl pkeyutl -verify}. */
  private int verify(VerifyKey key, byte[] message, byte[] signature)
      throws IOException, InterruptedException {
    byte[] der = Arrays.copyOf(DER_PREFIX, DER_PREFIX.length + 32);
    System.arraycopy(key.toBytes(), 0, der, DER_PREFIX.length, 32);
    Files.writeString(
        folder.resolve("key.pem"),
        "-----BEGIN PUBLIC KEY-----\n%s\n-----END PUBLIC KEY-----\n"
            .formatted(Base64.getEncoder().encodeToString(der)));
    Files.write(folder.resolve("message"), message);
    Files.write(folder.resolve("signature"), signature);
    Process process =
        new ProcessBuilder(
                "openssl",
                "pkeyutl",
                "-verify",
                "-pubin",
                "-inkey",
                "key.pem",
                "-rawin",
                "-in",
                "message",
                "-sigfile",
                "signature")
            .directory(folder.toFile())
            .inheritIO()
            .start();
    return process.waitFor();
  }
}
