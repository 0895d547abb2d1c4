package dev.lifeboat.schedules;

import dev.lifeboat.jobs.DatasetGoal;
import dev.lifeboat.jobs.NightWork;
import dev.lifeboat.jobs.report.NightReport;
import dev.lifeboat.schedules.Planner.Appointment;
import dev.lifeboat.schedules.run.Run;
import dev.lifeboat.schedules.watch.Concern;
import dev.lifeboat.schedules.watch.Observation;
import dev.lifeboat.schedules.watch.Watch;
import dev.lifeboat.schedules.watch.WatchRules;
import dev.lifeboat.vault.region.ObjectKey;
import dev.lifeboat.vault.region.RegionName;
import dev.lifeboat.vault.seal.DatasetName;
import dev.lifeboat.vault.seal.TenantName;
import dev.lifeboat.verify.Coverage;
import java.time.DayOfWeek;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalTime;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * A host whose time is made up: the planner decides what runs on it, and the watch looks at it from
 * outside every half hour. What befalls it comes from a seed.
 */
final class SimulatedHost {
  static final Duration JITTER = Duration.ofMinutes(20);
  static final Duration NIGHT_AT_MOST = Duration.ofHours(8);
  private static final Duration LOOK_EVERY = Duration.ofMinutes(30);
  private static final Duration DRILL_WITHIN = Duration.ofDays(3);
  private static final int QUORUM = 2;
  private static final long DISK_WANTED = 1000;
  private static final String DISK = "/var/lib/lifeboat";
  private static final List<String> REGIONS = List.of("east", "north", "west");

  /** Datasets, and how old the newest snapshot of each may become. */
  private static final Map<String, Duration> GOALS =
      new TreeMap<>(Map.of("acme/files", Duration.ofHours(26), "acme/orders", Duration.ofHours(4)));

  /** From then until before then. */
  record Span(Instant from, Instant to) {
    boolean contains(Instant time) {
      return !time.isBefore(from) && time.isBefore(to);
    }
  }

  /** What the watch told at a time, by the keys of its concerns. */
  record Look(Instant at, List<String> told) {}

  /** A copy of a snapshot, and since when it is there. */
  private record Copy(String dataset, Instant snapshot, String region, Instant since) {}

  /** A run as it is kept. */
  static final class Kept {
    private final String id;
    private final String job;
    private final Instant due;
    private final List<Instant> beginnings = new ArrayList<>();
    private int covers;
    private String state = "RUNNING";
    private String what = "";
    private Instant ended = Instant.MAX;
    private Duration longest = Duration.ZERO;

    Kept(String job, Instant due) {
      this.id = Run.idOf(job, due);
      this.job = job;
      this.due = due;
    }

    String id() {
      return id;
    }

    String job() {
      return job;
    }

    Instant due() {
      return due;
    }

    Instant began() {
      return beginnings.getFirst();
    }

    List<Instant> beginnings() {
      return beginnings;
    }

    int attempts() {
      return beginnings.size();
    }

    int covers() {
      return covers;
    }

    String state() {
      return state;
    }

    String what() {
      return what;
    }

    Instant ended() {
      return ended;
    }

    Duration longest() {
      return longest;
    }

    private boolean over() {
      return !state.equals("RUNNING");
    }

    @Override
    public String toString() {
      return "%s, for %d, %s %s, began %s, ended %s"
          .formatted(id, covers, state, what, beginnings, ended);
    }
  }

  final List<Kept> kept = new ArrayList<>();
  final List<Span> down = new ArrayList<>();
  final List<Span> busy = new ArrayList<>();
  final List<Look> looks = new ArrayList<>();
  final int leftAtTheEnd = 1;
  final Set<String> alerted = new HashSet<>();
  private final Map<String, List<Span>> regionDown = new TreeMap<>();
  private final List<Span> diskFull = new ArrayList<>();
  private final List<Copy> copies = new ArrayList<>();
  private final List<Instant> drilled = new ArrayList<>();
  private final Map<String, Kept> byId = new LinkedHashMap<>();
  private final Map<String, Appointment> planned = new TreeMap<>();
  private final Map<String, JobSchedule> jobs = new TreeMap<>();
  private final Random random;
  private final Planner planner;
  private final Instant begin;
  private final Instant end;
  private final Memory memory = new Memory();
  private Instant now;
  private Instant opened;
  private @Nullable Kept running;
  private Instant runEnds = Instant.MAX;
  private String runBecomes = "";

