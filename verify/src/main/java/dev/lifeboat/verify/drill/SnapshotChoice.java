package dev.lifeboat.verify.drill;

import dev.lifeboat.vault.snapshot.SnapshotRecord;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;

/**
 * The snapshot that a scenario needs.
 *
 * @param why this one, in words
 * @param deviations what would have been chosen if it were complete
 */
record SnapshotChoice(SnapshotRecord record, String why, List<String> deviations) {

  /**
   * Chooses.
   *
   * @param all of one dataset, oldest first
   * @param failure when the disaster happened: what is younger does not count
   * @return empty if there is none
   */
  static Optional<SnapshotChoice> of(
      Occasion occasion, List<SnapshotRecord> all, Instant failure, RandomGenerator random) {
    Instant until = occasion.at().orElse(failure);
    List<SnapshotRecord> known =
        all.stream().filter(record -> !record.header().time().isAfter(until)).toList();
    List<SnapshotRecord> complete =
        known.stream().filter(record -> record.header().complete()).toList();
    if (complete.isEmpty()) {
      return known.isEmpty()
          ? Optional.empty()
          : Optional.of(
              new SnapshotChoice(
                  known.getLast(), "no snapshot is complete; this is the newest", List.of()));
    }
    return switch (occasion.scenario()) {
      case OLDEST ->
          Optional.of(
              new SnapshotChoice(
                  complete.getFirst(),
                  "the oldest of %d complete snapshots".formatted(complete.size()),
                  List.of()));
      case RANDOM -> random(occasion, complete, until, random);
      case AT_TIME ->
          Optional.of(
              newest(
                  known,
                  complete,
                  occasion.turn().orElse("the newest complete snapshot not after " + until)));
      case LATEST, REGION_LOST, CATALOGUE_LOST, HOST_LOST, KEY_SHARES, WHOLE_COMPANY ->
          Optional.of(
              newest(
                  known,
                  complete,
                  "the newest of %d complete snapshots in the regions that are left"
                      .formatted(complete.size())));
    };
  }

  private static Optional<SnapshotChoice> random(
      Occasion occasion, List<SnapshotRecord> complete, Instant until, RandomGenerator random) {
    List<SnapshotRecord> within =
        complete.stream()
            .filter(record ->
                occasion
                    .window()
                    .map(window -> !record.header().time().isBefore(until.minus(window)))
                    .orElse(true))
            .toList();
    if (within.isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(
        new SnapshotChoice(
            within.get(random.nextInt(within.size())),
            "drawn at random from %d complete snapshots".formatted(within.size()),
            List.of()));
  }

  private static SnapshotChoice newest(
      List<SnapshotRecord> known, List<SnapshotRecord> complete, String why) {
    SnapshotRecord chosen = complete.getLast();
    List<String> deviations = new ArrayList<>();
    if (!known.getLast().equals(chosen)) {
      deviations.add(
          "%s/%s: snapshot %s of %s is newer, but partial; the newest complete one was drilled"
              .formatted(
                  chosen.header().tenant(),
                  chosen.header().dataset(),
                  known.getLast().header().id(),
                  known.getLast().header().time()));
    }
    return new SnapshotChoice(chosen, why, deviations);
  }
}
