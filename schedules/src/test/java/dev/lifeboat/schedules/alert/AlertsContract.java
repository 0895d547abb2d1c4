package dev.lifeboat.schedules.alert;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lifeboat.schedules.alert.AlertQueue.Origin;
import dev.lifeboat.schedules.watch.Concern.Severity;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalTime;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Queue, rules and delivery together, with channels that remember: of every kind of queue. */
abstract class AlertsContract {
  static final Duration BOUND = Duration.ofSeconds(30);

  @TempDir private Path directory;
  final TestClock clock = new TestClock();
  final FakeChannel mail = new FakeChannel(true);
  private final FakeChannel pager = new FakeChannel(false);
  private final FakeChannel boss = new FakeChannel(true);
  final List<String> said = new ArrayList<>();
  List<Route> routes = List.of();
  private Optional<QuietHours> quiet = Optional.empty();

  /** Alerts whose queue is always the same one. */
  abstract Alerts make(AlertRules rules, Map<String, Channel> channels);

  /** Of the home's state. */
  final Path state() {
    return directory.resolve("state");
  }

  final Alerts alerts() {
    Map<String, Channel> channels = new LinkedHashMap<>();
    channels.put("mail", mail);
    channels.put("pager", pager);
    channels.put("boss", boss);
    return make(
        new AlertRules(
            List.copyOf(channels.keySet()),
            routes,
            Duration.ofHours(4),
            quiet,
            Duration.ofMinutes(30),
            Duration.ofDays(30)),
        channels);
  }

  static Alert critical(String key) {
    return alert(key, "snapshot-late", Severity.CRITICAL, "acme/crm");
  }

  private static Alert warning(String key) {
    return alert(key, "drill-late", Severity.WARNING, "acme/files");
  }

  private static Alert alert(String key, String kind, Severity severity, String dataset) {
    return new Alert(
        key,
        kind,
        severity,
        dataset,
        Optional.empty(),
        "something is wrong",
        "something",
        List.of(new Standing(dataset, Optional.empty(), Optional.of(Duration.ofHours(26)))),
        Optional.of("lifeboat backup"),
        List.of("/home/customer/secret.txt"));
  }

  static Route route(List<String> channels, List<String> escalate) {
    return new Route(
        Set.of(),
        Set.of(),
        List.of(),
        List.of(),
        channels,
        escalate,
        Duration.ofMinutes(20),
        Optional.empty(),
        true);
  }

  private static Route of(Set<Severity> severities, Set<String> kinds, List<String> datasets) {
    return new Route(
        severities,
        kinds,
        List.of(),
        datasets,
        List.of("pager"),
        List.of(),
        Duration.ofMinutes(20),
        Optional.empty(),
        true);
  }

  final void deliver() throws InterruptedException {
    Alerts.Delivered _ = alerts().deliver(BOUND, false);
  }

  @Test
  void raise_ofSomethingNew_isToldOnce_andAgainAfterTheTime() throws Exception {
    routes = List.of(route(List.of("mail"), List.of()));
    alerts().raise(critical("a"), Origin.JOB);
    deliver();
    alerts().raise(critical("a"), Origin.JOB);
    clock.go(Duration.ofHours(3));
    deliver();
    assertThat(mail.got()).containsExactly("raised a");

    clock.go(Duration.ofHours(2));
    deliver();
    deliver();
    assertThat(mail.got()).containsExactly("raised a", "repeated a");
    assertThat(pager.got()).isEmpty();
  }

  @Test
  void resolve_tellsWhoWasTold_andTheNextIsANewOne() throws Exception {
    routes = List.of(route(List.of("mail", "pager"), List.of()));
    alerts().raise(critical("a"), Origin.JOB);
    deliver();
    clock.go(Duration.ofMinutes(5));
    alerts().resolve("a");
    alerts().resolve("a");
    alerts().resolve("never there");
    deliver();
    alerts().raise(critical("a"), Origin.JOB);
    deliver();

    assertThat(mail.got()).containsExactly("raised a", "resolved a", "raised a");
    assertThat(pager.got()).isEqualTo(mail.got());
    assertThat(mail.messages().get(1).getFirst().over()).contains(clock.instant());
  }

  @Test
  void alertsOfOnePass_areOneMessage_whereTheChannelCanDoThat() throws Exception {
    alerts().settle(List.of(critical("a"), critical("b"), warning("c")), Origin.WATCH, _ -> false);
    deliver();

    assertThat(mail.messages()).hasSize(1);
    assertThat(pager.messages()).hasSize(3);
    assertThat(mail.got()).containsExactly("raised a", "raised b", "raised c");
  }

