package dev.lifeboat.vault.seal;

import dev.lifeboat.vault.VaultException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.text.Normalizer;
import java.util.Arrays;
import org.bouncycastle.crypto.generators.Argon2BytesGenerator;
import org.bouncycastle.crypto.params.Argon2Parameters;

/** The recovery kit in a file, under a passphrase stretched by Argon2id (RFC 9106). */
public final class KitFile {
  /** RFC 9106's second recommended option: 64 MiB, three passes, four lanes. */
  public static final Cost RECOMMENDED = new Cost(64 * 1024, 3, 4);

  private static final String FORMAT = "lifeboat recovery kit";
  private static final String LABEL = "lifeboat v1 kit file";
  private static final int SALT_BYTES = 16;
  private static final int MIN_PASSPHRASE_CHARACTERS = 8;
  private static final int MAX_FILE_BYTES = 64 * 1024;

  private KitFile() {}

  /**
   * What a guess costs.
   *
   * @param memoryKib at least 8 for each lane, at most 1 GiB
   * @param passes over that memory, 1 to 64; together at most 8 GiB
   * @param lanes 1 to 64
   */
  public record Cost(int memoryKib, int passes, int lanes) {
    public Cost {
      if (lanes < 1
          || lanes > 64
          || memoryKib < 8 * lanes
          || memoryKib > 1024 * 1024
          || passes < 1
          || passes > 64
          || (long) memoryKib * passes > 8L * 1024 * 1024) {
        throw new IllegalArgumentException(
            "Argon2id with %d KiB, %d passes, %d lanes is outside what is sensible"
                .formatted(memoryKib, passes, lanes));
      }
    }
  }

  /**
   * Writes a kit into a new file, mode 0600, complete and on disk when this returns.
   *
   * @param passphrase at least 8 characters; the caller wipes it
   * @throws IllegalArgumentException if the passphrase is shorter
   * @throws VaultException.Conflict if there is a file: a kit is never overwritten
   */
  public static void write(
      Path file, RecoveryKit kit, char[] passphrase, Cost cost, SecureRandom random)
      throws IOException {
    if (passphrase.length < MIN_PASSPHRASE_CHARACTERS) {
      throw new IllegalArgumentException(
          "a passphrase has at least %d characters, better several words"
              .formatted(MIN_PASSPHRASE_CHARACTERS));
    }
    byte[] salt = new byte[SALT_BYTES];
    random.nextBytes(salt);
    byte[] key = stretch(passphrase, salt, cost);
    byte[] sealed;
    try {
      sealed =
          OneTimeGcm.seal(key, aad(kit.vault(), cost, salt), kit.exposeSecret().exposeSecret());
    } finally {
      Arrays.fill(key, (byte) 0);
    }
    byte[] text =
        Json.pretty(json -> {
          json.writeStringProperty("format", FORMAT);
          json.writeNumberProperty("version", Prologue.FORMAT_VERSION);
          json.writeStringProperty("vault", kit.vault().hex());
          json.writeObjectPropertyStart("argon2id");
          json.writeNumberProperty("memoryKib", cost.memoryKib());
          json.writeNumberProperty("passes", cost.passes());
          json.writeNumberProperty("lanes", cost.lanes());
          json.writeStringProperty("salt", Json.base64(salt));
          json.writeEndObject();
          json.writeStringProperty("sealed", Json.base64(sealed));
          json.writeStringProperty("sha256", SelfChecked.ZEROS);
        });
    try {
      PrivateFiles.create(file, SelfChecked.complete(text));
    } catch (FileAlreadyExistsException e) {
      throw new VaultException.Conflict(
          "%s exists already: a recovery kit is never overwritten; choose another name, or move it away"
              .formatted(file));
    }
  }

  /** At {@link #RECOMMENDED} cost. */
  public static void write(Path file, RecoveryKit kit, char[] passphrase, SecureRandom random)
      throws IOException {
    write(file, kit, passphrase, RECOMMENDED, random);
  }

  /**
   * Opens the kit. The caller closes it, and wipes the passphrase.
   *
   * @throws VaultException.KeyUnavailable if the file is missing or the passphrase is wrong
   * @throws VaultException.UnsupportedFormat if a newer program wrote it
   * @throws VaultException.Damaged if it is no kit file
   */
  public static RecoveryKit read(Path file, char[] passphrase) throws IOException {
    String what = "recovery kit file " + file;
    byte[] bytes = readFile(file, what);
    Json json = parse(bytes, what);
    VaultId vault = json.named("vault", VaultId::new);
    Json stretching = json.object("argon2id");
    Cost cost = cost(stretching, what);
    byte[] salt = stretching.binary("salt", SALT_BYTES);
    byte[] sealed = json.binary("sealed", SecretBytes.BYTES + 16);
    byte[] key = stretch(passphrase, salt, cost);
    try {
      byte[] secret =
          OneTimeGcm.open(key, aad(vault, cost, salt), sealed)
              .orElseThrow(() -> doesNotOpen(bytes, json, what));
      try {
        return RecoveryKit.fromSecret(vault, SecretBytes.copyOf(secret));
      } finally {
        Arrays.fill(secret, (byte) 0);
      }
    } finally {
      Arrays.fill(key, (byte) 0);
    }
  }

