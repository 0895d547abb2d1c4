package dev.lifeboat.jobs.report;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lifeboat.jobs.report.NightReport.Counts;
import dev.lifeboat.jobs.report.NightReport.Dataset;
import dev.lifeboat.jobs.report.NightReport.State;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** Reports as they must look: a change of these files is a change for whoever reads reports. */
final class NightReportRenderingTest {
  private static NightReport badNight() {
    List<Dataset> datasets =
        List.of(
            new Dataset(
                "acme",
                "uploads",
                "directory",
                State.PARTIAL,
                Optional.of("00000000000000a1"),
                Optional.of(Instant.parse("2026-11-21T01:30:02Z")),
                new Counts(
                    12_000, 310, 4, 25, 3, 11_972, 8_000_000_000L, 52_428_800, 10_485_760, 22),
                Optional.of(5.0),
                Duration.ofSeconds(75),
                List.of("cellar"),
                false,
                new TreeMap<>(Map.of("loft", "mount is gone")),
                12_003,
                2,
                List.of("tmp/a\u001b[2J.txt: unreadable: Permission denied"),
                Optional.empty()),
            Dataset.without(
                "acme",
                "crm",
                "postgres",
                State.UNREACHABLE,
                Duration.ofMillis(5_400),
                "db1:5432 refused the connection"),
            new Dataset(
                "other",
                "sources",
                "git",
                State.COMPLETE,
                Optional.of("00000000000000a2"),
                Optional.of(Instant.parse("2026-11-21T01:30:03Z")),
                new Counts(7, 2, 0, 0, 0, 7, 4_096, 0, 0, 0),
                Optional.empty(),
                Duration.ofMillis(312),
                List.of("cellar", "loft"),
                true,
                new TreeMap<>(Map.of()),
                41,
                0,
                List.of(),
                Optional.empty()));
    return new NightReport(
        NightReport.VERSION,
        "20261121T013000000Z",
        "nightly",
        NightOutcome.UNREACHABLE,
        Instant.parse("2026-11-21T01:30:00Z"),
        Instant.parse("2026-11-21T03:41:05Z"),
        Duration.ofMinutes(95),
        2,
        datasets,
        List.of(
            new NightReport.RegionState(
                "cellar",
                true,
                Optional.empty(),
                0,
                Duration.ZERO,
                1_204,
                3_221_225_472L,
                0,
                Optional.of("compliance, 30 days"),
                List.of(
                    new NightReport.Copy(
                        "acme/crm",
                        Optional.of(Instant.parse("2026-11-19T01:30:00Z")),
                        Optional.of(Duration.ofHours(50)),
                        true,
                        2,
                        5_242_880))),
            new NightReport.RegionState(
                "loft",
                false,
                Optional.of("mount is gone"),
                0,
                Duration.ZERO,
                0,
                0,
                0,
                Optional.empty(),
                List.of())),
        NightReport.Totals.of(datasets),
        Optional.of(
            new NightReport.Replication(
                3, 2_048, 1, new TreeMap<>(Map.of("loft", "mount is gone")))),
        Optional.of(
            new NightReport.Verification(
                true,
                new TreeMap<>(Map.of("objects", 1_204L, "bytes hashed", 104_857_600L)),
                List.of("packs/ab/ab01 is missing in cellar; run: lifeboat verify --heal"),
                List.of("loft"))),
        Optional.of(new NightReport.Retention(31, 2, new TreeMap<>(Map.of()))),
        Optional.of(
            new NightReport.Reclamation(
                4,
                1,
                33_554_432,
                List.of("4 objects wait for their grace"),
                new TreeMap<>(Map.of()))),
        List.of(
            new NightReport.Unprotected(
                "acme/crm", "no snapshot tonight; it has no complete snapshot"),
            new NightReport.Unprotected("loft", "cannot be reached: mount is gone")),
        List.of(new NightReport.PartError("report", "disk is nearly full")),
        new TreeMap<>(Map.of("backup", Duration.ofMinutes(61))));
  }

  private static String golden(String name) throws IOException {
    try (InputStream in = NightReportRenderingTest.class.getResourceAsStream(name)) {
      assertThat(in).as(name).isNotNull();
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  @Test
  void text_badNight_isAsDocumented() throws IOException {
    assertThat(NightReportText.render(badNight(), false)).isEqualTo(golden("bad-night.txt"));
  }

  @Test
  void json_badNight_isAsDocumented() throws IOException {
    assertThat(NightReportJson.write(badNight())).isEqualTo(golden("bad-night.json"));
  }

  @Test
  void json_writtenAndRead_isTheSame() {
    assertThat(NightReportJson.read(NightReportJson.write(badNight()))).isEqualTo(badNight());
  }

  @Test
  void text_coloured_differsOnlyInOurColours() {
    String coloured = NightReportText.render(badNight(), true);

    assertThat(coloured)
        .contains("\u001b[31mUNREACHABLE\u001b[0m", "\u001b[31mNOT PROTECTED\u001b[0m");
    assertThat(coloured.replaceAll("\u001b\\[(31|0)m", ""))
        .isEqualTo(NightReportText.render(badNight(), false))
        .doesNotContain("\u001b");
  }

  @Test
  void units_areRoundedAsPeopleExpect() {
    assertThat(List.of(0L, 1_023L, 1_024L, 1_048_575L, 1L << 40, Long.MAX_VALUE))
        .extracting(Units::bytes)
        .containsExactly("0 B", "1023 B", "1.0 KiB", "1.0 MiB", "1.0 TiB", "8.0 EiB");
    assertThat(
            List.of(
                Duration.ZERO,
                Duration.ofSeconds(61),
                Duration.ofMinutes(61),
                Duration.ofHours(49)))
        .extracting(Units::duration)
        .containsExactly("0.0 s", "1 m 01 s", "1 h 01 m", "2 d 01 h");
  }
}
