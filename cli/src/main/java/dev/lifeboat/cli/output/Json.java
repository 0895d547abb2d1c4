package dev.lifeboat.cli.output;

import tools.jackson.databind.ObjectWriter;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/** JSON for machines: indented, instants and durations as ISO 8601, absent values as null. */
public final class Json {
  private static final ObjectWriter WRITER =
      JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build().writer();

  private Json() {}

  /** Maps, lists, records, instants and the like. */
  public static String write(Object value) {
    return WRITER.writeValueAsString(value);
  }
}
