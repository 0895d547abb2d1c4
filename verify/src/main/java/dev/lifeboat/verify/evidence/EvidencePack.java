package dev.lifeboat.verify.evidence;

import dev.lifeboat.verify.Coverage;
import dev.lifeboat.verify.drill.DrillReport;
import dev.lifeboat.verify.drill.Verdict;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import tools.jackson.databind.JsonNode;

/**
 * Everything that was shown in a period, and what was not.
 *
 * @param period its name
 * @param from its first instant
 * @param to the first instant behind it
 * @param drills oldest first
 * @param datasets each configured dataset, and when it last passed a drill in the period
 * @param regions each configured region, and when a passed drill last read from it in the period
 * @param coverage of each region when the pack was made
 * @param followUps notes that have an owner
 * @param remarks notes of the period that have none
 * @param notProven in words
 * @param problems with the evidence itself
 */
public record EvidencePack(
    String period,
    Instant from,
    Instant to,
    List<Drill> drills,
    SortedMap<String, Optional<Instant>> datasets,
    SortedMap<String, Optional<Instant>> regions,
    List<Coverage> coverage,
    List<FollowUp> followUps,
    List<Remark> remarks,
    List<String> notProven,
    List<String> problems) {
  /**
   * A drill of the period.
   *
   * @param sha256 of its statement
   */
  public record Drill(String id, String sha256, DrillReport report) {}

  /** What somebody is to see to. */
  public record FollowUp(
      String id,
      String on,
      String text,
      String owner,
      Optional<LocalDate> due,
      State state,
      Optional<String> closedBy,
      Optional<String> retest) {}

  /** What somebody had to say. */
  public record Remark(String id, String on, String text, String by) {}

  /** Where something stands that is followed. */
  public enum State {
    OPEN,
    OVERDUE,
    CLOSED;

    String word() {
      return this == OVERDUE ? "overdue" : this == OPEN ? "open" : "closed";
    }
  }

  /** A span of time with a name. */
  public record Period(String name, Instant from, Instant to) {
    /**
     * The period that ended last before a time, or the one that is under way.
     *
     * @param kind {@code month}, {@code quarter} or {@code year}
     * @param underWay the one that has not ended yet
     */
    public static Period of(String kind, Instant now, boolean underWay) {
      LocalDate today = LocalDate.ofInstant(now, ZoneOffset.UTC);
      int months =
          switch (kind) {
            case "month" -> 1;
            case "quarter" -> 3;
            case "year" -> 12;
            default ->
                throw new IllegalArgumentException(
                    "'%s' is no period: month, quarter or year".formatted(kind));
          };
      LocalDate first =
          LocalDate.of(today.getYear(), (today.getMonthValue() - 1) / months * months + 1, 1);
      if (!underWay) {
        first = first.minusMonths(months);
      }
      String name =
          switch (months) {
            case 1 -> "%d-%02d".formatted(first.getYear(), first.getMonthValue());
            case 3 -> "%d-Q%d".formatted(first.getYear(), (first.getMonthValue() + 2) / 3);
            default -> "" + first.getYear();
          };
      return new Period(
          name,
          first.atStartOfDay(ZoneOffset.UTC).toInstant(),
          first.plusMonths(months).atStartOfDay(ZoneOffset.UTC).toInstant());
    }
  }

  /**
   * Puts a pack together.
   *
   * @param datasets that are configured, as {@code tenant/dataset}
   * @param regions that are configured
   * @param coverage empty if it could not be told
   */
  public static EvidencePack of(
      EvidenceBook.Contents book,
      Period period,
      Collection<String> datasets,
      Collection<String> regions,
      List<Coverage> coverage,
      Instant now) {
    List<Drill> drills = new ArrayList<>();
    SortedMap<String, Optional<Instant>> passed = new TreeMap<>();
    datasets.forEach(name -> passed.put(name, Optional.empty()));
    SortedMap<String, Optional<Instant>> read = new TreeMap<>();
    regions.forEach(name -> read.put(name, Optional.empty()));
    SortedSet<String> notProven = new TreeSet<>();
    for (EvidenceBook.Entry entry : book.entries()) {
      Optional<DrillReport> report = entry.evidence().drill();
      if (report.isEmpty()
          || report.get().started().isBefore(period.from())
          || !report.get().started().isBefore(period.to())) {
        continue;
      }
      DrillReport drill = report.get();
      drills.add(new Drill(entry.evidence().id(), entry.file().digest().toString(), drill));
      notProven.addAll(drill.notProven());
      for (DrillReport.Dataset dataset : drill.proven()) {
        passed.put(dataset.id(), Optional.of(drill.ended()));
        dataset.regions().stream()
            .filter(region -> region.bytes() > 0)
            .forEach(region -> read.put(region.region(), Optional.of(drill.ended())));
      }
    }
    return new EvidencePack(
        period.name(),
        period.from(),
        period.to(),
        drills,
        passed,
        read,
        coverage,
        followUps(book, period, now),
        remarks(book, period),
        gaps(passed, read, coverage, drills, notProven),
        book.problems());
  }

  private static List<String> gaps(
      SortedMap<String, Optional<Instant>> datasets,
      SortedMap<String, Optional<Instant>> regions,
      List<Coverage> coverage,
      List<Drill> drills,
      Collection<String> ofDrills) {
    List<String> gaps = new ArrayList<>();
    if (drills.isEmpty()) {
      gaps.add("No drill was run in this period: nothing is proven of recovery.");
    }
    datasets.forEach((name, time) -> {
      if (time.isEmpty()) {
        gaps.add("Dataset %s passed no drill in this period.".formatted(name));
      }
    });
    regions.forEach((name, time) -> {
      if (time.isEmpty()) {
        gaps.add("No drill that passed read from region %s.".formatted(name));
      }
    });
    if (coverage.isEmpty()) {
      gaps.add("How much of the regions was read lately is not known.");
    }
    for (Coverage region : coverage) {
      if (!region.kept()) {
        gaps.add(
            "In region %s %s in %d objects were not read within %d days."
                .formatted(
                    region.region(),
                    Pages.bytes(region.ciphertext().overdue().bytes()),
                    region.ciphertext().overdue().objects(),
                    region.within().toDays()));
      }
    }
    gaps.addAll(ofDrills);
    return gaps;
  }

  private static List<FollowUp> followUps(EvidenceBook.Contents book, Period period, Instant now) {
    SortedMap<String, EvidenceBook.Entry> closings = new TreeMap<>();
    for (EvidenceBook.Entry entry : book.entries()) {
      entry
          .evidence()
          .note()
          .filter(Note::closes)
          .ifPresent(note -> closings.putIfAbsent(note.on(), entry));
    }
    LocalDate today = LocalDate.ofInstant(now, ZoneOffset.UTC);
    List<FollowUp> followUps = new ArrayList<>();
    for (EvidenceBook.Entry entry : book.entries()) {
      Evidence evidence = entry.evidence();
      Optional<Note> note = evidence.note().filter(Note::isFollowed);
      EvidenceBook.Entry closing = closings.get(evidence.id());
      boolean before = closing != null && closing.evidence().created().isBefore(period.from());
      if (note.isEmpty() || !evidence.created().isBefore(period.to()) || before) {
        continue;
      }
      State state =
          closing != null
              ? State.CLOSED
              : note.get().due().filter(due -> due.isBefore(today)).isPresent()
                  ? State.OVERDUE
                  : State.OPEN;
      followUps.add(
          new FollowUp(
              evidence.id(),
              note.get().on(),
              note.get().text(),
              note.get().owner(),
              note.get().due(),
              state,
              Optional.ofNullable(closing).map(entryOf -> entryOf.evidence().id()),
              Optional.ofNullable(closing)
                  .flatMap(entryOf -> entryOf.evidence().note())
                  .flatMap(Note::retest)));
    }
    return followUps;
  }

  private static List<Remark> remarks(EvidenceBook.Contents book, Period period) {
    List<Remark> remarks = new ArrayList<>();
    for (EvidenceBook.Entry entry : book.entries()) {
      Evidence evidence = entry.evidence();
      if (evidence.created().isBefore(period.from()) || !evidence.created().isBefore(period.to())) {
        continue;
      }
      evidence
          .note()
          .filter(note -> !note.isFollowed())
          .ifPresent(
              note -> remarks.add(new Remark(evidence.id(), note.on(), note.text(), note.by())));
    }
    return remarks;
  }

  /** How many drills of the period ended so. */
  public long count(Verdict verdict) {
    return drills.stream().filter(drill -> drill.report().verdict() == verdict).count();
  }

  /** The longest recovery of a drill that passed. */
  Optional<Duration> longest() {
    return drills.stream()
        .filter(drill -> drill.report().verdict() == Verdict.PASS)
        .flatMap(drill -> drill.report().goals().rto().stream())
        .max(Duration::compareTo);
  }

  JsonNode body() {
    return Evidence.MAPPER.valueToTree(this);
  }
}
