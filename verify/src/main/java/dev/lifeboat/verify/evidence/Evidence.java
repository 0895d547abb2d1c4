package dev.lifeboat.verify.evidence;

import dev.lifeboat.vault.VaultException;
import dev.lifeboat.verify.drill.DrillReport;
import dev.lifeboat.verify.drill.DrillReportJson;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Locale;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.core.json.JsonWriteFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.cfg.DateTimeFeature;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * What a piece of evidence says.
 *
 * @param id its name in the vault, without the prefix
 * @param vault id of the vault
 * @param created by the clock of the host that made it
 * @param sequence from 1; one more than the piece before it
 * @param previous the piece before it; absent for the first
 * @param program that made it, and its version
 * @param body of a drill its report, of a pack or a note its fields
 */
public record Evidence(
    String id,
    Kind kind,
    String vault,
    Instant created,
    long sequence,
    Optional<Link> previous,
    String program,
    JsonNode body) {
  static final JsonMapper MAPPER =
      JsonMapper.builder()
          .enable(SerializationFeature.INDENT_OUTPUT)
          // Nothing in the file that an editor shows otherwise than it is.
          .enable(JsonWriteFeature.ESCAPE_NON_ASCII)
          .disable(DateTimeFeature.WRITE_DATES_AS_TIMESTAMPS)
          .disable(DateTimeFeature.WRITE_DURATIONS_AS_TIMESTAMPS)
          .build();

  private static final String FORMAT = "lifeboat evidence";
  private static final int VERSION = 1;

  /** What it is about. */
  public enum Kind {
    /** One drill. */
    DRILL,
    /** Everything of a period. */
    PACK,
    /** What somebody had to say. */
    NOTE;

    /** As in JSON. */
    public String id() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /**
   * Another piece of evidence.
   *
   * @param sha256 of its statement, in hexadecimal
   */
  public record Link(String id, String sha256) {}

  /** A statement, in characters that may stand in a page. */
  String statement() {
    ObjectNode root = MAPPER.createObjectNode();
    root.put("format", FORMAT).put("version", VERSION).put("kind", kind.id()).put("id", id);
    root.put("vault", vault).put("created", created.toString()).put("sequence", sequence);
    if (previous.isPresent()) {
      root.putObject("previous")
          .put("id", previous.get().id())
          .put("sha256", previous.get().sha256());
    }
    root.put("program", program);
    root.set(kind.id(), body);
    // These stand in JSON only inside texts, where each may be written so.
    return MAPPER
        .writeValueAsString(root)
        .replace("<", "\\u003c")
        .replace(">", "\\u003e")
        .replace("&", "\\u0026");
  }

  /**
   * Reads what a verified file says.
   *
   * @throws VaultException.Damaged if it says nothing that this program understands
   */
  public static Evidence of(EvidenceFile file) {
    try {
      JsonNode root = MAPPER.readTree(file.statement());
      String id = root.path("id").asString("");
      if (!root.path("format").asString("").equals(FORMAT)) {
        throw new VaultException.Damaged("this is signed, but no evidence");
      }
      if (root.path("version").asInt(0) != VERSION) {
        throw new VaultException.UnsupportedFormat(
            "evidence " + id, root.path("version").asInt(0), VERSION);
      }
      Kind kind = Kind.valueOf(root.path("kind").asString("").toUpperCase(Locale.ROOT));
      JsonNode previous = root.path("previous");
      return new Evidence(
          id,
          kind,
          root.path("vault").asString(""),
          Instant.parse(root.path("created").asString("")),
          root.path("sequence").asLong(0),
          previous.isObject()
              ? Optional.of(
                  new Link(previous.path("id").asString(""), previous.path("sha256").asString("")))
              : Optional.empty(),
          root.path("program").asString(""),
          root.path(kind.id()));
    } catch (JacksonException | IllegalArgumentException | DateTimeException e) {
      throw new VaultException.Damaged("this is signed, but no evidence: " + e.getMessage());
    }
  }

  /** The report, if this is of a drill. */
  public Optional<DrillReport> drill() {
    return kind == Kind.DRILL
        ? Optional.of(DrillReportJson.read(MAPPER.writeValueAsString(body)))
        : Optional.empty();
  }

  /** The note, if this is one. */
  public Optional<Note> note() {
    return kind == Kind.NOTE ? Optional.of(Note.of(body)) : Optional.empty();
  }
}
