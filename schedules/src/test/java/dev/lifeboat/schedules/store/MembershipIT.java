package dev.lifeboat.schedules.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lifeboat.sources.postgres.PostgresServer;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(240)
final class MembershipIT {
  @AutoClose private static PostgresServer server;
  private SharedStores hosts;

  @BeforeAll
  static void start() throws Exception {
    server = PostgresServer.start();
  }

  @BeforeEach
  void setUp() {
    hosts = new SharedStores(server);
  }

  @AfterEach
  void close() {
    hosts.close();
  }

  @Test
  void giveBack_twice_leavesWhatWasTakenSince() {
    Membership here = hosts.host("here").membership();
    Membership there = hosts.host("there").membership();
    Hold first = here.take("thing").orElseThrow();
    assertThat(there.take("thing")).isEmpty();
    first.close();
    Hold second = here.take("thing").orElseThrow();

    first.close();

    assertThat(first.isHeld()).isFalse();
    assertThat(second.isHeld()).isTrue();
    assertThat(there.take("thing")).isEmpty();
  }

  @Test
  void take_byManyThreadsOfTwoHosts_oneHasItAtATime() throws Exception {
    AtomicInteger having = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    try (ExecutorService threads = Executors.newFixedThreadPool(8)) {
      List<Future<Integer>> all = new ArrayList<>();
      for (int i = 0; i < 8; i++) {
        Membership member = hosts.host(i % 2 == 0 ? "here" : "there").membership();
        all.add(
            threads.submit(() -> {
              int had = 0;
              while (had < 40) {
                Optional<Hold> held = member.take("thing");
                if (held.isPresent()) {
                  try (Hold _ = held.get()) {
                    int now = having.incrementAndGet();
                    int _ = most.accumulateAndGet(now, Math::max);
                    had++;
                    int _ = having.decrementAndGet();
                  }
                }
              }
              return had;
            }));
      }
      for (Future<Integer> one : all) {
        assertThat(one.get()).isEqualTo(40);
      }
    }
    assertThat(most.get()).isEqualTo(1);
  }

  @Test
  void turns_ofTwoHosts_passByPriorityAndTime() {
    Membership here = hosts.host("here").membership();
    Membership there = hosts.host("there").membership();
    long late = here.queue(0, Instant.EPOCH.plusSeconds(5));
    long early = there.queue(0, Instant.EPOCH);
    long urgent = here.queue(1, Instant.EPOCH.plusSeconds(9));

    assertThat(there.pass(early)).isEqualTo(Membership.Turn.WAITS);
    assertThat(here.pass(urgent)).isEqualTo(Membership.Turn.TAKEN);
    here.leave(urgent);
    here.leave(urgent);
    assertThat(here.pass(late)).isEqualTo(Membership.Turn.WAITS);
    assertThat(there.pass(early)).isEqualTo(Membership.Turn.TAKEN);
    there.leave(early);
    assertThat(here.pass(late)).isEqualTo(Membership.Turn.TAKEN);
    assertThat(here.pass(early)).isEqualTo(Membership.Turn.GONE);
  }
}
