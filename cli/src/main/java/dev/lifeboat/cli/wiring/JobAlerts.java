package dev.lifeboat.cli.wiring;

import dev.lifeboat.cli.ExitCode;
import dev.lifeboat.jobs.report.NightReport;
import dev.lifeboat.schedules.alert.Alert;
import dev.lifeboat.schedules.alert.AlertRules;
import dev.lifeboat.schedules.alert.Standing;
import dev.lifeboat.schedules.watch.Concern.Severity;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** What somebody is told of a job that failed. */
final class JobAlerts {
  /** Jobs without which there is no backup, or nobody knows whether it comes back. */
  private static final Set<String> VITAL = Set.of("nightly", "backup", "verify", "drill");

  /** So many datasets are told of, those that are late first. */
  private static final int TOLD = 10;

  private JobAlerts() {}

  /**
   * The alert of a job that ended with another exit code than 0.
   *
   * @param report of a night, if there is one
   * @param standings that are known
   * @param details messages, which may name anything
   */
  static Alert failed(
      String job,
      ExitCode code,
      Optional<NightReport> report,
      List<Standing> standings,
      List<String> details,
      Instant now) {
    List<String> all = new ArrayList<>(details);
    report.ifPresent(night -> all.addAll(details(night)));
    return alert(
        job,
        code == ExitCode.INCOMPLETE ? AlertRules.JOB_PARTIAL : AlertRules.JOB_FAILED,
        severity(job, code),
        ended(code, report),
        remedy(job, code),
        standings,
        all,
        now);
  }

  /** How a job ended, in words of this program. */
  static String ended(ExitCode code, Optional<NightReport> report) {
    return "ended with exit code %d: %s%s"
        .formatted(code.code(), code.meaning(), report.map(JobAlerts::datasets).orElse(""));
  }

  /**
   * The alert of a job that did not even run, or was ended.
   *
   * @param command that runs it
   * @param what in words of this program
   */
  static Alert notRun(
      String job, String command, String what, List<Standing> standings, Instant now) {
    return alert(
        job,
        AlertRules.JOB_FAILED,
        VITAL.contains(first(job)) ? Severity.CRITICAL : Severity.WARNING,
        what,
        Optional.of("lifeboat " + command),
        standings,
        List.of(),
        now);
  }

  private static Alert alert(
      String job,
      String kind,
      Severity severity,
      String what,
      Optional<String> remedy,
      List<Standing> standings,
      List<String> details,
      Instant now) {
    return new Alert(
        Alert.keyOf(job),
        kind,
        severity,
        job,
        Optional.empty(),
        what,
        atRisk(job),
        standings.stream()
            .sorted(
                Comparator.comparing((Standing standing) -> !standing.late(now))
                    .thenComparing(standing -> standing.lastGood().orElse(Instant.EPOCH)))
            .limit(TOLD)
            .toList(),
        remedy,
        details);
  }

  private static String first(String job) {
    return job.split(" ", 2)[0];
  }

  private static Severity severity(String job, ExitCode code) {
    return switch (code) {
      // Another one is at work, or somebody stopped it.
      case CONFLICT, INTERRUPTED -> Severity.WARNING;
      case DONE,
          FAILED,
          USAGE,
          INCOMPLETE,
          REFUSED,
          NOT_FOUND,
          UNREACHABLE,
          UNPROVEN,
          KEY_UNAVAILABLE ->
          VITAL.contains(first(job)) ? Severity.CRITICAL : Severity.WARNING;
    };
  }

  private static String atRisk(String job) {
    return switch (first(job)) {
      case "nightly", "backup" -> "what was written since the last good copies";
      case "replicate" -> "what the regions that are behind lack, if the others are lost";
      case "verify" -> "nobody knows whether all that is stored is whole";
      case "drill" -> "nobody knows whether it comes back";
      case "watch" -> "whatever the watch would have told of";
      default -> "";
    };
  }

  private static Optional<String> remedy(String job, ExitCode code) {
    return switch (code) {
      case USAGE -> Optional.of("lifeboat config validate");
      case KEY_UNAVAILABLE, UNREACHABLE, REFUSED -> Optional.of("lifeboat doctor");
      case CONFLICT -> Optional.of("lifeboat status");
      case UNPROVEN -> Optional.of(job.equals("verify") ? "lifeboat verify --heal" : again(job));
      case DONE, FAILED, INCOMPLETE, NOT_FOUND -> Optional.of(again(job));
      case INTERRUPTED -> Optional.of("lifeboat " + job);
    };
  }

  private static String again(String job) {
    return "lifeboat " + job + (job.equals("nightly") ? " --retry" : "");
  }

  /** Which are not complete, by name. */
  private static String datasets(NightReport report) {
    List<NightReport.Dataset> bad =
        report.datasets().stream()
            .filter(dataset -> dataset.state() != NightReport.State.COMPLETE)
            .toList();
    String named =
        bad.stream()
            .limit(TOLD)
            .map(dataset ->
                "%s %s".formatted(dataset.id(), dataset.state().name().toLowerCase(Locale.ROOT)))
            .collect(Collectors.joining(", "));
    return bad.isEmpty()
        ? ""
        : "; " + named + (bad.size() > TOLD ? ", and %d more".formatted(bad.size() - TOLD) : "");
  }

  private static List<String> details(NightReport report) {
    List<String> details = new ArrayList<>();
    for (NightReport.Dataset dataset : report.datasets()) {
      dataset.error().ifPresent(error -> details.add(dataset.id() + ": " + error));
      dataset.problems().forEach(problem -> details.add(dataset.id() + ": " + problem));
    }
    report.errors().forEach(error -> details.add(error.part() + ": " + error.error()));
    report
        .regions()
        .forEach(region ->
            region.problem().ifPresent(problem -> details.add(region.name() + ": " + problem)));
    report.verification().ifPresent(found -> details.addAll(found.findings()));
    return details.stream().limit(50).toList();
  }
}