  @Test
  void settle_resolvesWhatItsOriginSeesNoMore_butNothingOfOthersAndNothingUnknown()
      throws Exception {
    routes = List.of(route(List.of("mail"), List.of()));
    alerts().raise(critical("job:nightly"), Origin.JOB);
    alerts().settle(List.of(critical("a"), warning("b")), Origin.WATCH, _ -> false);
    deliver();

    alerts().settle(List.of(), Origin.WATCH, alert -> alert.key().equals("b"));
    deliver();

    assertThat(mail.got())
        .containsExactly("raised job:nightly", "raised a", "raised b", "resolved a");
    assertThat(alerts().queue().list(false))
        .extracting(state -> state.alert().key())
        .containsExactly("job:nightly", "b");
  }

  @Test
  void routes_byJob_takeWhatIsAboutThatJobAlone() throws Exception {
    routes =
        List.of(
            new Route(
                Set.of(),
                Set.of(),
                List.of("drill q*"),
                List.of(),
                List.of("boss"),
                List.of(),
                Duration.ofHours(1),
                Optional.empty(),
                false),
            route(List.of("pager"), List.of()));
    alerts()
        .raise(
            alert("job:drill quarterly", "job-failed", Severity.CRITICAL, "acme/crm"), Origin.JOB);
    alerts()
        .raise(alert("job:drill weekly", "job-failed", Severity.CRITICAL, "acme/crm"), Origin.JOB);
    alerts().raise(alert("drill q1", "drill-late", Severity.CRITICAL, "acme/crm"), Origin.WATCH);
    deliver();

    assertThat(boss.got()).containsExactly("raised job:drill quarterly");
    assertThat(pager.got()).containsExactlyInAnyOrder("raised job:drill weekly", "raised drill q1");
  }

  @Test
  void routes_theFirstThatTakesItCounts_andWhatNoneTakesGoesToAll() throws Exception {
    routes =
        List.of(
            of(Set.of(Severity.CRITICAL), Set.of("snapshot-late"), List.of("acme/*")),
            new Route(
                Set.of(),
                Set.of(),
                List.of(),
                List.of("acme/c*"),
                List.of("boss"),
                List.of(),
                Duration.ofHours(1),
                Optional.empty(),
                false));
    alerts().raise(alert("1", "snapshot-late", Severity.CRITICAL, "acme/crm"), Origin.WATCH);
    alerts().raise(alert("2", "drill-late", Severity.WARNING, "acme/crm"), Origin.WATCH);
    alerts().raise(alert("3", "snapshot-late", Severity.CRITICAL, "other/crm"), Origin.WATCH);
    deliver();
    alerts().resolve("2");
    deliver();

    assertThat(pager.got()).containsExactly("raised 1", "raised 3");
    assertThat(boss.got()).containsExactly("raised 2", "raised 3");
    assertThat(mail.got()).containsExactly("raised 3");
  }

  @Test
  void routeByDatasets_doesNotTakeWhatIsAboutNone() {
    Alert alert =
        new Alert(
            "k",
            "region-silent",
            Severity.WARNING,
            "north",
            Optional.empty(),
            "it is silent",
            "",
            List.of(),
            Optional.empty(),
            List.of());
    assertThat(of(Set.of(), Set.of(), List.of("*")).takes(alert)).isFalse();
    assertThat(of(Set.of(), Set.of(), List.of()).takes(alert)).isTrue();
  }

  @Test
  void whatNobodyAcknowledges_isEscalated_step_byStep() throws Exception {
    routes = List.of(route(List.of("mail"), List.of("pager", "boss")));
    alerts().raise(critical("a"), Origin.JOB);
    deliver();
    clock.go(Duration.ofMinutes(19));
    deliver();
    assertThat(pager.got()).isEmpty();
    clock.go(Duration.ofMinutes(1));
    deliver();
    deliver();
    assertThat(pager.got()).containsExactly("escalated a");
    assertThat(boss.got()).isEmpty();
    clock.go(Duration.ofMinutes(20));
    deliver();
    assertThat(boss.got()).containsExactly("escalated a");

    alerts().resolve("a");
    deliver();
    assertThat(boss.got()).containsExactly("escalated a", "resolved a");
  }

