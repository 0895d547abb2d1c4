package dev.lifeboat.schedules.alert;

import dev.lifeboat.schedules.watch.Watch;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** What people read of an alert, the same whatever the channel. */
public final class Wording {
  private Wording() {}

  /**
   * A fact about an alert.
   *
   * @param name for example {@code at risk}
   */
  public record Fact(String name, String value) {
    @Override
    public String toString() {
      return name + ": " + value;
    }
  }

  /** How loud it is, in capitals. */
  public static String mark(Notice notice) {
    String severity = notice.alert().severity().name();
    return switch (notice.event()) {
      case RAISED -> severity;
      case REPEATED -> "STILL " + severity;
      case ESCALATED -> "NOT ACKNOWLEDGED, " + severity;
      case HANDED_ON -> "NOT DELIVERED ELSEWHERE, " + severity;
      case ACKNOWLEDGED -> "ACKNOWLEDGED";
      case RESOLVED -> "RESOLVED";
    };
  }

  /** Subject and trouble in one line. */
  public static String headline(Notice notice) {
    return "%s: %s".formatted(notice.alert().subject(), notice.alert().what());
  }

  /** One line that says it all; for grouped messages, how many there are. */
  public static String title(List<Notice> notices) {
    Notice first = notices.getFirst();
    String title = "[%s] %s".formatted(mark(first), headline(first));
    return notices.size() == 1 ? title : "%s (and %d more)".formatted(title, notices.size() - 1);
  }

  /**
   * Everything about an alert but its headline.
   *
   * @param details whether texts from outside may be told
   */
  public static List<Fact> facts(Notice notice, Instant now, boolean details) {
    Alert alert = notice.alert();
    List<Fact> facts = new ArrayList<>();
    switch (notice.event()) {
      case RESOLVED -> facts.add(new Fact("over", since(notice.over().orElse(now), now)));
      case ACKNOWLEDGED ->
          facts.add(
              new Fact(
                  "acknowledged by", notice.by().filter(by -> !by.isBlank()).orElse("somebody")));
      case RAISED, REPEATED, ESCALATED, HANDED_ON -> {}
    }
    facts.add(
        alert
            .since()
            .map(since -> new Fact("since", since(since, now)))
            .orElseGet(() -> new Fact("first seen", since(notice.raised(), now))));
    if (notice.event().isFiring()) {
      if (!alert.atRisk().isBlank()) {
        facts.add(new Fact("at risk", alert.atRisk()));
      }
      alert.standings().forEach(standing -> facts.add(standing(standing, now)));
      alert.remedy().ifPresent(command -> facts.add(new Fact("run", command)));
      if (details) {
        alert.details().forEach(detail -> facts.add(new Fact("detail", oneLine(detail))));
      }
    }
    facts.add(new Fact("kind", alert.kind()));
    facts.add(new Fact("key", alert.key()));
    return facts;
  }

  /** The same as one text, with that between one fact and the next. */
  public static String text(Notice notice, Instant now, boolean details, String between) {
    return facts(notice, now, details).stream()
        .map(Fact::toString)
        .collect(Collectors.joining(between));
  }

  /** What there is of a dataset. */
  static Fact standing(Standing standing, Instant now) {
    String copy =
        standing
            .lastGood()
            .map(time ->
                "last good copy %s, %s old"
                    .formatted(
                        time.truncatedTo(ChronoUnit.SECONDS),
                        Watch.words(standing.age(now).orElseThrow())))
            .orElse("no good copy known");
    String rpo =
        standing
            .rpo()
            .map(time ->
                "; RPO %s%s".formatted(Watch.words(time), standing.late(now) ? ", EXCEEDED" : ""))
            .orElse("");
    return new Fact("dataset " + standing.dataset(), copy + rpo);
  }

  private static String since(Instant time, Instant now) {
    Duration ago = Duration.between(time, now);
    return ago.compareTo(Duration.ofMinutes(1)) < 0
        ? time.truncatedTo(ChronoUnit.SECONDS).toString()
        : "%s (%s ago)".formatted(time.truncatedTo(ChronoUnit.SECONDS), Watch.words(ago));
  }

  /** Without line breaks and other control characters. */
  public static String oneLine(String text) {
    return text.strip().replaceAll("\\s*[\\r\\n]+\\s*", " | ").replaceAll("\\p{Cntrl}", " ");
  }

  /** At most so many characters, with a mark where something is cut off. */
  public static String cut(String text, int most) {
    if (text.length() <= most) {
      return text;
    }
    int end = most - 1;
    // Not in the middle of a character of two parts.
    if (Character.isHighSurrogate(text.charAt(end - 1))) {
      end--;
    }
    return text.substring(0, end) + "…";
  }
}
