package dev.lifeboat.vault.seal;

import dev.lifeboat.vault.VaultException;
import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.util.JsonRecyclerPools;
import tools.jackson.dataformat.cbor.CBORFactory;

/** The CBOR map inside a key object. */
final class KeyCodec {
  private static final List<String> SECRETS = List.of("private", "chunkId", "index", "name");

  // Buffers that held secrets are left to the collector rather than handed to the next user.
  private static final CBORFactory FACTORY =
      CBORFactory.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .recyclerPool(JsonRecyclerPools.nonRecyclingPool())
          .build();

  private KeyCodec() {}

  /** The caller wipes the result. */
  static byte[] encode(TenantReadKeys keys) {
    ByteArrayOutputStream out = new ByteArrayOutputStream(256);
    try (JsonGenerator cbor = FACTORY.createGenerator(ObjectWriteContext.empty(), out)) {
      cbor.writeStartObject(null, 1 + SECRETS.size());
      cbor.writeStringProperty("tenant", keys.write().name().value());
      cbor.writeBinaryProperty("private", keys.privateKey().exposeSecret());
      cbor.writeBinaryProperty("chunkId", keys.write().chunkIdKey().exposeSecret());
      cbor.writeBinaryProperty("index", keys.write().indexKey().exposeSecret());
      cbor.writeBinaryProperty("name", keys.write().nameKey().exposeSecret());
      cbor.writeEndObject();
    }
    return out.toByteArray();
  }

  /** The keys, of the tenant and generation that the prologue names. */
  static TenantReadKeys decode(byte[] plaintext, Prologue prologue, String what) {
    Map<String, byte[]> secrets = new HashMap<>();
    try (JsonParser cbor = FACTORY.createParser(ObjectReadContext.empty(), plaintext)) {
      TenantName tenant = read(cbor, secrets);
      if (tenant == null || secrets.size() != SECRETS.size() || cbor.nextToken() != null) {
        throw new VaultException.Damaged(what + " opens, but does not hold a tenant's keys");
      }
      SecretBytes privateKey = secret(secrets, "private");
      return new TenantReadKeys(
          new TenantWriteKeys(
              prologue.tenant(),
              tenant,
              prologue.generation(),
              Hpke.publicKey(privateKey),
              secret(secrets, "chunkId"),
              secret(secrets, "index"),
              secret(secrets, "name")),
          privateKey);
    } catch (JacksonException | IllegalArgumentException e) {
      // Without the cause: its message may quote the plaintext.
      throw new VaultException.Damaged(what + " opens, but does not hold a tenant's keys");
    } finally {
      secrets.values().forEach(secret -> Arrays.fill(secret, (byte) 0));
    }
  }

  private static @Nullable TenantName read(JsonParser cbor, Map<String, byte[]> secrets) {
    TenantName tenant = null;
    if (cbor.nextToken() != JsonToken.START_OBJECT) {
      return null;
    }
    while (cbor.nextToken() != JsonToken.END_OBJECT) {
      String name = cbor.currentName();
      JsonToken value = cbor.nextToken();
      if (name.equals("tenant") && value == JsonToken.VALUE_STRING) {
        tenant = new TenantName(cbor.getString());
      } else if (SECRETS.contains(name) && value == JsonToken.VALUE_EMBEDDED_OBJECT) {
        secrets.put(name, cbor.getBinaryValue());
      } else {
        cbor.skipChildren();
      }
    }
    return tenant;
  }

  private static SecretBytes secret(Map<String, byte[]> secrets, String name) {
    byte[] bytes = secrets.get(name);
    if (bytes == null) {
      throw new IllegalArgumentException(name);
    }
    return SecretBytes.copyOf(bytes);
  }
}
