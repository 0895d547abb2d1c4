package dev.lifeboat.vault.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lifeboat.vault.VaultException;
import dev.lifeboat.vault.pack.PackFormat;
import dev.lifeboat.vault.region.ObjectKey;
import dev.lifeboat.vault.seal.Hpke;
import dev.lifeboat.vault.seal.Prologue;
import dev.lifeboat.vault.seal.SecretBytes;
import dev.lifeboat.vault.seal.TenantReadKeys;
import dev.lifeboat.vault.seal.TenantWriteKeys;
import dev.lifeboat.vault.snapshot.SnapshotRecord;
import dev.lifeboat.vault.snapshot.SnapshotView;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class DamageTest {
  private static final Map<String, byte[]> FILES = RoundTripTest.files(30);

  /** One byte damaged at a time, in one of two regions: everything still comes back. */
  @Test
  void read_anyObjectDamagedInOneRegion_comesFromTheOther() throws IOException {
    try (VaultFixture fixture = VaultFixture.inMemory()) {
      fixture.night(fixture.open(), FILES);
      for (Map.Entry<ObjectKey, byte[]> object : fixture.objects(0).entrySet()) {
        for (byte[] bad : damages(object.getValue())) {
          fixture.memory(0).tamper(object.getKey(), bad);
          assertReadable(fixture);
        }
        fixture.memory(0).delete(object.getKey());
        assertReadable(fixture);
        fixture.memory(0).put(object.getKey(), java.nio.ByteBuffer.wrap(object.getValue()));
      }
    }
  }

  /** The same in both regions: it comes back whole, or the damage is named; never other bytes. */
  @Test
  void read_anyObjectDamagedEverywhere_isNamedOrMadeUpFor() throws IOException {
    try (VaultFixture fixture = VaultFixture.inMemory()) {
      fixture.night(fixture.open(), FILES);
      for (Map.Entry<ObjectKey, byte[]> object : fixture.objects(0).entrySet()) {
        for (byte[] bad : damages(object.getValue())) {
          fixture.memory(0).tamper(object.getKey(), bad);
          fixture.memory(1).tamper(object.getKey(), bad);
          assertNamedOrReadable(fixture, object.getKey());
        }
        fixture.memory(0).tamper(object.getKey(), object.getValue());
        fixture.memory(1).tamper(object.getKey(), object.getValue());
      }
      assertReadable(fixture);
    }
  }

  @Test
  void read_indexObjectsGone_usesFooters() throws IOException {
    try (VaultFixture fixture = VaultFixture.inMemory()) {
      fixture.night(fixture.open(), FILES);
      for (ObjectKey key : fixture.objects(0).keySet()) {
        if (key.value().startsWith("index/")) {
          fixture.memory(0).delete(key);
          fixture.memory(1).delete(key);
        }
      }
      assertReadable(fixture);
    }
  }

  @Test
  void begin_indexObjectDamagedEverywhere_storesNothingTwice() {
    try (VaultFixture fixture = VaultFixture.inMemory()) {
      fixture.night(fixture.open(), FILES);
      for (Map.Entry<ObjectKey, byte[]> object : fixture.objects(0).entrySet()) {
        if (object.getKey().value().startsWith("index/")) {
          byte[] bad = object.getValue().clone();
          bad[100] ^= 1;
          fixture.memory(0).tamper(object.getKey(), bad);
          fixture.memory(1).tamper(object.getKey(), bad);
        }
      }
      long before = fixture.region(0).packBytes();
      fixture.night(fixture.open(), FILES);
      assertThat(fixture.region(0).packBytes()).isEqualTo(before);
    }
  }

  @Test
  void read_preferredRegionGoneAndEveryObjectOfTheSecondCorrupt_isExactFromTheThird()
      throws IOException {
    Map<String, byte[]> files =
        Map.of(
            "small", VaultFixture.bytes(1, 10_000),
            "large", VaultFixture.bytes(2, 3_000_000),
            "empty", new byte[0]);
    try (VaultFixture fixture = VaultFixture.inMemory(3, 2)) {
      SnapshotRecord snapshot = fixture.night(fixture.open(), files).snapshot();
      fixture.region(0).down();
      fixture
          .objects(1)
          .forEach((key, bytes) -> {
            bytes[bytes.length / 2] ^= 1;
            fixture.memory(1).tamper(key, bytes);
          });
      try (Vault vault = fixture.open();
          SnapshotView view = vault.open(snapshot, fixture.tenant())) {
        RoundTripTest.assertHolds(view, files);
      }
      fixture.region(0).up();
    }
  }

  @Test
  void begin_packLostInOneRegion_storesItsChunksAgain() throws IOException {
    try (VaultFixture fixture = VaultFixture.inMemory()) {
      fixture.night(fixture.open(), FILES);
      ObjectKey pack =
          fixture.objects(0).keySet().stream()
              .filter(key -> key.value().startsWith(ObjectKey.PACKS))
              .findFirst()
              .orElseThrow();
      fixture.memory(1).delete(pack);
      Committed committed = fixture.night(fixture.open(), FILES);

      assertThat(committed.durable()).isTrue();
      assertThat(fixture.references(committed.snapshot()))
          .noneMatch(reference -> ObjectKey.of(reference.pack()).equals(pack));
      fixture.region(0).down();
      Vault vault = fixture.open();
      SnapshotRecord newest = vault.snapshots(fixture.tenant().write()).getLast();
      try (SnapshotView view = vault.open(newest, fixture.tenant())) {
        RoundTripTest.assertHolds(view, FILES);
      }
    }
  }

  @Test
  void snapshots_laterFormat_namesBothVersions() {
    try (VaultFixture fixture = VaultFixture.inMemory()) {
      fixture.night(fixture.open(), FILES);
      for (Map.Entry<ObjectKey, byte[]> object : fixture.objects(0).entrySet()) {
        if (object.getKey().value().startsWith("snapshots/")) {
          byte[] later = object.getValue().clone();
          later[5] = 9;
          fixture.memory(0).tamper(object.getKey(), later);
          fixture.memory(1).tamper(object.getKey(), later);
        }
      }
      assertThatThrownBy(() -> fixture.open().snapshots(fixture.tenant().write()))
          .isInstanceOf(VaultException.UnsupportedFormat.class)
          .hasMessageContaining("version 9")
          .hasMessageContaining("version 1");
    }
  }

  /** The host has everything but the private key; no key it has opens a pack or a body. */
  @Test
  void open_withAllThatAHostKeeps_isRefused() {
    try (VaultFixture fixture = VaultFixture.inMemory()) {
      Vault vault = fixture.open();
      Committed committed = fixture.night(vault, FILES);
      TenantWriteKeys keys = fixture.host().newest(VaultFixture.TENANT).orElseThrow();
      List<byte[]> secrets =
          List.of(
              keys.chunkIdKey().exposeSecret(),
              keys.indexKey().exposeSecret(),
              keys.nameKey().exposeSecret(),
              fixture.host().signingKey().exposeSeed().exposeSecret(),
              Arrays.copyOf(keys.publicKey(), 32));
      for (byte[] secret : secrets) {
        try (TenantReadKeys guess = new TenantReadKeys(keys.copy(), SecretBytes.copyOf(secret))) {
          assertThatThrownBy(() -> vault.open(committed.snapshot(), guess))
              .isInstanceOf(VaultException.KeyUnavailable.class);
          fixture
              .objects(0)
              .forEach((key, bytes) -> {
                if (key.value().startsWith(ObjectKey.PACKS)) {
                  Prologue prologue = Prologue.read(bytes, Prologue.Kind.PACK, key.value());
                  assertThatThrownBy(() ->
                          Hpke.open(
                              guess.privateKey(),
                              prologue.info("lifeboat v1 pack", new byte[0]),
                              Arrays.copyOfRange(bytes, Prologue.BYTES, PackFormat.HEADER_BYTES)))
                      .isInstanceOf(VaultException.KeyUnavailable.class);
                }
              });
        }
      }
      // What it may do: list.
      assertThat(vault.snapshots(keys)).hasSize(1);
    }
  }

  private static List<byte[]> damages(byte[] bytes) {
    Random random = new Random(bytes.length);
    List<byte[]> damages = new java.util.ArrayList<>();
    // Every field has its turn: the head and the tail byte by byte at intervals, the rest at
    // random.
    TreeSet<Integer> places = new TreeSet<>(List.of(0, 4, 5, 7, 8, 24, 43, 44, 76, 80));
    places.add(bytes.length - 1);
    places.add(bytes.length - 5);
    places.add(bytes.length - 70);
    for (int i = 0; i < 12; i++) {
      places.add(random.nextInt(bytes.length));
    }
    for (int place : places) {
      byte[] flipped = bytes.clone();
      flipped[place] ^= (byte) (1 << random.nextInt(8));
      damages.add(flipped);
    }
    damages.add(new byte[0]);
    damages.add(Arrays.copyOf(bytes, bytes.length / 2));
    damages.add(Arrays.copyOf(bytes, bytes.length - 1));
    damages.add(Arrays.copyOf(bytes, bytes.length + 1));
    return damages;
  }

  private static void assertReadable(VaultFixture fixture) throws IOException {
    Vault vault = fixture.open();
    List<SnapshotRecord> snapshots = vault.snapshots(fixture.tenant().write());
    assertThat(snapshots).hasSize(1);
    try (SnapshotView view = vault.open(snapshots.getFirst(), fixture.tenant())) {
      RoundTripTest.assertHolds(view, FILES);
    }
  }

  private static void assertNamedOrReadable(VaultFixture fixture, ObjectKey damaged)
      throws IOException {
    try {
      assertReadable(fixture);
      // Bytes of a pack that nobody needed, or an index object that footers stand in for.
      assertThat(damaged.value()).doesNotStartWith("snapshots/");
    } catch (VaultException e) {
      assertThat(messages(e)).contains(damaged.lastSegment());
    }
  }

  private static String messages(Throwable e) {
    Throwable cause = e.getCause();
    return cause == null ? String.valueOf(e) : e + " / " + messages(cause);
  }
}
