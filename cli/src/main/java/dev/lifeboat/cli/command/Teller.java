package dev.lifeboat.cli.command;

import dev.lifeboat.cli.ExitCode;
import dev.lifeboat.cli.Invocation;
import dev.lifeboat.cli.output.Units;
import dev.lifeboat.schedules.run.Run;
import dev.lifeboat.schedules.run.RunListener;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;

/** Says on standard error what becomes of runs. */
final class Teller implements RunListener {
  private final Invocation invocation;

  Teller(Invocation invocation) {
    this.invocation = invocation;
  }

  @Override
  public void begins(Run run) {
    say(
        run.began(),
        run.job(),
        (run.attempt() == 1 ? "begins" : "goes on, attempt " + run.attempt())
            + (run.covers() == 1 ? "" : ", for %d times that it was due".formatted(run.covers())));
  }

  @Override
  public void ends(Run run) {
    Instant ended = run.ended().orElseThrow();
    say(
        ended,
        run.job(),
        "%s, took %s".formatted(how(run), Units.duration(Duration.between(run.began(), ended))));
  }

  private static String how(Run run) {
    String code =
        run.exitCode()
            .map(number -> "%s, exit code %d".formatted(ExitCode.of(number).meaning(), number))
            .orElse("interrupted");
    return run.what().isEmpty() ? code : code + ": " + run.what();
  }

  @Override
  public void leftOut(Run run) {
    say(run.began(), run.job(), "is not run: " + run.what());
  }

  @Override
  public void waits(String job, String why, Instant until) {
    say(
        invocation.environment().clock().instant(),
        job,
        "waits until %s: %s".formatted(Units.time(until), why));
  }

  private void say(Instant when, String job, String what) {
    invocation.say("%s %s: %s".formatted(Units.time(when), job, what), Map.of("job", job));
  }
}
