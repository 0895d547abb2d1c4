package dev.lifeboat.cli.config;

import dev.lifeboat.cli.config.ConfigException.Problem;
import dev.lifeboat.schedules.JobSchedule;
import dev.lifeboat.schedules.run.Run;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/** What the service runs, from the configuration: its schedules, and those of its drills. */
public final class Schedules {
  private static final String DRILL = "drill ";

  private Schedules() {}

  /** By the names of the jobs: as under {@code schedules}, and {@code drill NAME}. */
  public static SortedMap<String, JobSchedule> of(Configuration configuration) {
    SortedMap<String, JobSchedule> jobs = new TreeMap<>();
    configuration.schedules().forEach((name, section) -> jobs.put(name, section.schedule(name)));
    for (DrillSection drill : configuration.drills()) {
      drill
          .schedule()
          .ifPresent(section -> jobs.put(DRILL + drill.name(), section.ofDrill(drill.name())));
    }
    return Collections.unmodifiableSortedMap(jobs);
  }

  /** Names what cannot be done. */
  static void check(Configuration configuration, List<Problem> problems) {
    Map<String, ScheduleSection> sections = new TreeMap<>();
    configuration
        .schedules()
        .forEach((name, section) -> {
          sections.put(name, section);
          refuse(section, "schedules." + name, () -> section.schedule(name), problems);
          checkDatasets(configuration, section, "schedules." + name, problems);
        });
    for (DrillSection drill : configuration.drills()) {
      drill
          .schedule()
          .ifPresent(section -> {
            sections.put(DRILL + drill.name(), section);
            refuse(section, "drills.schedule", () -> section.ofDrill(drill.name()), problems);
          });
    }
    checkNames(sections, problems);
    sections.forEach((name, section) -> checkOrder(name, section, sections, problems));
  }

  private static void refuse(
      ScheduleSection section, String key, Runnable check, List<Problem> problems) {
    try {
      check.run();
    } catch (IllegalArgumentException e) {
      problems.add(new Problem(section.at(), key, String.valueOf(e.getMessage())));
    }
  }

  private static void checkDatasets(
      Configuration configuration, ScheduleSection section, String key, List<Problem> problems) {
    for (String name : section.datasets()) {
      long meant =
          configuration.datasets().stream()
              .filter(dataset -> dataset.id().equals(name) || dataset.name().value().equals(name))
              .count();
      if (meant != 1) {
        problems.add(
            new Problem(
                section.at(),
                key + ".datasets",
                "'%s' is %s; there are %s"
                    .formatted(
                        name,
                        meant == 0 ? "no dataset" : "the name of several datasets",
                        configuration.datasets().stream().map(DatasetSection::id).toList())));
      }
    }
  }

  /** Runs are named after their jobs, also in files. */
  private static void checkNames(Map<String, ScheduleSection> sections, List<Problem> problems) {
    Map<String, String> seen = new HashMap<>();
    sections.forEach((name, section) -> {
      String other = seen.putIfAbsent(Run.name(name), name);
      if (other != null) {
        problems.add(
            new Problem(
                section.at(),
                "schedules",
                "'%s' and '%s' are too much alike to tell their runs apart; rename one"
                    .formatted(other, name)));
      }
      if (name.length() > 100 || !Character.isLetterOrDigit(Run.name(name).charAt(0))) {
        problems.add(
            new Problem(
                section.at(),
                "schedules." + name,
                "cannot name a job: at most 100 characters, the first a letter or digit"));
      }
    });
  }

  private static void checkOrder(
      String name,
      ScheduleSection section,
      Map<String, ScheduleSection> sections,
      List<Problem> problems) {
    if (section.after().isEmpty()) {
      return;
    }
    String before = section.after().get();
    String key = name.startsWith(DRILL) ? "drills.schedule.after" : "schedules." + name + ".after";
    if (!sections.containsKey(before)) {
      problems.add(
          new Problem(
              section.at(),
              key,
              "'%s' has no schedule; there are %s".formatted(before, sections.keySet())));
      return;
    }
    Set<String> chain = new HashSet<>(Set.of(name));
    String at = before;
    while (at != null) {
      if (!chain.add(at)) {
        problems.add(
            new Problem(
                section.at(), key, "%s comes after itself: nothing would run".formatted(at)));
        return;
      }
      ScheduleSection next = sections.get(at);
      at = next == null ? null : next.after().orElse(null);
    }
  }
}
