package dev.lifeboat.vault.reclaim;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lifeboat.vault.Digest;
import dev.lifeboat.vault.VaultException;
import dev.lifeboat.vault.pack.PackId;
import dev.lifeboat.vault.region.ObjectInfo;
import dev.lifeboat.vault.region.ObjectKey;
import dev.lifeboat.vault.region.RegionName;
import dev.lifeboat.vault.snapshot.PackReference;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tables against a model that reads everything every time. */
class ReferenceTablesTest {
  private static final Digest BINDING = new Digest(1, 2, 3, 4);
  private static final RegionName R0 = new RegionName("r0");
  private static final RegionName R1 = new RegionName("r1");

  @TempDir private Path directory;

  /** Manifests in two regions: lines of pack ids. */
  private final SortedMap<ObjectKey, SortedMap<RegionName, byte[]>> vault = new TreeMap<>();

  private final List<String> refused = new ArrayList<>();
  private int reads;

  private static Collection<PackReference> parse(ObjectKey key, byte[] bytes) {
    BitSet one = new BitSet();
    one.set(0);
    String text = new String(bytes, StandardCharsets.UTF_8);
    if (text.startsWith("garbage")) {
      throw new VaultException.Damaged(key + " is garbage");
    }
    return text.lines().map(line -> new PackReference(PackId.parse(line), 1, 1, one)).toList();
  }

  private static byte[] manifest(Collection<Digest> packs) {
    StringBuilder text = new StringBuilder();
    packs.forEach(pack -> text.append(pack).append('\n'));
    return text.toString().getBytes(StandardCharsets.UTF_8);
  }

  private SortedSet<Digest> look(boolean whole) {
    refused.clear();
    ReferenceTables tables = new ReferenceTables(directory, BINDING, ReferenceTablesTest::parse);
    Map<String, SortedMap<ObjectKey, SortedMap<RegionName, ObjectInfo>>> groups = new TreeMap<>();
    vault.forEach((key, held) -> {
      SortedMap<RegionName, ObjectInfo> infos = new TreeMap<>();
      held.forEach((region, bytes) ->
          infos.put(region, new ObjectInfo(key, bytes.length, Instant.ofEpochSecond(7, 9))));
      String value = key.value();
      groups
          .computeIfAbsent(value.substring(0, value.lastIndexOf('/') + 1), _ -> new TreeMap<>())
          .put(key, infos);
    });
    groups.forEach((dataset, listed) ->
        tables.update(
            dataset,
            listed,
            whole,
            (region, key) -> {
              reads++;
              return vault.getOrDefault(key, new TreeMap<>()).get(region);
            },
            (region, key, _) -> refused.add(region + " " + key)));
    SortedSet<Digest> found = new TreeSet<>();
    try (PackSet set = tables.union()) {
      for (long i = 0; i < set.size(); i++) {
        found.add(set.get(i));
      }
    }
    return found;
  }

  private SortedSet<Digest> model() {
    SortedSet<Digest> all = new TreeSet<>();
    vault.forEach((key, held) ->
        held.values()
            .forEach(bytes -> {
              try {
                parse(key, bytes).forEach(reference -> all.add(reference.pack().value()));
              } catch (VaultException e) {
                // Tells nothing.
              }
            }));
    return all;
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void union_ofChangingVaults_isWhatReadingEverythingGives(long seed) throws Exception {
    Random dice = new Random(seed);
    List<Digest> pool = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      pool.add(new Digest(dice.nextLong(), dice.nextLong(), dice.nextLong(), i));
    }
    Map<String, List<Digest>> current = new HashMap<>();
    int next = 0;
    for (int step = 0; step < 60; step++) {
      for (int i = dice.nextInt(4); i > 0; i--) {
        String dataset = "snapshots/t/d" + dice.nextInt(3) + "/";
        List<Digest> packs = current.computeIfAbsent(dataset, _ -> new ArrayList<>());
        packs.removeIf(_ -> dice.nextInt(8) == 0);
        for (int more = dice.nextInt(20); more > 0; more--) {
          packs.add(pool.get(dice.nextInt(pool.size())));
        }
        SortedMap<RegionName, byte[]> held = new TreeMap<>();
        byte[] bytes =
            dice.nextInt(30) == 0
                ? "garbage".getBytes(StandardCharsets.UTF_8)
                : manifest(new TreeSet<>(packs));
        held.put(R0, bytes);
        if (dice.nextInt(5) > 0) {
          held.put(R1, dice.nextInt(20) > 0 ? bytes : manifest(List.of(pool.get(3))));
        }
        vault.put(new ObjectKey(dataset + "m%05d".formatted(next++)), held);
      }
      for (int i = dice.nextInt(4); i > 0 && !vault.isEmpty(); i--) {
        List<ObjectKey> keys = new ArrayList<>(vault.keySet());
        vault.remove(keys.get(dice.nextInt(keys.size())));
      }
      if (dice.nextInt(10) == 0) {
        damage(dice);
      }
      if (dice.nextInt(6) == 0) {
        assertThat(look(false)).containsAll(model());
      }
      assertThat(look(true)).isEqualTo(model());
      long garbage =
          vault.values().stream()
              .flatMap(held -> held.values().stream())
              .filter(bytes -> new String(bytes, StandardCharsets.UTF_8).startsWith("garbage"))
              .count();
      assertThat(refused).hasSize((int) garbage);
      int before = reads;
      assertThat(look(true)).isEqualTo(model());
      assertThat(reads - before).as("read again: what nobody understands").isEqualTo((int) garbage);
    }
  }

  private void damage(Random dice) throws IOException {
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        byte[] bytes = Files.readAllBytes(file);
        if (dice.nextBoolean()) {
          bytes[dice.nextInt(bytes.length)] ^= (byte) (1 << dice.nextInt(8));
          Files.write(file, bytes);
        } else {
          Files.write(file, java.util.Arrays.copyOf(bytes, dice.nextInt(bytes.length)));
        }
      }
    }
  }

  @Test
  void update_moreReferencesThanAreHeld_areMergedInSeveralSteps() {
    Random dice = new Random(3);
    List<Digest> packs = new ArrayList<>();
    for (int i = 0; i < 30_000; i++) {
      packs.add(new Digest(dice.nextLong(), dice.nextLong(), dice.nextLong(), i));
    }
    for (int i = 0; i < 25; i++) {
      byte[] bytes = manifest(packs.subList(1000 * (i % 3), 30_000 - 500 * (i % 5)));
      vault.put(
          new ObjectKey("snapshots/t/d/m%05d".formatted(i)),
          new TreeMap<>(Map.of(R0, bytes, R1, bytes)));
    }
    assertThat(look(true)).isEqualTo(model());
    assertThat(reads).isEqualTo(50);
    vault.keySet().removeIf(key -> key.value().endsWith("7"));
    assertThat(look(true)).isEqualTo(model());
    assertThat(reads).isEqualTo(50);
  }

  @Test
  void load_otherBinding_isAsGoodAsNone() throws Exception {
    vault.put(
        new ObjectKey("snapshots/t/d/m1"),
        new TreeMap<>(Map.of(R0, manifest(List.of(new Digest(5, 6, 7, 8))))));
    look(true);
    Path file = directory.resolve("snapshots/t/d.refs");
    assertThat(ReferenceTable.load(file, BINDING)).isPresent();
    assertThat(ReferenceTable.load(file, new Digest(9, 2, 3, 4))).isEmpty();
  }
}