  SimulatedHost(ZoneId zone, LocalTime night, long seed, Instant begin, Instant end) {
    this.random = new Random(seed);
    this.planner = new Planner(new Random(seed + 1000));
    this.begin = begin;
    this.end = end;
    this.now = begin;
    this.opened = begin;
    jobs.put(
        "nightly",
        new JobSchedule(
            List.of("nightly"),
            new CronSchedule("0 %d %d * * ?".formatted(night.getMinute(), night.getHour()), zone),
            JITTER,
            true,
            List.of(
                new Blackout(
                    LocalTime.of(9, 0),
                    LocalTime.of(17, 0),
                    EnumSet.range(DayOfWeek.MONDAY, DayOfWeek.FRIDAY))),
            Optional.empty(),
            Optional.of(NIGHT_AT_MOST),
            1,
            true));
    jobs.put(
        "orders",
        new JobSchedule(
            List.of("backup", "orders"),
            new CronSchedule("0 0 * * * ?", zone),
            Duration.ZERO,
            true,
            List.of(),
            Optional.empty(),
            Optional.of(Duration.ofMinutes(30)),
            5,
            true));
    jobs.put(
        "drill",
        new JobSchedule(
            List.of("drill"),
            new CronSchedule("0 0 6 * * ?", zone),
            Duration.ZERO,
            false,
            List.of(),
            Optional.of("nightly"),
            Optional.of(Duration.ofHours(2)),
            0,
            true));
    befall(down, 14, 20, 75 * 60);
    // Some in the midst of a night.
    for (int i = 0; i < down.size(); i += 3) {
      Span span = down.get(i);
      Instant from = span.from().atZone(zone).with(night).plusMinutes(30).toInstant();
      down.set(i, new Span(from, from.plus(Duration.between(span.from(), span.to()))));
    }
    befall(diskFull, 5, 60, 30 * 60);
    for (String region : REGIONS) {
      befall(regionDown.computeIfAbsent(region, _ -> new ArrayList<>()), 7, 30, 40 * 60);
    }
  }

  /** When people work, and no night begins. */
  static boolean isOffice(ZonedDateTime time) {
    return time.getDayOfWeek().getValue() <= 5 && time.getHour() >= 9 && time.getHour() < 17;
  }

  /** Spans at random, a day apart at the least, none near the end. */
  private void befall(List<Span> spans, int count, int leastMinutes, int mostMinutes) {
    long minutes = Duration.between(begin, end).toMinutes();
    long slot = (minutes - 10 * 24 * 60) / count;
    for (int i = 0; i < count; i++) {
      // Short ones as often as long ones.
      double length =
          leastMinutes * Math.pow((double) mostMinutes / leastMinutes, random.nextDouble());
      long at = 24 * 60 + i * slot + random.nextLong(slot - mostMinutes - 24 * 60);
      Instant from = begin.plus(Duration.ofMinutes(at)).plusSeconds(random.nextInt(60));
      spans.add(new Span(from, from.plus(Duration.ofMinutes((long) length))));
    }
  }

  private static boolean during(List<Span> spans, Instant time) {
    return spans.stream().anyMatch(span -> span.contains(time));
  }

  private boolean answers(String region, Instant time) {
    return !during(regionDown.getOrDefault(region, List.of()), time);
  }

  /** From the beginning to the end. */
  void live() {
    jobs.forEach((name, job) ->
        planner.next(job, begin.minusSeconds(1)).ifPresent(at -> planned.put(name, at)));
    Instant look = begin.plus(Duration.ofMinutes(7));
    while (true) {
      boolean up = !during(down, now);
      while (up && running == null && dispatch()) {
        // Whatever else has come.
      }
      Instant next = look;
      next = earlier(next, runEnds);
      for (Span span : down) {
        next = span.from().isAfter(now) ? earlier(next, span.from()) : next;
        next = span.to().isAfter(now) ? earlier(next, span.to()) : next;
      }
      if (up && running == null) {
        for (Appointment appointment : planned.values()) {
          next = earlier(next, appointment.begin().isAfter(now) ? appointment.begin() : now);
        }
      }
      if (!next.isBefore(end)) {
        return;
      }
      now = next;
      if (running != null && during(down, now)) {
        cutShort();
      } else if (running != null && !runEnds.isAfter(now)) {
        finish(running);
      }
      for (Span span : down) {
        if (span.to().equals(now)) {
          opened = now;
        }
      }
      if (look.equals(now)) {
        look();
        look = look.plus(LOOK_EVERY);
      }
    }
  }

