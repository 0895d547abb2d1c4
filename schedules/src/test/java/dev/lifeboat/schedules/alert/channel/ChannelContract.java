package dev.lifeboat.schedules.alert.channel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.lifeboat.schedules.alert.AlertEvent;
import dev.lifeboat.schedules.alert.Channel;
import dev.lifeboat.schedules.alert.Delivery;
import dev.lifeboat.schedules.alert.Notice;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What every channel does, with a real receiver on this machine. */
abstract class ChannelContract {
  static final Duration TIMEOUT = Duration.ofSeconds(5);

  /** Starts the receiver. */
  abstract void open() throws Exception;

  /** Stops it, if it is there. */
  abstract void close() throws Exception;

  @BeforeEach
  final void setUp() throws Exception {
    open();
  }

  @AfterEach
  final void tearDown() throws Exception {
    close();
  }

  /** A channel to it. */
  abstract Channel channel(ChannelSettings settings) throws Exception;

  /** Everything that came in, as text; decoded where it is encoded. */
  abstract List<String> received() throws Exception;

  /** From now on nobody listens. */
  abstract void goDown() throws Exception;

  /** Listens again, at the same place. */
  abstract void comeBack() throws Exception;

  /** Whether the sender can know that nobody listens. */
  boolean notices() {
    return true;
  }

  private Delivery send(Notice... notices) throws Exception {
    return channel(Samples.SETTINGS).send(List.of(notices), Samples.NOW);
  }

  @Test
  void send_ofEachEvent_isTaken_andArrives() throws Exception {
    int count = 0;
    for (AlertEvent event : AlertEvent.values()) {
      assertThat(send(Samples.notice(Samples.late(), event)))
          .as(event.text())
          .isEqualTo(new Delivery.Taken());
      assertThat(received()).as(event.text()).hasSize(++count);
    }
  }

  @Test
  void send_saysWhatBroke_whatIsAtRisk_andWhatToRun() throws Exception {
    Delivery _ = send(Samples.raised());
    assertThat(received().getFirst())
        .contains("acme/crm")
        .contains("newest complete snapshot is 1 d 5 h old, with an RPO of 1 d 2 h")
        .contains("what was written since 2026-11-21T01:30:00Z")
        .contains("2026-11-21T01:30:00Z")
        .contains("lifeboat backup acme/crm");
  }

  @Test
  void send_withoutDetails_namesNoFile_andWithThemDoes() throws Exception {
    Delivery _ = send(Samples.raised());
    assertThat(received().getLast()).doesNotContain("contract.pdf").doesNotContain("Ann Miller");
    Delivery _ = channel(Samples.DETAILED).send(List.of(Samples.raised()), Samples.NOW);
    assertThat(received().getLast()).contains("contract.pdf");
  }

  @Test
  void send_ofMany_isOneMessage_whereTheChannelSaysSo() throws Exception {
    assumeThat(channel(Samples.SETTINGS).groups()).isTrue();
    assertThat(send(Samples.raised(), Samples.notice(Samples.drill(), AlertEvent.RAISED)))
        .isEqualTo(new Delivery.Taken());
    assertThat(received())
        .singleElement()
        .asString()
        .contains("acme/crm")
        .contains("no drill of it ever passed");
  }

  @Test
  void send_whenNobodyListens_saysSo_andArrivesLater() throws Exception {
    assumeThat(notices()).isTrue();
    goDown();
    assertThat(send(Samples.raised())).isInstanceOf(Delivery.Unreachable.class);
    comeBack();
    assertThat(send(Samples.raised())).isEqualTo(new Delivery.Taken());
    assertThat(received()).hasSize(1);
  }

  @Test
  void whatIsSaid_showsNoSecret() throws Exception {
    goDown();
    assertThat(send(Samples.raised()).toString()).doesNotContain(Samples.SECRET);
    assertThat(channel(Samples.SETTINGS).toString()).doesNotContain(Samples.SECRET);
  }
}
