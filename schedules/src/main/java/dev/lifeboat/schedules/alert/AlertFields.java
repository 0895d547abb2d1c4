package dev.lifeboat.schedules.alert;

import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Alerts as fields for programs; {@code docs/alerts.md} documents them, and their names do not
 * change within a version.
 */
public final class AlertFields {
  /** The version of the fields that this program writes. */
  public static final int VERSION = 1;

  private AlertFields() {}

  /**
   * A message as a whole: what the generic webhook and the command get.
   *
   * @param from how this installation calls itself
   * @param details whether texts from outside may be told
   */
  public static Map<String, Object> message(
      String from, List<Notice> notices, Instant now, boolean details) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("version", VERSION);
    fields.put("from", from);
    fields.put("sent", now.toString());
    fields.put("alerts", notices.stream().map(notice -> notice(notice, now, details)).toList());
    return fields;
  }

  private static Map<String, Object> notice(Notice notice, Instant now, boolean details) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("id", notice.id());
    fields.put("event", notice.event().text());
    fields.putAll(alert(notice.alert(), now, details));
    fields.put("raised", notice.raised().toString());
    if (!notice.event().isFiring()) {
      fields.put("over", notice.over().map(Instant::toString).orElse(null));
    }
    notice.by().ifPresent(by -> fields.put("acknowledgedBy", by));
    return fields;
  }

  /** One alert. */
  public static Map<String, Object> alert(Alert alert, Instant now, boolean details) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("key", alert.key());
    fields.put("kind", alert.kind());
    fields.put("severity", alert.severity().text());
    fields.put("subject", alert.subject());
    fields.put("since", alert.since().map(Instant::toString).orElse(null));
    fields.put("what", alert.what());
    fields.put("atRisk", alert.atRisk());
    fields.put(
        "datasets", alert.standings().stream().map(standing -> standing(standing, now)).toList());
    fields.put("run", alert.remedy().orElse(null));
    if (details) {
      fields.put("details", alert.details());
    }
    return fields;
  }

  private static Map<String, Object> standing(Standing standing, Instant now) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("dataset", standing.dataset());
    fields.put("lastGood", standing.lastGood().map(Instant::toString).orElse(null));
    fields.put("ageSeconds", standing.age(now).map(Duration::toSeconds).orElse(null));
    fields.put("rpoSeconds", standing.rpo().map(Duration::toSeconds).orElse(null));
    fields.put("late", standing.late(now));
    return fields;
  }
}
