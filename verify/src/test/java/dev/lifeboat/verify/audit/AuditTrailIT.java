package dev.lifeboat.verify.audit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lifeboat.verify.audit.AuditRecord.Concern;
import dev.lifeboat.verify.audit.AuditRecord.Entry;
import dev.lifeboat.verify.audit.AuditRecord.Event;
import dev.lifeboat.verify.audit.AuditRecord.Who;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Processes that write to one trail, and die while they do. */
class AuditTrailIT {
  @TempDir private Path home;

  @Test
  void append_processesAtOnceKilledAtAnyMoment_leaveOneSoundChain() throws Exception {
    AuditTrail trail = new AuditTrail(home, Clock.systemUTC(), new SecureRandom());
    List<Process> writers = new ArrayList<>();
    try {
      for (int i = 0; i < 3; i++) {
        writers.add(writer(i));
      }
      for (int more = 3; more < 6; more++) {
        long before = lines(trail);
        while (lines(trail) < before + 40) {
          assertThat(writers).allMatch(Process::isAlive);
          Thread.sleep(5);
        }
        Process killed = writers.removeFirst();
        killed.destroyForcibly().waitFor(30, TimeUnit.SECONDS);
        writers.add(writer(more));
      }
    } finally {
      for (Process writer : writers) {
        writer.destroyForcibly().waitFor(30, TimeUnit.SECONDS);
      }
    }
    trail.append(entry("last"), Optional.empty());

    AuditCheck.Result result = new AuditCheck((_, _) -> true).read("trail", trail.lines()).result();
    assertThat(result.problems()).isEmpty();
    assertThat(result.chains()).singleElement().matches(chain -> chain.records() > 120);
  }

  private static long lines(AuditTrail trail) {
    return trail.lines().size();
  }

  private Process writer(int number) throws Exception {
    return new ProcessBuilder(
            System.getProperty("java.home") + "/bin/java",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-cp",
            System.getProperty("java.class.path"),
            Writer.class.getName(),
            home.toString(),
            "writer" + number)
        .redirectErrorStream(true)
        .redirectOutput(home.resolve("writer" + number).toFile())
        .start();
  }

  private static Entry entry(String command) {
    return new Entry(
        Event.END,
        "00",
        command,
        Concern.READ,
        List.of("x".repeat(9_000)),
        List.of(),
        new Who("joan", 1000, "", "db1", 1, ""),
        "lifeboat test",
        OptionalInt.of(0),
        AuditRecord.details());
  }

  /** Appends until it is killed. */
  static final class Writer {
    private Writer() {}

    public static void main(String[] arguments) throws Exception {
      AuditTrail trail =
          new AuditTrail(Path.of(arguments[0]), Clock.systemUTC(), new SecureRandom());
      while (Files.isDirectory(Path.of(arguments[0]))) {
        trail.append(entry(arguments[1]), Optional.empty());
      }
    }
  }
}
