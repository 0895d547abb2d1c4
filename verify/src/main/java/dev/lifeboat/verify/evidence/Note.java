package dev.lifeboat.verify.evidence;

import java.time.LocalDate;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What somebody had to say of a piece of evidence: a finding, a manual step, that a finding is
 * mended.
 *
 * @param on id of the evidence that it is about, or of the note that it closes
 * @param owner who is to see to it; empty for a mere remark
 * @param due until when
 * @param closes whether this ends the note that it is about
 * @param retest id of the drill that showed it mended
 * @param by who says so
 */
public record Note(
    String on,
    String text,
    String owner,
    Optional<LocalDate> due,
    boolean closes,
    Optional<String> retest,
    String by) {
  public Note {
    if (text.isBlank() || on.isBlank()) {
      throw new IllegalArgumentException("a note says something about a piece of evidence");
    }
    if (due.isPresent() && owner.isBlank()) {
      throw new IllegalArgumentException("what is due has an owner");
    }
  }

  /** Whether it is to be followed until it is closed. */
  public boolean isFollowed() {
    return !closes && !owner.isBlank();
  }

  JsonNode body() {
    ObjectNode body = Evidence.MAPPER.createObjectNode();
    body.put("on", on).put("text", text).put("owner", owner);
    due.ifPresent(date -> body.put("due", date.toString()));
    body.put("closes", closes);
    retest.ifPresent(id -> body.put("retest", id));
    body.put("by", by);
    return body;
  }

  static Note of(JsonNode body) {
    return new Note(
        body.path("on").asString(""),
        body.path("text").asString(""),
        body.path("owner").asString(""),
        Optional.ofNullable(body.path("due").asString(null)).map(LocalDate::parse),
        body.path("closes").asBoolean(false),
        Optional.ofNullable(body.path("retest").asString(null)),
        body.path("by").asString(""));
  }
}
