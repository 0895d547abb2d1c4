package dev.lifeboat.schedules.alert.channel;

import java.nio.charset.StandardCharsets;
import java.util.Map;
import tools.jackson.databind.json.JsonMapper;

/** JSON as it goes over the wire. */
final class Payload {
  static final Map<String, String> JSON_TYPE = Map.of("Content-Type", "application/json");

  private static final JsonMapper JSON = JsonMapper.shared();

  private Payload() {}

  /** Fields in their order, without white space, UTF-8. */
  static byte[] json(Object value) {
    return JSON.writeValueAsString(value).getBytes(StandardCharsets.UTF_8);
  }
}
