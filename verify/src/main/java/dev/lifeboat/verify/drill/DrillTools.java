package dev.lifeboat.verify.drill;

import dev.lifeboat.sources.Restorer;
import dev.lifeboat.sources.fence.Fence;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import java.util.function.LongSupplier;

/**
 * What drills work with.
 *
 * @param drills directory of all drills of this host, {@code drills} of its home
 * @param scratch where to bring back to; below {@code drills} if absent
 * @param temporary where a fence may make a directory that other users must reach
 * @param nanos a clock for durations
 * @param threads that write files
 * @param account that the program runs as
 * @param program version of this program
 */
public record DrillTools(
    List<Restorer> restorers,
    List<Fence> fences,
    Path drills,
    Optional<Path> scratch,
    Path temporary,
    Clock clock,
    SecureRandom random,
    LongSupplier nanos,
    int threads,
    String account,
    String host,
    String program) {
  public DrillTools {
    restorers = List.copyOf(restorers);
    fences = List.copyOf(fences);
  }

  /** Who makes places for drills: one at a time, as long as {@code drills} is locked. */
  String owner() {
    return "%s in %s on %s".formatted(account, drills, host);
  }

  Optional<Restorer> restorer(String kind) {
    return restorers.stream().filter(restorer -> restorer.kind().equals(kind)).findFirst();
  }

  Optional<Fence> fence(String kind) {
    return fences.stream().filter(fence -> fence.kind().equals(kind)).findFirst();
  }
}
