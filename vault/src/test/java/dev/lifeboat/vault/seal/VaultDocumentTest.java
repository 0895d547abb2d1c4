package dev.lifeboat.vault.seal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lifeboat.vault.VaultException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class VaultDocumentTest {
  private static final WriterName HOST = new WriterName("host-1");

  private final SealFixture fixture = new SealFixture();
  private final VaultDocument document = fixture.document;
  private final Optional<VerifyKey> root = Optional.of(document.root());

  @AfterEach
  void close() {
    fixture.close();
  }

  @Test
  void decode_whatEncodeMade_isEqual() {
    Recipient onCall =
        new Recipient(new RecipientName("on-call"), Hpke.publicKey(fixture.tenant.privateKey()));
    VaultDocument more = document.withRecipient(onCall, SealFixture.NOW.plusNanos(1));

    assertThat(VaultDocument.decode(more.encode(fixture.kit.rootKey()), root)).isEqualTo(more);
    assertThat(VaultDocument.decode(more.encode(fixture.kit.rootKey()), Optional.empty()))
        .isEqualTo(more);
    assertThat(more.recipients()).containsOnlyKeys(RecipientName.KIT, onCall.name());
    assertThat(more.key()).hasToString("vault/00000003.json");
  }

  @Test
  void encode_twice_givesTheSameBytes() {
    // Nothing is random in it, so that a write repeated after a crash meets its own bytes.
    assertThat(document.encode(fixture.kit.rootKey()))
        .isEqualTo(document.encode(fixture.kit.rootKey()));
  }

  @Test
  void encode_withAnotherKitsKey_isKeyUnavailable() {
    assertThatThrownBy(() -> document.encode(fixture.writer))
        .isInstanceOf(VaultException.KeyUnavailable.class)
        .hasMessageContaining("another vault's recovery kit");
  }

  @Test
  void decode_anyByteFlipped_isRefused() {
    byte[] bytes = document.encode(fixture.kit.rootKey());
    for (int at = 0; at < bytes.length; at++) {
      byte[] damaged = SealFixture.flipped(bytes, at);

      assertThatThrownBy(() -> VaultDocument.decode(damaged, root))
          .as("byte %d", at)
          .isInstanceOfAny(
              VaultException.Untrusted.class,
              VaultException.Damaged.class,
              VaultException.UnsupportedFormat.class);
      assertThatThrownBy(() -> VaultDocument.decode(damaged, Optional.empty()))
          .as("byte %d, root not pinned", at)
          .isInstanceOfAny(
              VaultException.Untrusted.class,
              VaultException.Damaged.class,
              VaultException.UnsupportedFormat.class);
    }
  }

  @Test
  void decode_byAnotherRoot_isUntrusted() {
    try (RecoveryKit other = RecoveryKit.generate(fixture.random)) {
      byte[] theirs = VaultDocument.create(other, SealFixture.NOW).encode(other.rootKey());

      assertThatThrownBy(() -> VaultDocument.decode(theirs, root))
          .isInstanceOf(VaultException.Untrusted.class)
          .hasMessageContaining(document.root().toString());
      assertThat(VaultDocument.decode(theirs, Optional.empty()).vault()).isEqualTo(other.vault());
    }
  }

  @Test
  void decode_payloadOfAnotherRootUnderOurKey_isUntrusted() {
    // The document names our root key, but somebody else signed it.
    byte[] forged =
        signed(payload(document), "{\"alg\":\"EdDSA\",\"typ\":\"lifeboat-vault\"}", fixture.writer);

    assertThatThrownBy(() -> VaultDocument.decode(forged, root))
        .isInstanceOf(VaultException.Untrusted.class)
        .hasMessageContaining("wrong signature");
    assertThatThrownBy(() -> VaultDocument.decode(forged, Optional.empty()))
        .isInstanceOf(VaultException.Untrusted.class);
  }

  @Test
  void decode_otherAlgorithmOrHeader_isUntrusted() {
    for (String header :
        new String[] {
          "{\"alg\":\"none\",\"typ\":\"lifeboat-vault\"}",
          "{\"alg\":\"HS256\",\"typ\":\"lifeboat-vault\"}",
          "{\"alg\":\"EdDSA\",\"typ\":\"JWT\"}",
          "{\"alg\":\"EdDSA\",\"typ\":\"lifeboat-vault\",\"crit\":[\"x\"]}",
        }) {
      byte[] odd = signed(payload(document), header, fixture.kit.rootKey());

      assertThatThrownBy(() -> VaultDocument.decode(odd, root))
          .isInstanceOf(VaultException.Untrusted.class)
          .hasMessageContaining("EdDSA");
    }
  }

  @Test
  void decode_laterVersionOrSuite_namesBoth() {
    byte[] version = rootSigned(payload(document).replace("\"format\":1", "\"format\":2"));
    byte[] suite = rootSigned(payload(document).replace("\"suite\":1", "\"suite\":7"));

    assertThatThrownBy(() -> VaultDocument.decode(version, root))
        .isInstanceOf(VaultException.UnsupportedFormat.class)
        .hasMessageContaining("version 2")
        .hasMessageContaining("version 1");
    assertThatThrownBy(() -> VaultDocument.decode(suite, root))
        .isInstanceOf(VaultException.UnsupportedFormat.class)
        .hasMessageContaining("suite 7")
        .hasMessageContaining("suite 1");
  }

  @Test
  void decode_signedNonsense_isDamaged() {
    for (String payload :
        new String[] {
          payload(document).replace("\"generation\":2", "\"generation\":0"),
          payload(document).replace("\"generation\":2", "\"generation\":\"2\""),
          payload(document).replace("\"name\":\"kit\"", "\"name\":\"../kit\""),
          payload(document).replace("\"recipients\":", "\"recipients\":[1],\"others\":"),
          payload(document).replace("\"created\":\"2026", "\"created\":\"x"),
          payload(document).replace("\"writers\":", "\"writer\":"),
          payload(document) + "x",
          "[]",
          "nonsense",
        }) {
      assertThatThrownBy(() -> VaultDocument.decode(rootSigned(payload), root))
          .as(payload)
          .isInstanceOf(VaultException.Damaged.class)
          .hasMessageContaining("vault document");
    }
  }

  @Test
  void decode_nameTwice_isDamaged() {
    String one = payload(document);
    int from = one.indexOf("{\"name\":\"host-1\"");
    String entry = one.substring(from, one.indexOf('}', from) + 1);
    byte[] twice = rootSigned(one.replace(entry, entry + "," + entry));

    assertThatThrownBy(() -> VaultDocument.decode(twice, root))
        .isInstanceOf(VaultException.Damaged.class)
        .hasMessageContaining("writer host-1 twice");
  }

  @Test
  void decode_memberNobodyKnows_isIgnored() {
    byte[] more =
        rootSigned(
            payload(document).replace("{\"format\"", "{\"x\":{\"y\":[1.5,null]},\"format\""));

    assertThat(VaultDocument.decode(more, root)).isEqualTo(document);
  }

  @Test
  void with_takenNamesOrKeys_conflicts() {
    assertThatThrownBy(() -> document.withRecipient(fixture.kit.recipient(), SealFixture.NOW))
        .isInstanceOf(VaultException.Conflict.class)
        .hasMessageContaining("recipient kit");
    try (SigningKey other = SigningKey.generate(fixture.random)) {
      assertThatThrownBy(() -> document.withWriter(HOST, other.verifyKey(), SealFixture.NOW))
          .isInstanceOf(VaultException.Conflict.class)
          .hasMessageContaining("writer host-1");
    }
    assertThatThrownBy(() ->
            document.withWriter(
                new WriterName("host-2"), fixture.writer.verifyKey(), SealFixture.NOW))
        .isInstanceOf(VaultException.Conflict.class)
        .hasMessageContaining("host-1");
  }

  @Test
  void withoutWriter_known_makesTheNextGenerationWithoutIt() {
    VaultDocument without = document.withoutWriter(HOST, SealFixture.NOW);

    assertThat(without.generation()).isEqualTo(document.generation() + 1);
    assertThat(without.writer(fixture.writer.verifyKey())).isEmpty();
    assertThat(document.writer(fixture.writer.verifyKey())).contains(HOST);
    assertThatThrownBy(() -> without.withoutWriter(HOST, SealFixture.NOW))
        .isInstanceOf(VaultException.NotFound.class);
  }

  @Test
  void require_otherVaultOrOlder_isUntrusted() {
    assertThat(document.require(document.vault(), 2)).isSameAs(document);
    assertThatThrownBy(() -> document.require(document.vault(), 3))
        .isInstanceOf(VaultException.Untrusted.class)
        .hasMessageContaining("generation 2, but generation 3 has been seen");
    assertThatThrownBy(() -> document.require(VaultId.random(fixture.random), 1))
        .isInstanceOf(VaultException.Untrusted.class)
        .hasMessageContaining("is of vault");
  }

  private static String payload(VaultDocument document) {
    try (SealFixture fixture = new SealFixture()) {
      Json outer = Json.parse(document.encode(fixture.kit.rootKey()), "it");
      return new String(outer.binary("payload"), StandardCharsets.UTF_8);
    }
  }

  private byte[] rootSigned(String payload) {
    return signed(payload, "{\"alg\":\"EdDSA\",\"typ\":\"lifeboat-vault\"}", fixture.kit.rootKey());
  }

  private static byte[] signed(String payload, String header, SigningKey key) {
    Base64.Encoder base64 = Base64.getUrlEncoder().withoutPadding();
    String body = base64.encodeToString(payload.getBytes(StandardCharsets.UTF_8));
    String head = base64.encodeToString(header.getBytes(StandardCharsets.UTF_8));
    byte[] signature =
        key.insecureSignWithoutLabel((head + "." + body).getBytes(StandardCharsets.US_ASCII));
    return "{\"payload\":\"%s\",\"protected\":\"%s\",\"signature\":\"%s\"}"
        .formatted(body, head, base64.encodeToString(signature))
        .getBytes(StandardCharsets.US_ASCII);
  }
}
