package dev.lifeboat.jobs.report;

import tools.jackson.core.JacksonException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.cfg.DateTimeFeature;
import tools.jackson.databind.json.JsonMapper;

/**
 * A report as JSON. The fields are the components of {@link NightReport}; instants are ISO 8601 in
 * UTC, durations ISO 8601 ({@code PT1M3.5S}), what is absent is {@code null}.
 */
public final class NightReportJson {
  private static final JsonMapper MAPPER =
      JsonMapper.builder()
          .enable(SerializationFeature.INDENT_OUTPUT)
          .disable(DateTimeFeature.WRITE_DATES_AS_TIMESTAMPS)
          .disable(DateTimeFeature.WRITE_DURATIONS_AS_TIMESTAMPS)
          .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .build();

  private NightReportJson() {}

  public static String write(NightReport report) {
    return MAPPER.writeValueAsString(report) + "\n";
  }

  /**
   * Reads what {@link #write} wrote.
   *
   * @throws IllegalArgumentException if it is no report
   */
  public static NightReport read(String json) {
    return read(json, NightReport.class);
  }

  /** One dataset, as the run history keeps it. */
  public static String writeDataset(NightReport.Dataset dataset) {
    return MAPPER.writeValueAsString(dataset);
  }

  /** Reads what {@link #writeDataset} wrote. */
  public static NightReport.Dataset readDataset(String json) {
    return read(json, NightReport.Dataset.class);
  }

  private static <T> T read(String json, Class<T> type) {
    try {
      return MAPPER.readValue(json, type);
    } catch (JacksonException e) {
      throw new IllegalArgumentException("not a report: " + e.getOriginalMessage(), e);
    }
  }
}
