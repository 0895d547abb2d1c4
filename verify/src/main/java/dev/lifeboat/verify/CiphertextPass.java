package dev.lifeboat.verify;

import dev.lifeboat.vault.region.ObjectKey;
import dev.lifeboat.vault.region.Region;
import dev.lifeboat.vault.region.RegionException;
import dev.lifeboat.vault.region.RegionName;
import dev.lifeboat.vault.region.RegionSet;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import java.util.Optional;

/**
 * Reads the bytes of every object in every region, or as many as a budget allows, and judges them
 * by their names and signatures.
 */
final class CiphertextPass {
  private final RegionSet regions;
  private final Listing listing;
  private final ObjectJudge judge;
  private final Damage damage;
  private final VerificationProgress progress;
  private final List<Finding> findings = new ArrayList<>();
  private long objects;
  private long bytes;

  CiphertextPass(
      RegionSet regions,
      Listing listing,
      ObjectJudge judge,
      Damage damage,
      VerificationProgress progress) {
    this.regions = regions;
    this.listing = listing;
    this.judge = judge;
    this.damage = damage;
    this.progress = progress;
  }

  List<Finding> findings() {
    return findings;
  }

  long objects() {
    return objects;
  }

  long bytes() {
    return bytes;
  }

  void checkEverything() throws InterruptedException {
    for (RegionName region : listing.regions()) {
      for (ObjectKey key : listing.objects(region).keySet()) {
        check(region, key);
      }
    }
  }

  /**
   * Checks on from where the cursor stands in each region, round past the end, until the budget is
   * used up or every object had its turn. One object more than the budget allows may be read, so
   * that a budget smaller than the largest object still gets past it.
   *
   * @param budgetBytes for each region
   */
  void checkWithin(long budgetBytes, Cursor cursor) throws InterruptedException {
    for (RegionName region : listing.regions()) {
      NavigableMap<ObjectKey, Long> all = listing.objects(region);
      List<ObjectKey> order = new ArrayList<>();
      Optional<ObjectKey> last = cursor.last(region);
      if (last.isPresent()) {
        order.addAll(all.tailMap(last.get(), false).keySet());
        order.addAll(all.headMap(last.get(), true).keySet());
      } else {
        order.addAll(all.keySet());
      }
      long left = budgetBytes;
      for (ObjectKey key : order) {
        if (left <= 0) {
          break;
        }
        left -= check(region, key);
        cursor.advance(region, key);
      }
    }
    cursor.save();
  }

  /** Returns how many bytes were read. */
  private long check(RegionName name, ObjectKey key) throws InterruptedException {
    if (Thread.interrupted()) {
      throw new InterruptedException("verification was stopped at %s in %s".formatted(key, name));
    }
    Region region = regions.region(name).orElseThrow();
    try {
      byte[] object = region.read(key);
      objects++;
      bytes += object.length;
      progress.objects(1, object.length);
      judge
          .fault(key, object)
          .ifPresent(fault ->
              findings.add(
                  new Finding.WrongBytes(
                      name, key, fault, damage.of(key), listing.elsewhere(name, key))));
      return object.length;
    } catch (RegionException.Missing e) {
      // Removed since it was listed: reclamation may do that, and the next inventory will tell.
      return 0;
    } catch (RegionException e) {
      findings.add(new Finding.RegionUnreachable(name, String.valueOf(e.getMessage())));
      return 0;
    }
  }
}