  private static Instant earlier(Instant one, Instant other) {
    return one.isBefore(other) ? one : other;
  }

  /** Deals with the one whose turn it is; false if nobody's is. */
  private boolean dispatch() {
    Optional<String> turn =
        planned.entrySet().stream()
            .filter(entry -> !entry.getValue().begin().isAfter(now))
            .min(
                Comparator.comparingInt(
                        (Map.Entry<String, Appointment> entry) -> -job(entry.getKey()).priority())
                    .thenComparing(entry -> entry.getValue().due()))
            .map(Map.Entry::getKey);
    turn.ifPresent(this::deal);
    return turn.isPresent();
  }

  private JobSchedule job(String name) {
    return Objects.requireNonNull(jobs.get(name));
  }

  private void deal(String name) {
    JobSchedule job = job(name);
    Appointment appointment = Objects.requireNonNull(planned.get(name));
    switch (planner.decide(name, job, appointment, opened, now, memory)) {
      case Planner.Verdict.Begin(int covers) -> begin(name, job, appointment, covers);
      case Planner.Verdict.Wait(Instant until, String _) ->
          planned.put(name, new Appointment(appointment.due(), until));
      case Planner.Verdict.LeaveOut(int covers, String why) -> {
        leaveOut(name, appointment.due(), covers, why);
        plan(name, planner.afterNone(job, appointment, now));
      }
      case Planner.Verdict.Over() -> plan(name, planner.afterNone(job, appointment, now));
    }
  }

  private void plan(String name, Optional<Appointment> at) {
    at.ifPresentOrElse(next -> planned.put(name, next), () -> planned.remove(name));
  }

  private void leaveOut(String name, Instant due, int covers, String why) {
    Kept left = keep(name, due);
    left.beginnings.add(now);
    left.covers = covers;
    left.state = "NOT_RUN";
    left.what = why;
    left.ended = now;
    alerted.add(left.id);
  }

  private Kept keep(String name, Instant due) {
    return byId.computeIfAbsent(
        Run.idOf(name, due),
        _ -> {
          Kept fresh = new Kept(name, due);
          kept.add(fresh);
          return fresh;
        });
  }

  private void begin(String name, JobSchedule job, Appointment appointment, int covers) {
    Kept run = keep(name, appointment.due());
    run.beginnings.add(now);
    run.covers = covers;
    Duration takes = takes(name);
    Duration most = job.maxDuration().orElseThrow();
    boolean overruns = takes.compareTo(most) > 0;
    running = run;
    runEnds = now.plus(overruns ? most : takes);
    runBecomes = overruns ? "OVERRAN" : random.nextInt(100) < 3 ? "FAILED" : "DONE";
  }

  private Duration takes(String name) {
    int luck = random.nextInt(100);
    return switch (name) {
      case "nightly" ->
          Duration.ofMinutes(
              luck < 3
                  ? 481 + random.nextInt(24 * 60)
                  : luck < 8 ? 300 + random.nextInt(150) : 40 + random.nextInt(50));
      case "drill" -> Duration.ofMinutes(luck < 2 ? 150 : 10 + random.nextInt(20));
      default -> Duration.ofSeconds(60 + random.nextInt(120));
    };
  }

  private void cutShort() {
    Kept run = Objects.requireNonNull(running);
    ends(run);
    // No record of its end; its appointment stays as it is.
  }

  private void ends(Kept run) {
    Instant began = run.beginnings.getLast();
    busy.add(new Span(began, now));
    Duration took = Duration.between(began, now);
    run.longest = took.compareTo(run.longest) > 0 ? took : run.longest;
    running = null;
    runEnds = Instant.MAX;
  }

