package dev.lifeboat.cli.config;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The JSON schema (draft 2020-12) of the configuration, made from the records. */
public final class ConfigSchema {
  private ConfigSchema() {}

  /** As maps and lists, in the order of the file. */
  public static Map<String, Object> schema() {
    Map<String, Object> schema = new LinkedHashMap<>();
    schema.put("$schema", "https://json-schema.org/draft/2020-12/schema");
    schema.put("title", "Configuration of Lifeboat");
    schema.putAll(object(Configuration.class));
    return schema;
  }

  private static Map<String, Object> object(Class<?> type) {
    Shape shape = Shape.of(type);
    Map<String, Object> properties = new LinkedHashMap<>();
    List<String> required = new ArrayList<>();
    List<Map<String, Object>> alternatives = new ArrayList<>();
    for (Shape.Key key : shape.keys()) {
      properties.put(key.name(), property(key));
      if (key.required() || key.doc().notEmpty()) {
        required.add(key.name());
      }
      if (!key.doc().choice().isEmpty()) {
        alternatives.add(Map.of("required", List.of(key.name())));
      }
    }
    Map<String, Object> schema = new LinkedHashMap<>();
    schema.put("type", "object");
    schema.put("additionalProperties", false);
    schema.put("properties", properties);
    if (!required.isEmpty()) {
      schema.put("required", required);
    }
    if (!alternatives.isEmpty()) {
      schema.put("oneOf", alternatives);
    }
    return schema;
  }

  private static Map<String, Object> property(Shape.Key key) {
    Map<String, Object> schema = new LinkedHashMap<>();
    schema.put("description", key.doc().value());
    switch (key.form()) {
      case SINGLE -> schema.putAll(value(key));
      case LIST -> {
        schema.put("type", "array");
        if (key.doc().notEmpty()) {
          schema.put("minItems", 1);
        }
        schema.put("items", value(key));
      }
      case MAP -> {
        schema.put("type", "object");
        schema.put("additionalProperties", value(key));
      }
    }
    String fallback = key.doc().fallback();
    if (!fallback.isEmpty()) {
      schema.put("default", typed(fallback, schema));
    }
    return schema;
  }

  private static Object typed(String fallback, Map<String, Object> schema) {
    return switch (String.valueOf(schema.get("type"))) {
      case "integer" -> Integer.valueOf(fallback);
      case "number" -> Double.valueOf(fallback);
      case "boolean" -> Boolean.valueOf(fallback);
      case "object" -> Map.of();
      default -> fallback;
    };
  }

  private static Map<String, Object> value(Shape.Key key) {
    Scalars.Type<?> scalar = Scalars.of(key.value());
    if (scalar == null) {
      return object(key.value());
    }
    Map<String, Object> schema = new LinkedHashMap<>();
    // A size may be written as a bare number.
    schema.put(
        "type", key.value() == ByteSize.class ? List.of("string", "integer") : scalar.jsonType());
    if (!scalar.pattern().isEmpty()) {
      schema.put("pattern", scalar.pattern());
    }
    if (key.value().isEnum()) {
      schema.put("enum", Arrays.stream(key.value().getEnumConstants()).map(Scalars::show).toList());
    }
    if (scalar.jsonType().equals("integer") || scalar.jsonType().equals("number")) {
      schema.put("minimum", key.doc().atLeast());
    }
    return schema;
  }
}
