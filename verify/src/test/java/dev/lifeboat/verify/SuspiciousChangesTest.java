package dev.lifeboat.verify;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lifeboat.vault.Digest;
import dev.lifeboat.vault.seal.DatasetName;
import dev.lifeboat.vault.seal.TenantName;
import dev.lifeboat.vault.snapshot.SnapshotHeader;
import dev.lifeboat.vault.snapshot.SnapshotHeader.Counts;
import dev.lifeboat.vault.snapshot.SnapshotId;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SuspiciousChangesTest {
  private static final long MB = 1_000_000;

  @Test
  void recent_allFilesEncryptedInPlace_isSuspicious() {
    List<SnapshotHeader> nights = ordinary(1, 20);
    add(nights, 10_000, 0, 9_700, 300, 970 * MB, 968 * MB);

    List<SuspiciousChanges.Change> changes = SuspiciousChanges.recent(nights);

    assertThat(changes).hasSize(1);
    assertThat(changes.getFirst().snapshot()).isEqualTo(nights.getLast());
    assertThat(changes.getFirst().before()).isEqualTo(nights.get(nights.size() - 2));
    assertThat(changes.getFirst().why())
        .contains("97 % of its files were changed")
        .contains("stored")
        .contains("usually");
  }

  @Test
  void recent_filesEncryptedUnderOtherNames_isSuspicious() {
    List<SnapshotHeader> nights = ordinary(2, 20);
    add(nights, 10_000, 9_000, 0, 1_000, 900 * MB, 899 * MB);

    assertThat(SuspiciousChanges.recent(nights)).hasSize(1);
  }

  @Test
  void recent_halfOfTheFilesRemoved_isSuspicious() {
    List<SnapshotHeader> nights = ordinary(3, 20);
    add(nights, 5_000, 0, 10, 4_990, MB, MB);

    assertThat(SuspiciousChanges.recent(nights))
        .singleElement()
        .satisfies(change -> assertThat(change.why()).contains("50 % of its files were removed"));
  }

  @Test
  void recent_nightsAfterIt_tellForTwoDaysOnly() {
    List<SnapshotHeader> nights = ordinary(4, 20);
    add(nights, 10_000, 0, 10_000, 0, 1000 * MB, 1000 * MB);
    for (int i = 0; i < 2; i++) {
      add(nights, 10_000, 10, 50, 9_940, 6 * MB, 2 * MB);
      assertThat(SuspiciousChanges.recent(nights)).hasSize(1);
    }
    add(nights, 10_000, 10, 50, 9_940, 6 * MB, 2 * MB);

    assertThat(SuspiciousChanges.recent(nights)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(longs = {11, 12, 13, 14, 15, 16, 17, 18})
  void recent_ordinaryNights_areNot(long seed) {
    List<SnapshotHeader> nights = ordinary(seed, 3);
    Random random = new Random(seed);
    for (int i = 0; i < 60; i++) {
      ordinary(nights, random);
      assertThat(SuspiciousChanges.recent(nights)).as("night %d", i).isEmpty();
    }
  }

  @Test
  void recent_everythingRewrittenEveryWeek_isNoSurpriseAfterSomeWeeks() {
    List<SnapshotHeader> nights = ordinary(5, 3);
    Random random = new Random(5);
    for (int i = 0; i < 60; i++) {
      if (i % 7 == 6) {
        add(nights, 10_000, 0, 10_000, 0, 1000 * MB, 700 * MB);
      } else {
        ordinary(nights, random);
      }
      if (i > 21) {
        assertThat(SuspiciousChanges.recent(nights)).as("night %d", i).isEmpty();
      }
    }
  }

  @Test
  void recent_hostThatLostItsMemoryOfFiles_isNot() {
    List<SnapshotHeader> nights = ordinary(6, 20);
    add(nights, 10_000, 10_000, 0, 0, 1000 * MB, 3 * MB);

    assertThat(SuspiciousChanges.recent(nights)).isEmpty();
  }

  @Test
  void recent_allAttributesChanged_isNot() {
    List<SnapshotHeader> nights = ordinary(7, 20);
    add(nights, 10_000, 0, 10_000, 0, 1000 * MB, 2 * MB);

    assertThat(SuspiciousChanges.recent(nights)).isEmpty();
  }

  @Test
  void recent_withoutAHistory_isNot() {
    List<SnapshotHeader> nights = ordinary(8, 4);
    add(nights, 10_000, 0, 10_000, 0, 1000 * MB, 1000 * MB);

    assertThat(SuspiciousChanges.recent(nights)).isEmpty();
  }

  private static List<SnapshotHeader> ordinary(long seed, int count) {
    List<SnapshotHeader> nights = new ArrayList<>();
    Random random = new Random(seed);
    for (int i = 0; i < count; i++) {
      ordinary(nights, random);
    }
    return nights;
  }

  /** A few new files, a few changed ones, text and pictures; now and then a busier day. */
  private static void ordinary(List<SnapshotHeader> nights, Random random) {
    int busy = random.nextInt(10) == 0 ? 8 : 1;
    int changed = busy * (20 + random.nextInt(80));
    int added = busy * random.nextInt(20);
    long read = (changed + added) * (50_000L + random.nextInt(100_000));
    add(
        nights,
        10_000,
        added,
        changed,
        10_000 - added - changed,
        read,
        (long) (read * (0.2 + 0.5 * random.nextDouble())));
  }

  private static void add(
      List<SnapshotHeader> nights,
      long files,
      long added,
      long changed,
      long unchanged,
      long read,
      long stored) {
    int sequence = nights.size() + 1;
    nights.add(
        new SnapshotHeader(
            new SnapshotId("%016x".formatted(sequence)),
            Instant.parse("2026-01-01T02:00:00Z").plus(Duration.ofDays(sequence)),
            new TenantName("acme"),
            new DatasetName("files"),
            "directory",
            "host",
            sequence,
            sequence == 1 ? null : new Digest(1, 2, 3, sequence),
            true,
            new Counts(files, 10, 0, files * 100_000, added, changed, unchanged, read, stored, 0),
            new TreeMap<>(),
            new TreeSet<>(),
            1));
  }
}
