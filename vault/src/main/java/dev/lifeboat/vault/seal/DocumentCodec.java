package dev.lifeboat.vault.seal;

import dev.lifeboat.vault.VaultException;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The vault document as a flattened JSON Web Signature: RFC 7515 section 7.2.2, algorithm {@code
 * EdDSA} of RFC 8037.
 */
final class DocumentCodec {
  private static final String ALGORITHM = "EdDSA";
  private static final String TYPE = "lifeboat-vault";

  private DocumentCodec() {}

  static byte[] encode(VaultDocument document, SigningKey rootKey) {
    String header =
        Json.base64(
            Json.compact(json -> {
              json.writeStringProperty("alg", ALGORITHM);
              json.writeStringProperty("typ", TYPE);
            }));
    String payload = Json.base64(payload(document));
    byte[] signature = rootKey.insecureSignWithoutLabel(signingInput(header, payload));
    return Json.compact(json -> {
      json.writeStringProperty("payload", payload);
      json.writeStringProperty("protected", header);
      json.writeStringProperty("signature", Json.base64(signature));
    });
  }

  private static byte[] payload(VaultDocument document) {
    return Json.compact(json -> {
      json.writeNumberProperty("format", Prologue.FORMAT_VERSION);
      json.writeNumberProperty("suite", Prologue.SUITE);
      json.writeStringProperty("vault", document.vault().hex());
      json.writeNumberProperty("generation", document.generation());
      json.writeStringProperty("root", Json.base64(document.root().toBytes()));
      json.writeArrayPropertyStart("recipients");
      for (Recipient recipient : document.recipients().values()) {
        json.writeStartObject();
        json.writeStringProperty("name", recipient.name().value());
        json.writeStringProperty("public", Json.base64(recipient.publicKey()));
        json.writeEndObject();
      }
      json.writeEndArray();
      json.writeArrayPropertyStart("writers");
      document
          .writers()
          .forEach((name, key) -> {
            json.writeStartObject();
            json.writeStringProperty("name", name.value());
            json.writeStringProperty("public", Json.base64(key.toBytes()));
            json.writeEndObject();
          });
      json.writeEndArray();
      json.writeStringProperty("created", document.created().toString());
    });
  }

  static VaultDocument decode(byte[] bytes, Optional<VerifyKey> expectedRoot) {
    String what = "the vault document";
    Json outer = Json.parse(bytes, what);
    Json payload = Json.parse(outer.binary("payload"), what + "'s payload");
    // Before the signature, because a later version may sign otherwise. All this can do is refuse.
    int format = payload.integer("format", 0, Integer.MAX_VALUE);
    if (format != Prologue.FORMAT_VERSION) {
      throw new VaultException.UnsupportedFormat(what, format, Prologue.FORMAT_VERSION);
    }
    int suite = payload.integer("suite", 0, Integer.MAX_VALUE);
    if (suite != Prologue.SUITE) {
      throw VaultException.UnsupportedFormat.suite(what, suite, Prologue.SUITE);
    }
    VerifyKey root = new VerifyKey(payload.binary("root", VerifyKey.BYTES));
    verify(outer, root, what);
    if (expectedRoot.isPresent() && !expectedRoot.get().equals(root)) {
      throw new VaultException.Untrusted(
          "%s is signed by root key %s, but %s is expected: it is another vault's, or a forgery"
              .formatted(what, root, expectedRoot.get()));
    }
    return document(payload, root, what);
  }

  private static void verify(Json outer, VerifyKey root, String what) {
    Json header = Json.parse(outer.binary("protected"), what + "'s protected header");
    // Exactly these: a "crit" that is not understood must be refused, and no other has a meaning.
    if (!header.names().equals(List.of("alg", "typ"))
        || !header.text("alg").equals(ALGORITHM)
        || !header.text("typ").equals(TYPE)) {
      throw new VaultException.Untrusted(
          "%s is not signed as %s of type %s".formatted(what, ALGORITHM, TYPE));
    }
    byte[] signature = outer.binary("signature", VerifyKey.SIGNATURE_BYTES);
    byte[] input = signingInput(outer.text("protected"), outer.text("payload"));
    if (!root.insecureVerifiesWithoutLabel(input, signature)) {
      throw new VaultException.Untrusted(
          "%s has a wrong signature: forged, or damaged".formatted(what));
    }
  }

  private static VaultDocument document(Json payload, VerifyKey root, String what) {
    TreeMap<RecipientName, Recipient> recipients = new TreeMap<>();
    for (Json each : payload.objects("recipients")) {
      RecipientName name = each.named("name", RecipientName::new);
      byte[] publicKey = each.binary("public", Hpke.PUBLIC_KEY_BYTES);
      if (recipients.put(name, new Recipient(name, publicKey)) != null) {
        throw new VaultException.Damaged("%s names recipient %s twice".formatted(what, name));
      }
    }
    TreeMap<WriterName, VerifyKey> writers = new TreeMap<>();
    for (Json each : payload.objects("writers")) {
      WriterName name = each.named("name", WriterName::new);
      VerifyKey key = new VerifyKey(each.binary("public", VerifyKey.BYTES));
      if (writers.put(name, key) != null) {
        throw new VaultException.Damaged("%s names writer %s twice".formatted(what, name));
      }
    }
    Instant created;
    try {
      created = Instant.parse(payload.text("created"));
    } catch (DateTimeException e) {
      throw new VaultException.Damaged("%s: 'created' is no time".formatted(what), e);
    }
    return new VaultDocument(
        payload.named("vault", VaultId::new),
        payload.integer("generation", 1, VaultDocument.MAX_GENERATION),
        root,
        recipients,
        writers,
        created);
  }

  private static byte[] signingInput(String header, String payload) {
    return (header + "." + payload).getBytes(StandardCharsets.US_ASCII);
  }
}