  /**
   * Checks that the file is whole, without a passphrase.
   *
   * @return the vault that it opens
   * @throws VaultException.KeyUnavailable if it is missing
   * @throws VaultException.UnsupportedFormat if a newer program wrote it
   * @throws VaultException.Damaged if a byte of it is wrong
   */
  public static VaultId check(Path file) throws IOException {
    String what = "recovery kit file " + file;
    byte[] bytes = readFile(file, what);
    Json json = parse(bytes, what);
    if (!SelfChecked.holds(bytes, json.text("sha256"))) {
      throw damaged(what);
    }
    return json.named("vault", VaultId::new);
  }

  private static byte[] readFile(Path file, String what) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      byte[] bytes = in.readNBytes(MAX_FILE_BYTES + 1);
      if (bytes.length > MAX_FILE_BYTES) {
        throw new VaultException.Damaged(what + " is far too long to be one");
      }
      return bytes;
    } catch (NoSuchFileException e) {
      throw new VaultException.KeyUnavailable(what + " does not exist", e);
    }
  }

  private static Json parse(byte[] bytes, String what) {
    Json json = Json.parse(bytes, what);
    if (!json.text("format").equals(FORMAT)) {
      throw new VaultException.Damaged(
          "%s is none: its 'format' is not '%s'".formatted(what, FORMAT));
    }
    int version = json.integer("version", 0, Integer.MAX_VALUE);
    if (version != Prologue.FORMAT_VERSION) {
      throw new VaultException.UnsupportedFormat(what, version, Prologue.FORMAT_VERSION);
    }
    return json;
  }

  /** Before any memory is taken: the file may have been made to exhaust it. */
  private static Cost cost(Json json, String what) {
    Cost cost;
    try {
      cost =
          new Cost(
              json.integer("memoryKib", 0, Integer.MAX_VALUE),
              json.integer("passes", 0, Integer.MAX_VALUE),
              json.integer("lanes", 0, Integer.MAX_VALUE));
    } catch (IllegalArgumentException e) {
      throw new VaultException.Damaged("%s: %s".formatted(what, e.getMessage()), e);
    }
    long needed = cost.memoryKib() * 1024L;
    if (needed > Runtime.getRuntime().maxMemory() / 10 * 9) {
      throw new VaultException.KeyUnavailable(
          "%s takes %d MiB of memory to open, more than this program may use; start it with -Xmx%dm"
              .formatted(what, needed >> 20, (needed >> 20) + 256));
    }
    return cost;
  }

  private static VaultException doesNotOpen(byte[] bytes, Json json, String what) {
    return SelfChecked.holds(bytes, json.text("sha256"))
        ? new VaultException.KeyUnavailable("wrong passphrase for " + what)
        : damaged(what);
  }

  private static VaultException damaged(String what) {
    return new VaultException.Damaged(
        what + " is damaged: its checksum is wrong; use another copy, or the kit's shares");
  }

  private static byte[] aad(VaultId vault, Cost cost, byte[] salt) {
    byte[] label = LABEL.getBytes(StandardCharsets.UTF_8);
    return ByteBuffer.allocate(label.length + 1 + VaultId.BYTES + 12 + salt.length)
        .put(label)
        .put((byte) 0)
        .put(vault.toBytes())
        .putInt(cost.memoryKib())
        .putInt(cost.passes())
        .putInt(cost.lanes())
        .put(salt)
        .array();
  }

  private static byte[] stretch(char[] passphrase, byte[] salt, Cost cost) {
    byte[] password = utf8(passphrase);
    try {
      Argon2BytesGenerator argon2 = new Argon2BytesGenerator();
      argon2.init(
          new Argon2Parameters.Builder(Argon2Parameters.ARGON2_id)
              .withVersion(Argon2Parameters.ARGON2_VERSION_13)
              .withMemoryAsKB(cost.memoryKib())
              .withIterations(cost.passes())
              .withParallelism(cost.lanes())
              .withSalt(salt)
              .build());
      byte[] key = new byte[32];
      argon2.generateBytes(password, key);
      return key;
    } finally {
      Arrays.fill(password, (byte) 0);
    }
  }

  /** In Unicode's form NFC, because keyboards differ in how they compose an accent. */
  private static byte[] utf8(char[] passphrase) {
    CharBuffer characters = CharBuffer.wrap(passphrase);
    if (!Normalizer.isNormalized(characters, Normalizer.Form.NFC)) {
      characters = CharBuffer.wrap(Normalizer.normalize(characters, Normalizer.Form.NFC));
    }
    ByteBuffer encoded = ByteBuffer.allocate(3 * characters.remaining());
    CoderResult result = StandardCharsets.UTF_8.newEncoder().encode(characters, encoded, true);
    if (result.isError()) {
      throw new IllegalArgumentException("the passphrase has half a character in it");
    }
    byte[] bytes = Arrays.copyOf(encoded.array(), encoded.position());
    Arrays.fill(encoded.array(), (byte) 0);
    return bytes;
  }
}
