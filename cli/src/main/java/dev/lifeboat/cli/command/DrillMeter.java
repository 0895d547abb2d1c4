package dev.lifeboat.cli.command;

import dev.lifeboat.cli.Invocation;
import dev.lifeboat.cli.output.Meter;
import dev.lifeboat.cli.output.Units;
import dev.lifeboat.verify.drill.DrillProgress;
import java.util.concurrent.atomic.AtomicLong;

/** Shows how far a drill is. */
final class DrillMeter implements DrillProgress, AutoCloseable {
  private final Meter meter;
  private final AtomicLong bytes = new AtomicLong();
  private volatile String stage = "";

  DrillMeter(Invocation invocation) {
    meter = new Meter(invocation.environment(), invocation.options().quiet());
  }

  @Override
  public void stage(String dataset, String what) {
    stage = dataset.isEmpty() ? what : dataset + ", " + what;
    bytes.set(0);
    show();
  }

  @Override
  public void bytes(long more) {
    bytes.addAndGet(more);
    show();
  }

  @Override
  public void at(String what) {
    show();
  }

  private void show() {
    meter.show(() ->
        bytes.get() == 0
            ? "drill: " + stage
            : "drill: %s, %s".formatted(stage, Units.bytes(bytes.get())));
  }

  @Override
  public void close() {
    meter.close();
  }
}
