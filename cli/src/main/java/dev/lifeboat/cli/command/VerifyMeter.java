package dev.lifeboat.cli.command;

import dev.lifeboat.cli.Invocation;
import dev.lifeboat.cli.output.Meter;
import dev.lifeboat.cli.output.Units;
import dev.lifeboat.verify.VerificationProgress;

/** Shows how far a verification is. */
final class VerifyMeter implements VerificationProgress, AutoCloseable {
  private final Meter meter;
  private String stage = "";
  private long objects;
  private long bytes;
  private long frames;

  VerifyMeter(Invocation invocation) {
    meter = new Meter(invocation.environment(), invocation.options().quiet());
  }

  @Override
  public void at(String what) {
    stage = what;
    show();
  }

  @Override
  public void objects(long more, long moreBytes) {
    objects += more;
    bytes += moreBytes;
    show();
  }

  @Override
  public void frames(long more) {
    frames += more;
    show();
  }

  private void show() {
    meter.show(() ->
        "verifying: %s, %s objects (%s), %s frames"
            .formatted(stage, Units.count(objects), Units.bytes(bytes), Units.count(frames)));
  }

  @Override
  public void close() {
    meter.close();
  }
}
