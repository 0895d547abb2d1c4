package dev.lifeboat.verify;

import dev.lifeboat.vault.reclaim.Proof;
import dev.lifeboat.vault.reclaim.ProofLedger;
import dev.lifeboat.vault.region.ObjectInfo;
import dev.lifeboat.vault.region.Region;
import dev.lifeboat.vault.region.RegionException;
import dev.lifeboat.vault.region.RegionName;
import dev.lifeboat.vault.region.RegionSet;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;

/**
 * What one verification knows of earlier ones, and adds for later ones. Regions that do not tell
 * the time are in no turn and count as unproven: they will be found out of reach.
 */
final class Remembered implements Inventory.Seen {
  /** All packs: {@code 0} comes behind the slash. */
  private static final Reading.Range PACKS = new Reading.Range("packs/", "packs0", Proof.EVER);

  private final RegionSet regions;
  private final ProofLedger ledger;
  private final ProofLedger.State state;
  private final VerificationRequest request;
  private final Clock clock;
  private final Optional<Instant> deadline;
  private final SortedMap<RegionName, Instant> starts = new TreeMap<>();
  private final SortedMap<RegionName, Turn> turns = new TreeMap<>();
  private final SortedMap<RegionName, CoverageTally> tallies = new TreeMap<>();
  private final SortedMap<RegionName, Reading> deep = new TreeMap<>();
  private final List<Proof> added = new ArrayList<>();
  private final List<Finding> skews = new ArrayList<>();
  private final OrphanTally orphans;

  private Remembered(
      RegionSet regions,
      ProofLedger ledger,
      ProofLedger.State state,
      VerificationRequest request,
      Clock clock) {
    this.regions = regions;
    this.ledger = ledger;
    this.state = state;
    this.request = request;
    this.clock = clock;
    this.orphans = new OrphanTally(clock.instant());
    this.deadline =
        request.budget().flatMap(ReadBudget::time).map(time -> clock.instant().plus(time));
  }

  /** Asks the regions nothing where an inventory alone is wanted. */
  static Remembered of(
      ProofLedger ledger, RegionSet regions, VerificationRequest request, Clock clock)
      throws InterruptedException {
    boolean asked =
        request.depth() != VerificationReport.Depth.INVENTORY || request.coverage().isPresent();
    Remembered remembered =
        new Remembered(
            regions,
            ledger,
            asked
                ? ledger.read()
                : new ProofLedger.State(List.of(), List.of(), List.of(), List.of(), Instant.EPOCH),
            request,
            clock);
    if (asked) {
      for (Region region : regions.regions()) {
        if (request.only().isEmpty() || request.only().contains(region.name())) {
          remembered.open(region.name());
        }
      }
    }
    return remembered;
  }

  /** Before the region is listed: what comes later must look younger. */
  private void open(RegionName region) {
    Instant now;
    Instant here;
    try {
      here = clock.instant();
      now = regions.in(region, Region::now);
    } catch (RegionException e) {
      return;
    }
    // As it was told at some time between asking and being answered.
    Duration off =
        now.isBefore(here)
            ? Duration.between(here, now)
            : Duration.between(
                Instant.ofEpochMilli(Math.min(now.toEpochMilli(), clock.millis())), now);
    if (off.abs().compareTo(Finding.ClockSkew.USUAL) > 0) {
      skews.add(new Finding.ClockSkew(region, off));
    }
    starts.put(region, now);
    deep.put(region, new Reading(region, now, _ -> {}));
    request
        .budget()
        .ifPresent(budget ->
            turns.put(
                region,
                new Turn(
                    new ProvenRanges(state.proofs(), region, Proof.Depth.CIPHERTEXT, now),
                    budget.at(regions.readCost(region)),
                    now)));
    request
        .coverage()
        .ifPresent(
            within -> tallies.put(region, new CoverageTally(state.proofs(), region, within, now)));
  }

  /** Regions whose clock and this host's differ. */
  List<Finding> skews() {
    return skews;
  }

  @Override
  public void object(RegionName region, ObjectInfo info) {
    Turn turn = turns.get(region);
    if (turn != null) {
      turn.offer(info);
    }
    CoverageTally tally = tallies.get(region);
    if (tally != null) {
      tally.offer(info);
    }
  }

  @Override
  public void needed(RegionName region, ObjectInfo info) {
    CoverageTally tally = tallies.get(region);
    if (tally != null) {
      tally.offerNeeded(info);
    }
    Reading reading = deep.get(region);
    if (reading != null) {
      reading.good(info, info.bytes());
    }
  }

  @Override
  public void unneeded(RegionName region, ObjectInfo info) {
    orphans.unneeded(region, info);
  }

  OrphanTally orphans() {
    return orphans;
  }

  /** What to read of a region; empty to read all of it. */
  Optional<Turn> turn(RegionName region) {
    return request.budget().isEmpty()
        ? Optional.empty()
        : Optional.of(
            turns.computeIfAbsent(
                region,
                name ->
                    new Turn(
                        new ProvenRanges(List.of(), name, Proof.Depth.CIPHERTEXT, Instant.EPOCH),
                        ReadBudget.of(0),
                        Instant.EPOCH)));
  }

  Reading begin(RegionName region) {
    CoverageTally tally = tallies.get(region);
    return new Reading(
        region,
        starts.getOrDefault(region, Proof.EVER),
        object -> {
          if (tally != null) {
            tally.read(object);
          }
        });
  }

  /**
   * Whether a region's share of the time is over.
   *
   * @param regionsLeft that share what is left of it
   */
  BooleanSupplier limit(int regionsLeft) {
    if (deadline.isEmpty()) {
      return () -> false;
    }
    Duration left = Duration.between(clock.instant(), deadline.get());
    Instant end = clock.instant().plus(left.dividedBy(Math.max(1, regionsLeft)));
    return () -> !clock.instant().isBefore(end);
  }

  /** These ranges of a region were read. */
  void read(Reading reading, List<Reading.Range> ranges) {
    if (starts.containsKey(reading.region())) {
      added.addAll(reading.proofs(Proof.Depth.CIPHERTEXT, ranges));
    }
  }

  /** Every snapshot was read from a region, and found right. */
  void readDeep(RegionName region) {
    Reading reading = deep.get(region);
    if (reading != null) {
      added.addAll(reading.proofs(Proof.Depth.DEEP, List.of(PACKS)));
    }
  }

  /** Tells the other hosts, if anything was read. */
  void store(List<String> notes) throws InterruptedException {
    state
        .refused()
        .forEach(why -> notes.add("a record of what was proven counts for nothing: " + why));
    if (!added.isEmpty() && ledger.add(state, added, clock.instant()).held().isEmpty()) {
      notes.add("no region takes the record of what was read: it will be read again");
    }
  }

  /** Of regions that were listed to their end. */
  List<Coverage> coverage(SortedSet<RegionName> listed) {
    return tallies.entrySet().stream()
        .filter(entry -> listed.contains(entry.getKey()))
        .map(entry -> entry.getValue().coverage())
        .toList();
  }
}
