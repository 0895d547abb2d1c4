package dev.lifeboat.verify.evidence;

import dev.lifeboat.vault.Digest;
import dev.lifeboat.vault.VaultException;
import dev.lifeboat.vault.seal.SigningKey;
import dev.lifeboat.vault.seal.VerifyKey;
import dev.lifeboat.vault.seal.WriterName;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.HexFormat;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * A signed piece of evidence: JSON that says it, a page for people, and one signature over both.
 * {@code docs/format.md} has the layout. The page has the JSON in it, so that either file can be
 * verified alone; in the page every byte is covered.
 */
public final class EvidenceFile {
  private static final String LABEL = "lifeboat v1 evidence";
  private static final String HEAD = "{\"evidence\":";
  private static final String SIGNATURE = ",\"signature\":";
  private static final String SCRIPT = "<script type=\"application/json\" id=\"evidence\">";
  private static final String SCRIPT_END = "</script>";
  private static final JsonMapper MAPPER = JsonMapper.shared();

  private final String statement;
  private final WriterName writer;
  private final VerifyKey key;
  private final byte[] pageHash;
  private final byte[] signature;
  private final String before;
  private final String after;

  /** A page around the place where the JSON goes. */
  public record Page(String before, String after) {
    public Page {
      if (before.contains(SCRIPT) || !before.startsWith("<!DOCTYPE html>")) {
        throw new IllegalArgumentException("no page around evidence");
      }
    }
  }

  private EvidenceFile(
      String statement,
      WriterName writer,
      VerifyKey key,
      byte[] pageHash,
      byte[] signature,
      String before,
      String after) {
    this.statement = statement;
    this.writer = writer;
    this.key = key;
    this.pageHash = pageHash;
    this.signature = signature;
    this.before = before;
    this.after = after;
  }

  /**
   * Signs.
   *
   * @param statement a JSON object without {@code <}
   * @param key not taken over
   */
  static EvidenceFile sign(String statement, Page page, WriterName writer, SigningKey key) {
    return sign(statement, page.before(), page.after(), writer, key);
  }

  private static EvidenceFile sign(
      String statement, String before, String after, WriterName writer, SigningKey key) {
    if (statement.indexOf('<') >= 0 || !statement.startsWith("{")) {
      throw new IllegalArgumentException("no statement that a page can hold");
    }
    byte[] hash = pageHash(before, after);
    byte[] signature = key.sign(LABEL, message(statement, writer, hash, key.verifyKey()));
    return new EvidenceFile(statement, writer, key.verifyKey(), hash, signature, before, after);
  }

  /**
   * Signs what has no page: its JSON is all there is.
   *
   * @param statement a JSON object without {@code <}, of a format of its own
   * @param key not taken over
   */
  public static EvidenceFile signWithoutPage(String statement, WriterName writer, SigningKey key) {
    return sign(statement, "", "", writer, key);
  }

  /**
   * Reads a JSON file or a page, and verifies that it is whole: by the key that it names itself,
   * which proves nothing of who that is.
   *
   * @param what names it in messages
   * @throws VaultException.Damaged if it is neither
   * @throws VaultException.Untrusted if its signature does not fit it
   */
  public static EvidenceFile read(String what, byte[] file) {
    String text = new String(file, StandardCharsets.UTF_8);
    if (text.startsWith(HEAD)) {
      return json(what, text, "", "");
    }
    int script = text.indexOf(SCRIPT);
    int begin = script + SCRIPT.length();
    int end = script < 0 ? -1 : text.indexOf(SCRIPT_END, begin);
    if (!text.startsWith("<!DOCTYPE html>") || end < 0) {
      throw new VaultException.Damaged(what + " is no evidence: neither its JSON nor its page");
    }
    String before = text.substring(0, script);
    String after = text.substring(end + SCRIPT_END.length());
    EvidenceFile found = json(what, text.substring(begin, end), before, after);
    if (!MessageDigest.isEqual(found.pageHash, pageHash(before, after))
        || !found.html().equals(text)) {
      throw new VaultException.Untrusted(
          what + " was changed: the page is not the one that was signed");
    }
    return found;
  }

  private static EvidenceFile json(String what, String text, String before, String after) {
    int at = text.lastIndexOf(SIGNATURE);
    if (!text.startsWith(HEAD) || at < HEAD.length()) {
      throw new VaultException.Damaged(what + " has no signature");
    }
    EvidenceFile found;
    try {
      JsonNode block = MAPPER.readTree(text).path("signature");
      found =
          new EvidenceFile(
              text.substring(HEAD.length(), at),
              new WriterName(block.path("writer").asString("")),
              new VerifyKey(Base64.getUrlDecoder().decode(block.path("key").asString(""))),
              HexFormat.of().parseHex(block.path("page").asString("")),
              Base64.getUrlDecoder().decode(block.path("value").asString("")),
              before,
              after);
    } catch (JacksonException | IllegalArgumentException e) {
      throw new VaultException.Damaged(what + " is no evidence: its JSON is broken");
    }
    if (!found.json().strip().equals(text.strip())) {
      throw new VaultException.Damaged(what + " is not as evidence is written");
    }
    byte[] message = message(found.statement, found.writer, found.pageHash, found.key);
    if (!found.key.verifies(LABEL, message, found.signature)) {
      throw new VaultException.Untrusted(
          what + " was changed: its signature does not fit what it says");
    }
    return found;
  }

  private static byte[] message(
      String statement, WriterName writer, byte[] pageHash, VerifyKey key) {
    ByteArrayOutputStream message = new ByteArrayOutputStream();
    message.writeBytes(statement.getBytes(StandardCharsets.UTF_8));
    message.write(0);
    message.writeBytes(writer.value().getBytes(StandardCharsets.UTF_8));
    message.write(0);
    message.writeBytes(pageHash);
    message.writeBytes(key.toBytes());
    return message.toByteArray();
  }

  private static byte[] pageHash(String before, String after) {
    MessageDigest sha256 = Digest.sha256();
    sha256.update(before.getBytes(StandardCharsets.UTF_8));
    sha256.update((byte) 0);
    return sha256.digest(after.getBytes(StandardCharsets.UTF_8));
  }

  /** What is said, a JSON object. */
  public String statement() {
    return statement;
  }

  /** SHA-256 of {@link #statement}: what the next piece of evidence names. */
  public Digest digest() {
    return Digest.of(statement.getBytes(StandardCharsets.UTF_8));
  }

  /** Who says so, as he calls himself: whether it is true, {@link #key} tells. */
  public WriterName writer() {
    return writer;
  }

  public VerifyKey key() {
    return key;
  }

  /** The JSON file. */
  public String json() {
    return HEAD
        + statement
        + SIGNATURE
        + "{\"writer\":\"%s\",\"key\":\"%s\",\"page\":\"%s\",\"value\":\"%s\"}}\n"
            .formatted(
                writer,
                Base64.getUrlEncoder().withoutPadding().encodeToString(key.toBytes()),
                HexFormat.of().formatHex(pageHash),
                Base64.getUrlEncoder().withoutPadding().encodeToString(signature));
  }

  /** Whether the page is at hand; a JSON file has none. */
  public boolean hasPage() {
    return !before.isEmpty();
  }

  /** The page, with the JSON in it. */
  public String html() {
    if (!hasPage()) {
      throw new IllegalStateException("only the JSON is at hand");
    }
    return before + SCRIPT + json() + SCRIPT_END + after;
  }
}