  @Test
  void whatIsAcknowledged_isNeitherRepeatedNorEscalated_untilItBecomesWorse() throws Exception {
    routes = List.of(route(List.of("mail"), List.of("boss")));
    alerts().raise(alert("a", "region-silent", Severity.WARNING, "x/y"), Origin.WATCH);
    deliver();
    assertThat(alerts().queue().acknowledge("a", "Ann", clock.instant())).isTrue();
    assertThat(alerts().queue().acknowledge("b", "Ann", clock.instant())).isFalse();
    clock.go(Duration.ofDays(2));
    deliver();
    assertThat(mail.got()).containsExactly("raised a", "acknowledged a");
    assertThat(boss.got()).isEmpty();

    alerts().raise(alert("a", "region-silent", Severity.CRITICAL, "x/y"), Origin.WATCH);
    deliver();
    assertThat(mail.got()).containsExactly("raised a", "acknowledged a", "raised a");
    clock.go(Duration.ofMinutes(21));
    deliver();
    assertThat(boss.got()).containsExactly("escalated a");
  }

  @Test
  void quietHours_holdWarningsOnly() throws Exception {
    quiet =
        Optional.of(
            new QuietHours(LocalTime.of(22, 0), LocalTime.of(7, 0), ZoneId.of("Europe/London")));
    clock.set("2026-07-01T22:30:00Z"); // 23:30 in London
    alerts().raise(warning("w"), Origin.WATCH);
    alerts().raise(critical("c"), Origin.WATCH);
    deliver();
    assertThat(mail.got()).containsExactly("raised c");
    clock.set("2026-07-02T05:59:59Z");
    assertThat(alerts().deliver(BOUND, true).sent()).as("c again").isEqualTo(3);
    assertThat(mail.got()).containsExactly("raised c", "repeated c");
    clock.set("2026-07-02T06:00:00Z"); // 07:00 in London
    deliver();
    assertThat(mail.got()).contains("raised w");
  }

  @Test
  void quietHours_heldMessages_areNotTakenForUndeliverable() throws Exception {
    routes = List.of(route(List.of("mail"), List.of()));
    quiet = Optional.of(new QuietHours(LocalTime.of(2, 0), LocalTime.of(9, 0), ZoneId.of("UTC")));
    alerts().raise(warning("w"), Origin.WATCH);
    clock.go(Duration.ofHours(5));
    deliver();
    assertThat(pager.got()).isEmpty();
    assertThat(boss.got()).isEmpty();
    clock.set("2026-11-22T09:00:00Z");
    deliver();
    assertThat(mail.got()).containsExactly("raised w");
  }

  @Test
  void quietHours_whenClocksChange_end() {
    QuietHours hours =
        new QuietHours(LocalTime.of(22, 0), LocalTime.of(2, 30), ZoneId.of("Europe/Berlin"));
    // Clocks are put forward from 2:00 to 3:00: what ends at 2:30 ends when they say 3:30.
    assertThat(hours.end(Instant.parse("2026-03-29T00:15:00Z"))).isEqualTo("2026-03-29T01:30:00Z");
    // Put back from 3:00 to 2:00: the second 2:15 is in them by its name, and they are over.
    assertThat(hours.end(Instant.parse("2026-10-25T01:15:00Z"))).isEqualTo("2026-10-25T01:15:00Z");
    assertThat(hours.end(Instant.parse("2026-06-01T12:00:00Z"))).isEqualTo("2026-06-01T12:00:00Z");
  }

  @Test
  void channelThatIsDownForAnHour_losesNothing_andHoldsUpNoOther() throws Exception {
    routes = List.of(route(List.of("mail", "pager"), List.of()));
    mail.isDown();
    List<String> raised = new ArrayList<>();
    for (int minute = 0; minute < 60; minute += 4) {
      if (minute % 12 == 0) {
        raised.add("raised k" + minute);
        alerts().raise(critical("k" + minute), Origin.JOB);
      }
      deliver();
      clock.go(Duration.ofMinutes(4));
    }
    assertThat(pager.got()).isEqualTo(raised);
    assertThat(mail.got()).isEmpty();
    assertThat(mail.attempts.get()).as("growing pauses").isBetween(6, 14);
    assertThat(alerts().queue().waiting().messages()).isPositive();

    mail.isUp();
    clock.go(Duration.ofMinutes(15));
    deliver();
    assertThat(mail.got()).isEqualTo(raised);
    assertThat(alerts().queue().waiting().messages()).isZero();
    assertThat(alerts().queue().waiting().oldest()).isEmpty();
  }

