package dev.lifeboat.vault.engine;

import dev.lifeboat.vault.pack.PackId;
import dev.lifeboat.vault.region.ObjectInfo;
import dev.lifeboat.vault.region.ObjectKey;
import dev.lifeboat.vault.region.Region;
import dev.lifeboat.vault.region.RegionException;
import dev.lifeboat.vault.region.RegionName;
import dev.lifeboat.vault.region.RegionSet;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;

/** Which packs which region listed, at one moment. */
final class PackSurvey {
  private static final long ABSENT = -1;

  private final List<RegionName> names;
  private final List<RegionName> answering;
  private final SortedMap<RegionName, RegionException> failed;
  private final Map<PackId, long[]> lengths;

  private PackSurvey(
      List<RegionName> names,
      SortedMap<RegionName, RegionException> failed,
      Map<PackId, long[]> lengths) {
    this.names = names;
    this.answering = names.stream().filter(name -> !failed.containsKey(name)).toList();
    this.failed = failed;
    this.lengths = lengths;
  }

  /**
   * Lists the packs of all regions at once.
   *
   * @param unfit regions whose listing must not be relied on, and why
   */
  static PackSurvey of(RegionSet regions, SortedMap<RegionName, RegionException> unfit) {
    List<RegionName> names = regions.regions().stream().map(Region::name).toList();
    Map<PackId, long[]> lengths = new HashMap<>();
    SortedMap<RegionName, RegionException> failed =
        regions.list(
            ObjectKey.PACKS,
            (region, info) -> {
              PackId pack = pack(info);
              if (pack == null) {
                return;
              }
              synchronized (lengths) {
                lengths
                        .computeIfAbsent(
                            pack,
                            _ -> {
                              long[] none = new long[names.size()];
                              Arrays.fill(none, ABSENT);
                              return none;
                            })[names.indexOf(region)] =
                    info.bytes();
              }
            });
    failed.putAll(unfit);
    // A region that failed half-way has not been seen.
    failed
        .keySet()
        .forEach(name -> lengths.values().forEach(of -> of[names.indexOf(name)] = ABSENT));
    return new PackSurvey(names, failed, lengths);
  }

  /** Something else under the packs' prefix is none of ours: {@code null}. */
  static @Nullable PackId pack(ObjectInfo info) {
    String name = info.key().lastSegment();
    try {
      PackId pack = PackId.parse(name);
      return ObjectKey.of(pack).equals(info.key()) ? pack : null;
    } catch (IllegalArgumentException e) {
      return null;
    }
  }

  /** Regions that were listed to the end, in order of preference. */
  List<RegionName> answering() {
    return answering;
  }

  /** Regions that were not, and why. */
  SortedMap<RegionName, RegionException> failed() {
    return failed;
  }

  /** Whether a region listed the pack with this length. */
  boolean holds(RegionName region, PackId pack, long bytes) {
    long[] of = lengths.get(pack);
    return of != null && of[names.indexOf(region)] == bytes;
  }

  boolean allHold(Set<RegionName> regions, PackId pack, long bytes) {
    return regions.stream().allMatch(region -> holds(region, pack, bytes));
  }

  /** Every pack that some region listed, and the length that the first of them told. */
  void forEach(PackConsumer each) {
    lengths.forEach((pack, of) ->
        Arrays.stream(of)
            .filter(length -> length != ABSENT)
            .findFirst()
            .ifPresent(length -> each.accept(pack, length)));
  }

  interface PackConsumer {
    void accept(PackId pack, long bytes);
  }
}
