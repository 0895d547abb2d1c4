package dev.lifeboat.vault.seal;

import dev.lifeboat.vault.Digest;
import dev.lifeboat.vault.VaultException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;

/** The file of a {@link HostKeystore}: JSON with a checksum. */
final class KeystoreFile {
  private static final String FORMAT = "lifeboat host keystore";

  /** A file lock counts for a whole process; this one for its threads. */
  private static final Object SAVING = new Object();

  private KeystoreFile() {}

  static HostKeystore load(Path file) throws IOException {
    String what = "host keystore " + file;
    byte[] bytes;
    try {
      refuseOpenDoors(file, what);
      bytes = Files.readAllBytes(file);
    } catch (NoSuchFileException e) {
      throw new VaultException.KeyUnavailable(
          what + " does not exist; this host is given keys when a vault is made or joined", e);
    }
    try {
      return decode(bytes, what);
    } finally {
      Arrays.fill(bytes, (byte) 0);
    }
  }

  /**
   * Replaces the file.
   *
   * @param expected digest of the file to be replaced; {@code null} if there must be none
   * @return digest of the new file
   */
  static Digest save(HostKeystore keystore, Path file, @Nullable Digest expected)
      throws IOException {
    byte[] bytes = encode(keystore);
    try {
      synchronized (SAVING) {
        try (FileChannel lockFile = PrivateFiles.lockFile(file);
            FileLock _ = lockFile.lock()) {
          Digest found = digest(file);
          if (found != null && !found.equals(expected)) {
            throw new VaultException.Conflict(
                expected == null
                    ? "%s exists already: a host's keys are never overwritten; move it away first"
                        .formatted(file)
                    : "%s was changed by another process since it was read; run this again"
                        .formatted(file));
          }
          PrivateFiles.replace(file, bytes);
        }
      }
      return Digest.read(Digest.sha256().digest(bytes), 0);
    } finally {
      Arrays.fill(bytes, (byte) 0);
    }
  }

  private static @Nullable Digest digest(Path file) throws IOException {
    try {
      return Digest.read(Digest.sha256().digest(Files.readAllBytes(file)), 0);
    } catch (NoSuchFileException e) {
      return null;
    }
  }

  private static void refuseOpenDoors(Path file, String what) throws IOException {
    Set<PosixFilePermission> permissions = Files.getPosixFilePermissions(file);
    boolean others =
        permissions.stream()
            .anyMatch(permission ->
                switch (permission) {
                  case OWNER_READ, OWNER_WRITE, OWNER_EXECUTE -> false;
                  case GROUP_READ,
                      GROUP_WRITE,
                      GROUP_EXECUTE,
                      OTHERS_READ,
                      OTHERS_WRITE,
                      OTHERS_EXECUTE ->
                      true;
                });
    if (others) {
      throw new VaultException.KeyUnavailable(
          "%s is open to others than its owner (%s), who may know the keys by now; run: chmod 600 %s"
              .formatted(what, PosixFilePermissions.toString(permissions), file));
    }
  }

  private static byte[] encode(HostKeystore keystore) {
    return SelfChecked.complete(
        Json.pretty(json -> {
          json.writeStringProperty("format", FORMAT);
          json.writeNumberProperty("version", Prologue.FORMAT_VERSION);
          json.writeStringProperty("vault", keystore.vault().hex());
          json.writeStringProperty("root", Json.base64(keystore.root().toBytes()));
          json.writeNumberProperty("documentGeneration", keystore.documentGeneration());
          json.writeStringProperty("writer", keystore.writer().value());
          secret(json, "seed", keystore.signingKey().exposeSeed());
          json.writeArrayPropertyStart("tenants");
          for (TenantName tenant : keystore.tenants()) {
            keystore.generations(tenant).forEach(keys -> tenant(json, keys));
          }
          json.writeEndArray();
          json.writeStringProperty("sha256", SelfChecked.ZEROS);
        }));
  }

  private static void tenant(JsonGenerator json, TenantWriteKeys keys) {
    json.writeStartObject();
    json.writeStringProperty("name", keys.name().value());
    json.writeStringProperty("id", keys.id().hex());
    json.writeNumberProperty("generation", keys.generation());
    json.writeStringProperty("public", Json.base64(keys.publicKey()));
    secret(json, "chunkIdKey", keys.chunkIdKey());
    secret(json, "indexKey", keys.indexKey());
    secret(json, "nameKey", keys.nameKey());
    json.writeEndObject();
  }

  private static void secret(JsonGenerator json, String name, SecretBytes secret) {
    json.writeStringProperty(name, Json.base64(secret.exposeSecret()));
  }

  private static HostKeystore decode(byte[] bytes, String what) {
    Json json = Json.parse(bytes, what);
    if (!json.text("format").equals(FORMAT)) {
      throw new VaultException.Damaged(
          "%s is none: its 'format' is not '%s'".formatted(what, FORMAT));
    }
    int version = json.integer("version", 0, Integer.MAX_VALUE);
    if (version != Prologue.FORMAT_VERSION) {
      throw new VaultException.UnsupportedFormat(what, version, Prologue.FORMAT_VERSION);
    }
    if (!SelfChecked.holds(bytes, json.text("sha256"))) {
      throw new VaultException.Damaged(
          what + " is damaged: its checksum is wrong; put a copy of it in its place");
    }
    HostKeystore keystore =
        new HostKeystore(
            json.named("writer", WriterName::new),
            new SigningKey(json.secret("seed")),
            json.named("vault", VaultId::new),
            new VerifyKey(json.binary("root", VerifyKey.BYTES)),
            json.integer("documentGeneration", 1, VaultDocument.MAX_GENERATION),
            Digest.read(Digest.sha256().digest(bytes), 0));
    try {
      for (Json tenant : json.objects("tenants")) {
        try (TenantWriteKeys keys = writeKeys(tenant)) {
          keystore.add(keys);
        }
      }
      return keystore;
    } catch (VaultException e) {
      keystore.close();
      throw e;
    }
  }

  private static TenantWriteKeys writeKeys(Json tenant) {
    return new TenantWriteKeys(
        tenant.named("id", TenantId::new),
        tenant.named("name", TenantName::new),
        tenant.integer("generation", 1, Integer.MAX_VALUE),
        tenant.binary("public", Hpke.PUBLIC_KEY_BYTES),
        tenant.secret("chunkIdKey"),
        tenant.secret("indexKey"),
        tenant.secret("nameKey"));
  }
}
