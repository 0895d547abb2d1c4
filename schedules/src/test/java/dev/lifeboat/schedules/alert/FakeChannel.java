package dev.lifeboat.schedules.alert;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;

/** Remembers what it was given, and can be out of order. */
final class FakeChannel implements Channel {
  private final boolean groups;
  private final List<List<Notice>> messages = new ArrayList<>();
  volatile Delivery answer = new Delivery.Taken();

  /** What only this alert gets, if there is one. */
  volatile String refusedKey = "";

  volatile boolean hangs;
  final AtomicInteger attempts = new AtomicInteger();

  FakeChannel(boolean groups) {
    this.groups = groups;
  }

  void isDown() {
    answer = new Delivery.Unreachable("nobody answers", Optional.empty());
  }

  void isUp() {
    answer = new Delivery.Taken();
  }

  /** Event and key of each notice, in the order in which they came. */
  synchronized List<String> got() {
    return messages.stream()
        .flatMap(List::stream)
        .map(notice -> notice.event().text() + " " + notice.alert().key())
        .toList();
  }

  synchronized List<List<Notice>> messages() {
    return List.copyOf(messages);
  }

  @Override
  public boolean groups() {
    return groups;
  }

  @Override
  public boolean keepsState() {
    return false;
  }

  @Override
  public Delivery send(List<Notice> notices, Instant now) throws InterruptedException {
    int _ = attempts.incrementAndGet();
    if (hangs) {
      Thread.sleep(60_000);
    }
    if (notices.stream().anyMatch(notice -> notice.alert().key().equals(refusedKey))) {
      return new Delivery.Refused("not this one");
    }
    if (answer instanceof Delivery.Taken) {
      synchronized (this) {
        messages.add(List.copyOf(notices));
      }
    }
    return answer;
  }
}