  private void finish(Kept run) {
    ends(run);
    run.state = runBecomes;
    run.ended = now;
    if (run.state.equals("DONE")) {
      boolean well = run.job.equals("drill") ? drill() : backup(run);
      run.state = well ? "DONE" : "FAILED";
    }
    if (!run.state.equals("DONE")) {
      alerted.add(run.id);
    }
    JobSchedule job = job(run.job);
    Planner.Following following =
        planner.afterRun(
            job, Objects.requireNonNull(planned.get(run.job)), run.beginnings.getLast(), now);
    following
        .firstMissed()
        .ifPresent(due -> leaveOut(run.job, due, following.missed(), "it was running still"));
    plan(run.job, following.next());
  }

  private boolean drill() {
    drilled.add(now);
    return true;
  }

  private boolean backup(Kept run) {
    List<String> there = REGIONS.stream().filter(region -> answers(region, now)).toList();
    if (during(diskFull, now) || there.size() < QUORUM) {
      return false;
    }
    for (String dataset : run.job.equals("nightly") ? GOALS.keySet() : Set.of("acme/orders")) {
      there.forEach(region -> store(new Copy(dataset, run.beginnings.getLast(), region, now)));
    }
    if (run.job.equals("nightly")) {
      replicate(there);
    }
    return true;
  }

  /** What the regions that answer lack of each other. */
  private void replicate(List<String> there) {
    List<Copy> all = List.copyOf(newest.values());
    for (Copy copy : all) {
      if (there.contains(copy.region())) {
        for (String region : there) {
          if (all.stream()
              .noneMatch(other ->
                  other.region().equals(region)
                      && other.dataset().equals(copy.dataset())
                      && other.snapshot().equals(copy.snapshot()))) {
            store(new Copy(copy.dataset(), copy.snapshot(), region, now));
          }
        }
      }
    }
  }

  /** Of each dataset in each region the newest. */
  private final Map<String, Copy> newest = new TreeMap<>();

  private void store(Copy copy) {
    copies.add(copy);
    newest.merge(
        copy.dataset() + " " + copy.region(),
        copy,
        (one, other) -> one.snapshot().isAfter(other.snapshot()) ? one : other);
  }

  /** The watch looks from another machine, whether the host is up or not. */
  private void look() {
    List<Concern> concerns =
        new Watch(
                new WatchRules(
                    Optional.of(DRILL_WITHIN), Duration.ofMinutes(1), Duration.ZERO, DISK_WANTED))
            .look(observation());
    looks.add(new Look(now, concerns.stream().map(Concern::key).toList()));
  }

  private Observation observation() {
    List<Copy> newest = List.copyOf(this.newest.values());
    List<NightReport.RegionState> states = new ArrayList<>();
    for (String region : REGIONS) {
      boolean answers = answers(region, now);
      List<NightReport.Copy> held = new ArrayList<>();
      if (answers) {
        GOALS.forEach((dataset, rpo) -> {
          Optional<Instant> copy =
              newest.stream()
                  .filter(each -> each.region().equals(region) && each.dataset().equals(dataset))
                  .map(Copy::snapshot)
                  .findFirst();
          Optional<Duration> age = copy.map(time -> Duration.between(time, now));
          held.add(
              new NightReport.Copy(
                  dataset, copy, age, age.isEmpty() || age.get().compareTo(rpo) > 0, 0, 0));
        });
      }
      states.add(
          new NightReport.RegionState(
              region,
              answers,
              answers ? Optional.empty() : Optional.of("connection refused"),
              0,
              Duration.ZERO,
              10,
              1000,
              0,
              Optional.empty(),
              held));
    }
    List<NightWork.Standing> standings = new ArrayList<>();
    for (String dataset : GOALS.keySet()) {
      Optional<Instant> durable =
          newest.stream()
              .filter(copy -> copy.dataset().equals(dataset) && answers(copy.region(), now))
              .map(Copy::snapshot)
              .filter(snapshot ->
                  newest.stream()
                          .filter(copy ->
                              copy.dataset().equals(dataset)
                                  && copy.snapshot().equals(snapshot)
                                  && answers(copy.region(), now))
                          .count()
                      >= QUORUM)
              .max(Comparator.naturalOrder());
      standings.add(new NightWork.Standing(dataset, durable, List.of()));
    }
    Map<String, Instant> passed = new TreeMap<>();
    if (!drilled.isEmpty()) {
      GOALS.keySet().forEach(dataset -> passed.put(dataset, drilled.getLast()));
    }
    Coverage.Share all =
        new Coverage.Share(
            new Coverage.Amount(10, 1000),
            new Coverage.Amount(10, 1000),
            new Coverage.Amount(0, 0),
            Optional.of(new Coverage.Oldest(new ObjectKey("vault/00000001.json"), now, true)));
    return new Observation(
        now,
        GOALS.entrySet().stream()
            .map(goal ->
                new DatasetGoal(
                    new TenantName("acme"),
                    new DatasetName(goal.getKey().substring("acme/".length())),
                    Optional.of(goal.getValue())))
            .toList(),
        new NightWork.Survey(QUORUM, states, standings, List.of()),
        List.of(),
        List.of(
            new Coverage(new RegionName(REGIONS.getFirst()), Duration.ofDays(7), now, all, all)),
        new TreeMap<>(),
        new TreeMap<>(),
        passed,
        List.of(),
        Observation.Audit.NONE,
        new Observation.Disk(DISK, during(diskFull, now) ? DISK_WANTED / 100 : DISK_WANTED * 100));
  }

