package dev.lifeboat.cli.command;

import dev.lifeboat.cli.Invocation;
import dev.lifeboat.cli.output.Meter;
import dev.lifeboat.cli.output.Units;
import dev.lifeboat.restore.RestoreProgress;
import java.util.concurrent.atomic.LongAdder;

/** Shows how far a restore is. */
final class RestoreMeter implements RestoreProgress, AutoCloseable {
  private final Meter meter;
  private final LongAdder bytes = new LongAdder();
  private final LongAdder files = new LongAdder();
  private volatile long plannedBytes;
  private volatile long plannedFiles;
  private volatile String at = "";

  RestoreMeter(Invocation invocation) {
    meter = new Meter(invocation.environment(), invocation.options().quiet());
  }

  @Override
  public void planned(long moreFiles, long moreBytes) {
    plannedFiles = moreFiles;
    plannedBytes = moreBytes;
  }

  @Override
  public void at(String what) {
    at = what;
  }

  @Override
  public void bytes(long more) {
    bytes.add(more);
    meter.show(() ->
        "restoring: %s of %s, %s of %s files, %s"
            .formatted(
                Units.bytes(bytes.sum()),
                Units.bytes(plannedBytes),
                Units.count(files.sum()),
                Units.count(plannedFiles),
                at));
  }

  @Override
  public void items(long more) {
    files.add(more);
  }

  @Override
  public void close() {
    meter.close();
  }
}
