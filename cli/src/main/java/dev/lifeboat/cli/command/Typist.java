package dev.lifeboat.cli.command;

import dev.lifeboat.cli.Environment;
import dev.lifeboat.cli.ExitCode;
import dev.lifeboat.cli.Invocation;
import dev.lifeboat.cli.Main;
import dev.lifeboat.cli.wiring.JobNotices;
import dev.lifeboat.schedules.run.Run;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Runs commands as if somebody had typed them: the configuration is read anew each time, and nobody
 * is there to ask. What they print goes where it always does, and into the log of the run.
 */
final class Typist {
  /** Tells it as what the configuration schedules it. */
  private static final String JOB = JobNotices.SCHEDULED_AS;

  private final Invocation invocation;
  private boolean retrying;

  Typist(Invocation invocation) {
    this.invocation = invocation;
  }

  /** A night that failed is continued, instead of begun anew. */
  Typist retrying() {
    retrying = true;
    return this;
  }

  int run(Run run, PrintStream log) throws InterruptedException {
    List<String> words = new ArrayList<>(invocation.wordsForAnother());
    words.addAll(run.command());
    if (retrying && run.command().equals(List.of("nightly"))) {
      words.add("--retry");
    }
    Environment environment = invocation.environment().unattended();
    PrintStream out = both(environment.out(), log);
    PrintStream err = both(environment.err(), log);
    ExitCode code =
        Main.run(
            environment
                .with(Invocation.SERVICE_RUN, run.id(), out, err)
                .with(JOB, run.job(), out, err),
            words.toArray(String[]::new));
    if (code == ExitCode.INTERRUPTED) {
      throw new InterruptedException(run.id());
    }
    return code.code();
  }

  private static PrintStream both(PrintStream first, PrintStream second) {
    return new PrintStream(
        new OutputStream() {
          @Override
          public void write(int b) throws IOException {
            write(new byte[] {(byte) b}, 0, 1);
          }

          @Override
          public void write(byte[] bytes, int offset, int length) {
            first.write(bytes, offset, length);
            second.write(bytes, offset, length);
          }

          @Override
          public void flush() {
            first.flush();
            second.flush();
          }
        },
        false,
        StandardCharsets.UTF_8);
  }
}
