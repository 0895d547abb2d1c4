package dev.lifeboat.verify;

import dev.lifeboat.vault.reclaim.Proof;
import dev.lifeboat.vault.region.ObjectInfo;
import dev.lifeboat.vault.region.ObjectLock;
import dev.lifeboat.vault.region.RegionName;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Adds up the {@link Coverage} of a region, object by object. */
final class CoverageTally {
  private final RegionName region;
  private final Duration within;
  private final Instant now;
  private final Sum ciphertext;
  private final Sum deep;

  CoverageTally(List<Proof> proofs, RegionName region, Duration within, Instant now) {
    this.region = region;
    this.within = within;
    this.now = now;
    this.ciphertext = new Sum(new ProvenRanges(proofs, region, Proof.Depth.CIPHERTEXT, now));
    this.deep = new Sum(new ProvenRanges(proofs, region, Proof.Depth.DEEP, now));
  }

  /** An object of the region. */
  void offer(ObjectInfo object) {
    if (ObjectLock.covers(object.key())) {
      ciphertext.add(object);
    }
  }

  /** A pack of the region that a snapshot needs. */
  void offerNeeded(ObjectInfo pack) {
    deep.add(pack);
  }

  /** An object was proven just now. */
  void read(ObjectInfo object) {
    if (ObjectLock.covers(object.key())) {
      ciphertext.read(object);
    }
  }

  Coverage coverage() {
    return new Coverage(region, within, now, ciphertext.share(), deep.share());
  }

  private final class Sum {
    private final ProvenRanges proven;
    private Coverage.Amount all = Coverage.Amount.NONE;
    private Coverage.Amount lately = Coverage.Amount.NONE;
    private Coverage.Amount overdue = Coverage.Amount.NONE;
    private Coverage.@Nullable Oldest oldest;

    private Sum(ProvenRanges proven) {
      this.proven = proven;
    }

    private boolean isLate(Instant since) {
      return since.isBefore(now.minus(within));
    }

    private void add(ObjectInfo object) {
      all = all.plus(1, object.bytes());
      Optional<Instant> time = proven.lastProven(object);
      Instant since = time.orElse(object.modified());
      if (time.isPresent() && !isLate(since)) {
        lately = lately.plus(1, object.bytes());
        return;
      }
      if (isLate(since)) {
        overdue = overdue.plus(1, object.bytes());
      }
      if (oldest == null || since.isBefore(oldest.since())) {
        oldest = new Coverage.Oldest(object.key(), since, time.isPresent());
      }
    }

    private void read(ObjectInfo object) {
      Optional<Instant> time = proven.lastProven(object);
      if (time.isPresent() && !isLate(time.get())) {
        return;
      }
      lately = lately.plus(1, object.bytes());
      if (isLate(time.orElse(object.modified()))) {
        overdue = overdue.plus(-1, -object.bytes());
      }
      if (oldest != null && oldest.key().equals(object.key())) {
        oldest = null; // Which is the next oldest only another listing tells.
      }
    }

    private Coverage.Share share() {
      return new Coverage.Share(all, lately, overdue, Optional.ofNullable(oldest));
    }
  }
}
