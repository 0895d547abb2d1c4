package dev.lifeboat.schedules.run;

import com.fasterxml.jackson.annotation.JsonAutoDetect.Visibility;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.cfg.DateTimeFeature;
import tools.jackson.databind.json.JsonMapper;

/** Runs as text. */
final class RunJson {
  private static final JsonMapper MAPPER =
      JsonMapper.builder()
          .enable(SerializationFeature.INDENT_OUTPUT)
          .disable(DateTimeFeature.WRITE_DATES_AS_TIMESTAMPS)
          .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .changeDefaultVisibility(visible -> visible.withIsGetterVisibility(Visibility.NONE))
          .build();

  private RunJson() {}

  static String write(Run run) {
    return MAPPER.writeValueAsString(run);
  }

  /**
   * Reads what {@link #write} wrote.
   *
   * @throws tools.jackson.core.JacksonException if it is no run
   */
  static Run read(String json) {
    return MAPPER.readValue(json, Run.class);
  }
}
