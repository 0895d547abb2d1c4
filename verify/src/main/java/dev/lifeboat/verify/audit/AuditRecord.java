package dev.lifeboat.verify.audit;

import dev.lifeboat.vault.VaultException;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import tools.jackson.core.JacksonException;
import tools.jackson.core.json.JsonWriteFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * One record. {@code docs/audit.md} has its fields.
 *
 * @param chain which it belongs to: 16 random hexadecimal digits
 * @param sequence from 1; one more than the record before it
 * @param previous SHA-256 of the line before it, without its end; absent in the first
 */
public record AuditRecord(
    String chain, long sequence, Optional<String> previous, Instant time, Entry entry) {
  static final JsonMapper MAPPER =
      // Nothing in a line that an editor shows otherwise than it is.
      JsonMapper.builder().enable(JsonWriteFeature.ESCAPE_NON_ASCII).build();

  private static final String FORMAT = "lifeboat audit";
  private static final int VERSION = 1;

  /** What a record tells of. */
  public enum Event {
    /** A command begins. */
    BEGIN,
    /** It ended. */
    END,
    /** The configuration is another than the one last seen. */
    CONFIGURATION,
    /** This chain takes the place of another of the same host. */
    ANEW;

    /** As in JSON. */
    public String id() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** Why a command is recorded. */
  public enum Concern {
    /** It reads data of customers. */
    READ,
    /** It changes something. */
    CHANGE;

    /** As in JSON. */
    public String id() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /**
   * Who did it.
   *
   * @param uid as the kernel has it; -1 where it does not tell
   * @param sudo who became this user by sudo; empty if nobody
   * @param operator as he calls himself; empty if he did not
   */
  public record Who(String user, int uid, String sudo, String host, long process, String operator) {
    /** Whether a name is any of his. */
    public boolean isCalled(String name) {
      return name.equals(user)
          || name.equals(operator)
          || name.equals(sudo)
          || name.equals(Integer.toString(uid));
    }

    /** For people. */
    @Override
    public String toString() {
      String name = operator.isEmpty() ? user : "%s (%s)".formatted(operator, user);
      return sudo.isEmpty() ? name : name + " by sudo of " + sudo;
    }
  }

  /**
   * What happened.
   *
   * @param run the same in all records of one command
   * @param command its words, without arguments
   * @param arguments as they were typed, secrets masked
   * @param datasets that are named among them
   * @param exitCode of an end
   * @param details of the event, a JSON object; empty if there are none
   */
  public record Entry(
      Event event,
      String run,
      String command,
      Concern concern,
      List<String> arguments,
      List<String> datasets,
      Who who,
      String program,
      OptionalInt exitCode,
      ObjectNode details) {
    public Entry {
      arguments = List.copyOf(arguments);
      datasets = List.copyOf(datasets);
    }

    /** The same command, and something else that happened in it. */
    public Entry then(Event next, OptionalInt code, ObjectNode what) {
      return new Entry(next, run, command, concern, arguments, datasets, who, program, code, what);
    }
  }

  /** An empty object for {@link Entry#details}. */
  public static ObjectNode details() {
    return MAPPER.createObjectNode();
  }

  /** The statement that is signed: JSON in ASCII, in one line, without markup. */
  String statement() {
    ObjectNode root = MAPPER.createObjectNode();
    root.put("format", FORMAT).put("version", VERSION).put("chain", chain);
    root.put("sequence", sequence);
    previous.ifPresent(digest -> root.put("previous", digest));
    root.put("time", time.toString()).put("event", entry.event().id()).put("run", entry.run());
    root.put("command", entry.command()).put("concern", entry.concern().id());
    ArrayNode arguments = root.putArray("arguments");
    entry.arguments().forEach(arguments::add);
    ArrayNode datasets = root.putArray("datasets");
    entry.datasets().forEach(datasets::add);
    Who who = entry.who();
    ObjectNode by = root.putObject("who").put("user", who.user()).put("uid", who.uid());
    if (!who.sudo().isEmpty()) {
      by.put("sudo", who.sudo());
    }
    by.put("host", who.host()).put("process", who.process());
    if (!who.operator().isEmpty()) {
      by.put("operator", who.operator());
    }
    root.put("program", entry.program());
    entry.exitCode().ifPresent(code -> root.put("exitCode", code));
    if (!entry.details().isEmpty()) {
      root.set("details", entry.details());
    }
    return MAPPER
        .writeValueAsString(root)
        .replace("<", "\\u003c")
        .replace(">", "\\u003e")
        .replace("&", "\\u0026");
  }

  /**
   * Reads a statement.
   *
   * @throws VaultException.Damaged if it is none
   */
  static AuditRecord of(String statement) {
    try {
      JsonNode root = MAPPER.readTree(statement);
      if (!root.path("format").asString("").equals(FORMAT)) {
        throw new VaultException.Damaged("this is no record of an audit trail");
      }
      if (root.path("version").asInt(0) != VERSION) {
        throw new VaultException.UnsupportedFormat(
            "a record of an audit trail", root.path("version").asInt(0), VERSION);
      }
      JsonNode who = root.path("who");
      JsonNode code = root.path("exitCode");
      return new AuditRecord(
          root.path("chain").asString(""),
          root.path("sequence").asLong(0),
          Optional.ofNullable(root.path("previous").asString(null)),
          Instant.parse(root.path("time").asString("")),
          new Entry(
              Event.valueOf(root.path("event").asString("").toUpperCase(Locale.ROOT)),
              root.path("run").asString(""),
              root.path("command").asString(""),
              Concern.valueOf(root.path("concern").asString("").toUpperCase(Locale.ROOT)),
              texts(root.path("arguments")),
              texts(root.path("datasets")),
              new Who(
                  who.path("user").asString(""),
                  who.path("uid").asInt(-1),
                  who.path("sudo").asString(""),
                  who.path("host").asString(""),
                  who.path("process").asLong(0),
                  who.path("operator").asString("")),
              root.path("program").asString(""),
              code.isInt() ? OptionalInt.of(code.asInt()) : OptionalInt.empty(),
              root.path("details") instanceof ObjectNode details ? details : details()));
    } catch (JacksonException | IllegalArgumentException | DateTimeException e) {
      throw new VaultException.Damaged("this is no record of an audit trail: " + e.getMessage());
    }
  }

  private static List<String> texts(JsonNode array) {
    List<String> texts = new ArrayList<>();
    array.forEach(text -> texts.add(text.asString("")));
    return texts;
  }
}
