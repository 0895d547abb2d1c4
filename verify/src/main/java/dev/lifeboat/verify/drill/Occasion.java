package dev.lifeboat.verify.drill;

import dev.lifeboat.vault.region.RegionName;
import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * A scenario with what it leaves open.
 *
 * @param window for {@link Scenario#RANDOM}: how old a snapshot may be; all if absent
 * @param at for {@link Scenario#AT_TIME}
 * @param lost regions that are not there
 * @param turn why it is the turn of this copy, if turns decide
 */
public record Occasion(
    Scenario scenario,
    Optional<Duration> window,
    Optional<Instant> at,
    SortedSet<RegionName> lost,
    Optional<String> turn) {
  public Occasion {
    lost = Collections.unmodifiableSortedSet(new TreeSet<>(lost));
    if (scenario == Scenario.AT_TIME && at.isEmpty()) {
      throw new IllegalArgumentException("at-time needs the time: --at 2026-11-20T03:00");
    }
    if (scenario != Scenario.AT_TIME && at.isPresent()) {
      throw new IllegalArgumentException("a time goes with the scenario at-time only");
    }
    if (scenario != Scenario.RANDOM && window.isPresent()) {
      throw new IllegalArgumentException("a window goes with the scenario random only");
    }
    if (scenario == Scenario.REGION_LOST && lost.isEmpty()) {
      throw new IllegalArgumentException("region-lost needs the name of a region");
    }
  }

  /** With nobody's turn. */
  public Occasion(
      Scenario scenario,
      Optional<Duration> window,
      Optional<Instant> at,
      SortedSet<RegionName> lost) {
    this(scenario, window, at, lost, Optional.empty());
  }

  /**
   * The turn of one copy.
   *
   * @param time of its snapshot
   * @param others all regions but the one that has it
   */
  public static Occasion turn(Instant time, SortedSet<RegionName> others, String why) {
    return new Occasion(
        Scenario.AT_TIME, Optional.empty(), Optional.of(time), others, Optional.of(why));
  }

  /** Whether a copy is chosen for its age, so that what was lost since says nothing. */
  boolean choosesOld() {
    return scenario.choosesOld() || turn.isPresent();
  }

  /** What happened, in a sentence. */
  public String describe() {
    String sentence = scenario.description();
    if (at.isPresent()) {
      sentence += ": " + at.get();
    }
    if (window.isPresent()) {
      sentence += ", not older than %s hours".formatted(window.get().toHours());
    }
    if (turn.isPresent()) {
      sentence = turn.get();
    }
    return lost.isEmpty() ? sentence : sentence + "; not there: " + lost;
  }
}