  /**
   * What is wrong at a time, from what was done to the host and what it has: said as the watch's
   * documentation says it, and worked out from the whole history instead of the newest of it.
   */
  Set<String> truth(Instant at) {
    Set<String> wrong = new TreeSet<>();
    for (String region : REGIONS) {
      if (!answers(region, at)) {
        wrong.add("region-silent:" + region);
      }
    }
    if (during(diskFull, at)) {
      wrong.add("disk-full:" + DISK);
    }
    GOALS.forEach((dataset, rpo) -> {
      boolean any = false;
      boolean young = false;
      for (String region : REGIONS) {
        if (!answers(region, at)) {
          continue;
        }
        List<Copy> history = history(dataset, region);
        any |= !history.isEmpty() && !history.getFirst().since().isAfter(at);
        boolean youngHere = false;
        for (int i = until(history, at) - 1; i >= 0 && !youngHere; i--) {
          if (history.get(i).since().plus(rpo).isBefore(at)) {
            // What is there for so long is older than that, and so is all before it.
            break;
          }
          youngHere = !history.get(i).snapshot().plus(rpo).isBefore(at);
        }
        young |= youngHere;
        if (!youngHere) {
          wrong.add("copy-late:%s in %s".formatted(dataset, region));
        }
      }
      if (!any) {
        wrong.add("no-snapshot:" + dataset);
      } else if (!young) {
        wrong.add("snapshot-late:" + dataset);
      }
      if (drilled.stream()
          .noneMatch(passed -> !passed.isAfter(at) && !passed.plus(DRILL_WITHIN).isBefore(at))) {
        wrong.add("drill-late:" + dataset);
      }
    });
    return wrong;
  }

  private final Map<String, List<Copy>> histories = new TreeMap<>();

  private List<Copy> history(String dataset, String region) {
    return histories.computeIfAbsent(
        dataset + " " + region,
        _ ->
            copies.stream()
                .filter(copy -> copy.dataset().equals(dataset) && copy.region().equals(region))
                .toList());
  }

  /** How many of a history were there by then. */
  private static int until(List<Copy> history, Instant at) {
    int low = 0;
    int high = history.size();
    while (low < high) {
      int middle = (low + high) / 2;
      if (history.get(middle).since().isAfter(at)) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    return low;
  }

  private final class Memory implements Planner.Memory {
    @Override
    public Planner.Standing standing(String name, Instant due) {
      Kept run = byId.get(Run.idOf(name, due));
      return run == null
          ? Planner.Standing.NEVER_BEGAN
          : run.over() ? Planner.Standing.OVER : Planner.Standing.INTERRUPTED;
    }

    @Override
    public Optional<Instant> lastGood(String name) {
      return kept.reversed().stream()
          .filter(run -> run.job.equals(name) && run.state.equals("DONE"))
          .findFirst()
          .map(run -> run.ended);
    }

    @Override
    public Optional<Instant> lastBegan(String name) {
      return kept.reversed().stream()
          .filter(run -> run.job.equals(name) && !run.state.equals("NOT_RUN"))
          .findFirst()
          .map(run -> run.beginnings.getLast());
    }

    @Override
    public Optional<Appointment> planned(String name) {
      return Optional.ofNullable(planned.get(name));
    }
  }
}
