package dev.lifeboat.verify.drill;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;

/** Measures stages. For one thread. */
final class StageClock {
  private final LongSupplier nanos;
  private final long start;
  private final List<DrillReport.Stage> stages = new ArrayList<>();

  /**
   * @param start of the drill, by the same clock
   */
  StageClock(LongSupplier nanos, long start) {
    this.nanos = nanos;
    this.start = start;
  }

  /** Since the start of the drill. */
  Duration now() {
    return Duration.ofNanos(nanos.getAsLong() - start);
  }

  /** Begins a stage that ends when it is closed, whatever happened in it. */
  Running begin(String name) {
    return new Running(name, now());
  }

  /** Notes what went on beside the stage before it. */
  void beside(String name, Duration began, Duration took) {
    stages.add(new DrillReport.Stage(name, began, took, true));
  }

  List<DrillReport.Stage> stages() {
    return List.copyOf(stages);
  }

  /** A stage under way. */
  final class Running implements AutoCloseable {
    private final String name;
    private final Duration began;

    private Running(String name, Duration began) {
      this.name = name;
      this.began = began;
    }

    @Override
    public void close() {
      stages.add(new DrillReport.Stage(name, began, now().minus(began), false));
    }
  }
}
