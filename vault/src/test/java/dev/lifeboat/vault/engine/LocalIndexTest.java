package dev.lifeboat.vault.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lifeboat.vault.engine.HookedRegion.Operation;
import dev.lifeboat.vault.region.ObjectKey;
import dev.lifeboat.vault.snapshot.SnapshotRecord;
import dev.lifeboat.vault.snapshot.SnapshotView;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What sessions ask of the regions, and how they get by without their cache or with a bad one. */
class LocalIndexTest {
  @TempDir Path directory;

  private static Map<String, byte[]> files(int night) {
    Map<String, byte[]> files = new LinkedHashMap<>(RoundTripTest.files(20));
    for (int i = 0; i <= night; i++) {
      files.put("night-" + i, VaultFixture.bytes(1000 + i, 300_000));
    }
    return files;
  }

  private static List<String> readIndexes(VaultFixture fixture) {
    List<String> reads = Collections.synchronizedList(new ArrayList<>());
    fixture
        .regions()
        .forEach(region ->
            region.hook((operation, what) -> {
              if (operation == Operation.READ && !what.startsWith("snapshots/")) {
                reads.add(what);
              }
            }));
    return reads;
  }

  private List<Path> cached(String prefix) throws IOException {
    Path root = directory.resolve(prefix);
    if (!Files.exists(root)) {
      return List.of();
    }
    try (var found = Files.walk(root)) {
      return found.filter(Files::isRegularFile).toList();
    }
  }

  private List<Path> segments() throws IOException {
    return cached("segments").stream().filter(file -> file.toString().endsWith("segment")).toList();
  }

  @Test
  void nights_withTheirCache_readNoIndexObjectAgain() throws IOException {
    try (VaultFixture fixture = VaultFixture.inMemory()) {
      for (int night = 0; night < 6; night++) {
        List<String> reads = readIndexes(fixture);
        try (Vault vault = fixture.open(directory)) {
          fixture.night(vault, files(night));
        }
        assertThat(reads).as("night %d", night).isEmpty();
        assertThat(segments()).hasSize(1);
        assertThat(cached("index")).isEmpty();
      }
      long before = fixture.region(0).packBytes();
      fixture.night(fixture.open(directory), files(5));
      assertThat(fixture.region(0).packBytes()).isEqualTo(before);
    }
  }

  @Test
  void begin_byAnotherHost_readsEachIndexObjectOnce() throws IOException {
    try (VaultFixture fixture = VaultFixture.inMemory()) {
      fixture.night(fixture.open(), files(0));
      fixture.night(fixture.open(), files(1));
      List<String> reads = readIndexes(fixture);
      fixture.begin(fixture.open(directory)).close();
      long indexes =
          fixture.objects(0).keySet().stream()
              .filter(key -> key.value().startsWith("index/"))
              .count();
      assertThat(reads).hasSize((int) indexes).doesNotHaveDuplicates();
      reads.clear();
      fixture.begin(fixture.open(directory)).close();
      fixture.begin(fixture.open(directory)).close();
      assertThat(reads).isEmpty();
    }
  }

  @Test
  void open_withASegment_listsNothingAndReadsNoIndexObject() throws IOException {
    try (VaultFixture fixture = VaultFixture.inMemory()) {
      Vault vault = fixture.open(directory);
      SnapshotRecord snapshot = fixture.night(vault, files(0)).snapshot();
      vault.close();
      Vault later = fixture.open(directory);
      List<String> asked = Collections.synchronizedList(new ArrayList<>());
      fixture
          .regions()
          .forEach(region ->
              region.hook((operation, what) -> {
                if (operation == Operation.LIST || what.startsWith("index/")) {
                  asked.add(operation + " " + what);
                }
              }));
      try (SnapshotView view = later.open(snapshot, fixture.tenant())) {
        RoundTripTest.assertHolds(view, files(0));
      }
      assertThat(asked).isEmpty();
    }
  }

  /** Any byte of the cache, between two nights: nothing is lost, nothing is believed. */
  @Test
  void nights_anyByteOfASegmentFlipped_restoreAndStoreTheSame() throws IOException {
    Random random = new Random(1);
    try (VaultFixture fixture = VaultFixture.inMemory()) {
      SnapshotRecord first;
      try (Vault vault = fixture.open(directory)) {
        first = fixture.night(vault, files(0)).snapshot();
      }
      for (int round = 0; round < 25; round++) {
        damage(random, round);
        try (Vault vault = fixture.open(directory);
            SnapshotView view = vault.open(first, fixture.tenant())) {
          RoundTripTest.assertHolds(view, files(0));
        }
        damage(random, round + 1);
        SnapshotRecord again;
        try (Vault vault = fixture.open(directory)) {
          again = fixture.night(vault, files(0)).snapshot();
        }
        try (Vault vault = fixture.open();
            SnapshotView view = vault.open(again, fixture.tenant())) {
          RoundTripTest.assertHolds(view, files(0));
        }
      }
    }
  }

  private void damage(Random random, int how) throws IOException {
    for (Path segment : segments()) {
      byte[] bytes = Files.readAllBytes(segment);
      if (how % 5 == 4) {
        bytes = Arrays.copyOf(bytes, random.nextInt(bytes.length));
      } else {
        bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
      }
      // Another file: what a process still has mapped is not what this is about.
      Files.delete(segment);
      Files.write(segment, bytes);
    }
  }

  /** The index object goes, its packs stay: whoever refers to them indexes them again. */
  @Test
  void begin_indexObjectGone_indexesItsPacksAgain() throws IOException {
    try (VaultFixture fixture = VaultFixture.inMemory()) {
      try (Vault vault = fixture.open(directory)) {
        fixture.night(vault, files(0));
      }
      for (ObjectKey key : fixture.objects(0).keySet()) {
        if (key.value().startsWith("index/")) {
          fixture.memory(0).delete(key);
          fixture.memory(1).delete(key);
        }
      }
      long before = fixture.region(0).packBytes();
      try (Vault vault = fixture.open(directory)) {
        fixture.night(vault, files(0));
      }
      assertThat(fixture.region(0).packBytes()).isEqualTo(before);
      assertThat(fixture.objects(0).keySet()).anyMatch(key -> key.value().startsWith("index/"));
      assertThat(fixture.objects(1).keySet()).anyMatch(key -> key.value().startsWith("index/"));
    }
  }

  /** Packs of a session that was killed are taken over, and their footers not kept for ever. */
  @Test
  void begin_packsWithoutIndex_areAdoptedOnce() throws IOException {
    try (VaultFixture fixture = VaultFixture.inMemory()) {
      try (Vault vault = fixture.open()) {
        fixture.night(vault, files(0));
      }
      for (ObjectKey key : fixture.objects(0).keySet()) {
        if (key.value().startsWith("index/")) {
          fixture.memory(0).delete(key);
          fixture.memory(1).delete(key);
        }
      }
      fixture.begin(fixture.open(directory)).close();
      assertThat(cached("footers")).isNotEmpty();
      try (Vault vault = fixture.open(directory)) {
        fixture.night(vault, files(0));
      }
      assertThat(cached("footers").stream().filter(file -> !file.endsWith(".pruned"))).isEmpty();
    }
  }
}