  @Test
  void whatAChannelDoesNotTake_goesToTheNextAfterTheTime_andToItselfWhenItCan() throws Exception {
    routes = List.of(route(List.of("mail"), List.of()));
    mail.isDown();
    pager.isDown();
    alerts().raise(critical("a"), Origin.JOB);
    for (int minute = 0; minute < 27; minute += 3) {
      deliver();
      clock.go(Duration.ofMinutes(3));
    }
    assertThat(pager.attempts.get()).isZero();
    for (int minute = 0; minute < 70; minute += 5) {
      deliver();
      clock.go(Duration.ofMinutes(5));
    }
    // The pager was next, and is down as well.
    assertThat(pager.attempts.get()).isPositive();
    assertThat(boss.got()).containsExactly("handed-on a");
    mail.isUp();
    pager.isUp();
    clock.go(Duration.ofMinutes(16));
    deliver();
    assertThat(mail.got()).containsExactly("raised a");
    assertThat(pager.got()).containsExactly("handed-on a");
    alerts().resolve("a");
    deliver();
    assertThat(boss.got()).containsExactly("handed-on a", "resolved a");
  }

  @Test
  void whatAChannelRefuses_goesToTheNextAtOnce_andOthersAreNotHeldUp() throws Exception {
    routes = List.of(route(List.of("mail"), List.of("boss")));
    mail.refusedKey = "bad";
    alerts()
        .settle(
            List.of(critical("good"), critical("bad"), critical("fine")), Origin.WATCH, _ -> false);
    alerts().resolve("bad");
    deliver();
    assertThat(mail.got()).containsExactlyInAnyOrder("raised good", "raised fine");
    deliver();
    assertThat(boss.got()).containsExactly("handed-on bad");
  }

  @Test
  void whatIsNeverTaken_isGivenUpAfterAllThatTime_andCounted() throws Exception {
    routes = List.of(route(List.of("mail"), List.of()));
    mail.isDown();
    pager.isDown();
    boss.isDown();
    alerts().raise(critical("a"), Origin.JOB);
    deliver();
    clock.go(Duration.ofDays(31));
    deliver();
    clock.go(Duration.ofDays(31));
    deliver();
    assertThat(alerts().queue().waiting().givenUp()).isPositive();
  }

  @Test
  void messageForAChannelThatIsGone_goesToAnother() throws Exception {
    routes = List.of(route(List.of("mail"), List.of()));
    mail.isDown();
    alerts().raise(critical("a"), Origin.JOB);
    deliver();
    Alerts without =
        make(
            new AlertRules(
                List.of("boss"),
                List.of(),
                Duration.ofHours(4),
                Optional.empty(),
                Duration.ofMinutes(30),
                Duration.ofDays(30)),
            Map.of("boss", boss));
    assertThat(without.deliver(BOUND, false).sent()).isEqualTo(1);
    assertThat(boss.got()).containsExactly("handed-on a");
    assertThat(without.queue().waiting().messages()).isZero();
  }

  @Test
  void channelThatHangs_isLeftBehindAtTheBound_andLosesNothing() throws Exception {
    mail.hangs = true;
    alerts().raise(critical("a"), Origin.JOB);
    Alerts.Delivered done = alerts().deliver(Duration.ofMillis(500), false);
    assertThat(done.failed()).containsOnlyKeys("mail");
    assertThat(pager.got()).containsExactly("raised a");
    mail.hangs = false;
    deliver();
    assertThat(mail.got()).containsExactly("raised a");
  }

  @Test
  void retryAfter_isObeyed() throws Exception {
    routes = List.of(route(List.of("mail"), List.of()));
    mail.answer = new Delivery.Unreachable("slow down", Optional.of(Duration.ofMinutes(7)));
    alerts().raise(critical("a"), Origin.JOB);
    deliver();
    mail.isUp();
    clock.go(Duration.ofMinutes(6));
    deliver();
    assertThat(mail.got()).isEmpty();
    clock.go(Duration.ofMinutes(1));
    deliver();
    assertThat(mail.got()).containsExactly("raised a");
  }

