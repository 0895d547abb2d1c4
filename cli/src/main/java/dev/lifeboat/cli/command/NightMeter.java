package dev.lifeboat.cli.command;

import dev.lifeboat.cli.Invocation;
import dev.lifeboat.cli.output.Meter;
import dev.lifeboat.cli.output.Units;
import dev.lifeboat.jobs.DatasetPlan;
import dev.lifeboat.jobs.NightProgress;
import dev.lifeboat.jobs.report.NightReport;
import dev.lifeboat.sources.Progress;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

/** Shows how far a night is. */
final class NightMeter implements NightProgress, AutoCloseable {
  private final Invocation invocation;
  private final Meter meter;
  private final LongAdder bytes = new LongAdder();
  private final LongAdder items = new LongAdder();

  NightMeter(Invocation invocation) {
    this.invocation = invocation;
    this.meter = new Meter(invocation.environment(), invocation.options().quiet());
  }

  @Override
  public void begins(String night, boolean continued) {
    if (continued) {
      invocation.say("continuing the night of " + night);
    }
  }

  @Override
  public void part(String part) {
    meter.show(() -> part);
  }

  @Override
  public Progress dataset(DatasetPlan dataset) {
    return new Progress() {
      private volatile String place = "";

      @Override
      public void at(String what) {
        place = what;
      }

      @Override
      public void bytes(long more) {
        bytes.add(more);
        meter.show(() ->
            "backing up: %s read, %s done, %s: %s"
                .formatted(Units.bytes(bytes.sum()), Units.count(items.sum()), dataset, place));
      }

      @Override
      public void items(long more) {
        items.add(more);
      }
    };
  }

  @Override
  public void datasetDone(NightReport.Dataset dataset) {
    meter.close();
    invocation.say(
        "%s: %s".formatted(dataset.id(), dataset.state()), Map.of("dataset", dataset.id()));
  }

  @Override
  public void close() {
    meter.close();
  }
}
