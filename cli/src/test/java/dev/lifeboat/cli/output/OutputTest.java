package dev.lifeboat.cli.output;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OutputTest {
  @ParameterizedTest
  @CsvSource({
    "0, 0 B",
    "999, 999 B",
    "1000, 0.98 KiB",
    "1024, 1.00 KiB",
    "1546188226, 1.44 GiB",
    "10737418240, 10.0 GiB",
    "9223372036854775807, 8.00 EiB"
  })
  void bytes_anyNumber_hasThreeDigits(long bytes, String text) {
    assertThat(Units.bytes(bytes)).isEqualTo(text);
  }

  @ParameterizedTest
  @CsvSource({"PT4.25S, 4.3s", "PT90S, 1m 30s", "PT26H, 1d 02h", "PT3H5M, 3h 05m"})
  void duration_any_hasTwoUnits(Duration duration, String text) {
    assertThat(Units.duration(duration)).isEqualTo(text);
  }

  @Test
  void table_rows_areAligned() {
    Table table =
        new Table("NAME", ">SIZE", "STATE").row("ä", "10", "ok").row("long name", "9", "");

    assertThat(table.lines())
        .containsExactly("NAME       SIZE  STATE", "ä            10  ok", "long name     9");
  }

  @Test
  void json_instantsAndAbsence_areStandard() {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("time", Instant.parse("2026-11-21T01:30:00Z"));
    fields.put("age", Duration.ofHours(26));
    fields.put("none", Optional.empty());

    assertThat(Json.write(fields))
        .isEqualToIgnoringWhitespace(
            "{\"time\":\"2026-11-21T01:30:00Z\",\"age\":\"PT26H\",\"none\":null}");
  }
}