  @Test
  void channelThatThrows_isOneThatRefuses() throws Exception {
    Alerts alerts =
        make(
            new AlertRules(
                List.of("broken", "mail"),
                List.of(route(List.of("broken"), List.of())),
                Duration.ofHours(4),
                Optional.empty(),
                Duration.ofMinutes(30),
                Duration.ofDays(30)),
            Map.of(
                "broken",
                new Channel() {
                  @Override
                  public boolean groups() {
                    return true;
                  }

                  @Override
                  public boolean keepsState() {
                    return false;
                  }

                  @Override
                  public Delivery send(List<Notice> notices, Instant now) {
                    throw new IllegalStateException("the secret is missing");
                  }
                },
                "mail",
                mail));
    alerts.raise(critical("a"), Origin.JOB);
    assertThat(alerts.deliver(BOUND, false).failed())
        .containsEntry("broken", "the secret is missing");
    Alerts.Delivered _ = alerts.deliver(BOUND, false);
    assertThat(mail.got()).containsExactly("handed-on a");
  }

  @Test
  void manyThreadsAndQueuesAtOnce_everyAlertArrivesOnce() throws Exception {
    routes = List.of(route(List.of("mail", "pager"), List.of()));
    int each = 5;
    List<Thread> threads =
        IntStream.range(0, 6)
            .mapToObj(number ->
                Thread.ofVirtual()
                    .start(() -> {
                      Alerts own = alerts();
                      for (int i = 0; i < each; i++) {
                        own.raise(critical("t%d-%d".formatted(number, i)), Origin.JOB);
                        if (i % 3 == 0) {
                          try {
                            Alerts.Delivered _ = own.deliver(BOUND, false);
                          } catch (InterruptedException e) {
                            Thread.currentThread().interrupt();
                          }
                        }
                      }
                    }))
            .toList();
    for (Thread thread : threads) {
      thread.join();
    }
    deliver();
    assertThat(mail.got()).hasSize(30).doesNotHaveDuplicates();
    assertThat(new HashSet<>(pager.got())).hasSize(30);
    assertThat(pager.got()).hasSize(30);
  }

  @Test
  void interruptedThread_stillRaises_andKeepsTheInterrupt() {
    Thread.currentThread().interrupt();
    alerts().raise(critical("a"), Origin.JOB);
    assertThat(Thread.interrupted()).isTrue();
    assertThat(alerts().queue().list(false)).hasSize(1);
    assertThat(said).isEmpty();
  }

  @Test
  void list_showsMessagesThatWaitAndWhy() throws Exception {
    routes = List.of(route(List.of("mail"), List.of()));
    mail.isDown();
    alerts().raise(critical("a"), Origin.JOB);
    deliver();
    AlertState state = alerts().queue().list(false).getFirst();
    assertThat(state.messages())
        .singleElement()
        .satisfies(told -> {
          assertThat(told.outcome()).isEqualTo("waiting");
          assertThat(told.problem()).contains("nobody answers");
          assertThat(told.attempts()).isEqualTo(1);
        });
    assertThat(alerts().queue().waiting().oldest()).contains(clock.instant());
    alerts().resolve("a");
    assertThat(alerts().queue().list(false)).isEmpty();
    assertThat(alerts().queue().list(true)).hasSize(1);
  }

  @Test
  void whatIsOverAndTold_isForgottenAfterTheTime() throws Exception {
    alerts().raise(critical("a"), Origin.JOB);
    deliver();
    alerts().resolve("a");
    deliver();
    clock.go(Duration.ofDays(31));
    deliver();
    assertThat(alerts().queue().list(true)).isEmpty();
  }

  @Test
  void known_isKept() {
    Standing standing =
        new Standing("a/b", Optional.of(clock.instant()), Optional.of(Duration.ofHours(3)));
    alerts().know(List.of(standing, new Standing("a/c", Optional.empty(), Optional.empty())));
    assertThat(alerts().queue().known())
        .containsExactly(standing, new Standing("a/c", Optional.empty(), Optional.empty()));
  }

  @Test
  void heartbeat_remembersSinceWhen() {
    AlertQueue queue = alerts().queue();
    Instant first = clock.instant();
    assertThat(queue.heartbeat("nightly", false, first)).contains(first);
    clock.go(Duration.ofHours(1));
    assertThat(queue.heartbeat("nightly", false, clock.instant())).contains(first);
    assertThat(queue.heartbeat("nightly", true, clock.instant())).isEmpty();
    assertThat(queue.heartbeat("nightly", false, clock.instant())).contains(clock.instant());
  }
}
