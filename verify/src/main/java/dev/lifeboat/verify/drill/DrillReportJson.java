package dev.lifeboat.verify.drill;

import tools.jackson.core.JacksonException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.cfg.DateTimeFeature;
import tools.jackson.databind.json.JsonMapper;

/**
 * A report as JSON. The fields are the components of {@link DrillReport}; instants are ISO 8601 in
 * UTC, durations ISO 8601 ({@code PT1M3.5S}), what is absent is {@code null}.
 */
public final class DrillReportJson {
  private static final JsonMapper MAPPER =
      JsonMapper.builder()
          .enable(SerializationFeature.INDENT_OUTPUT)
          .disable(DateTimeFeature.WRITE_DATES_AS_TIMESTAMPS)
          .disable(DateTimeFeature.WRITE_DURATIONS_AS_TIMESTAMPS)
          .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .build();

  private DrillReportJson() {}

  public static String write(DrillReport report) {
    return MAPPER.writeValueAsString(report) + "\n";
  }

  /**
   * Reads what {@link #write} wrote.
   *
   * @throws IllegalArgumentException if it is no report
   */
  public static DrillReport read(String json) {
    try {
      return MAPPER.readValue(json, DrillReport.class);
    } catch (JacksonException e) {
      throw new IllegalArgumentException("not a report of a drill: " + e.getOriginalMessage(), e);
    }
  }
}
