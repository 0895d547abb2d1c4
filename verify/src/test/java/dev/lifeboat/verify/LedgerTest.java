package dev.lifeboat.verify;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lifeboat.vault.engine.EngineSettings;
import dev.lifeboat.vault.engine.Vault;
import dev.lifeboat.vault.engine.VaultFixture;
import dev.lifeboat.vault.reclaim.ProofLedger;
import dev.lifeboat.vault.region.ObjectKey;
import dev.lifeboat.vault.region.ObjectLock;
import dev.lifeboat.vault.seal.HostKeystore;
import dev.lifeboat.vault.seal.SigningKey;
import dev.lifeboat.vault.seal.VaultDocument;
import dev.lifeboat.vault.seal.WriterName;
import dev.lifeboat.verify.VerificationReport.Depth;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What verifications remember of each other through the vault. */
class LedgerTest {
  private static final Duration WEEK = Duration.ofDays(7);

  @TempDir private Path state;
  private final VaultFixture fixture = VaultFixture.inMemory();
  private Vault vault;
  private final List<HostKeystore> others = new ArrayList<>();

  @BeforeEach
  void twoNights() throws Exception {
    vault = fixture.open();
    VaultDocument document = fixture.document();
    fixture.storeKitKeys(vault);
    for (int i = 2; i < 6; i++) {
      WriterName name = new WriterName("host-" + i);
      SigningKey key = SigningKey.generate(fixture.random());
      document = document.withWriter(name, key.verifyKey(), fixture.clock().instant());
      HostKeystore host = new HostKeystore(name, key, document);
      host.add(fixture.tenant().write());
      others.add(host);
    }
    vault.regions().put(document.key(), ByteBuffer.wrap(document.encode(fixture.kit().rootKey())));
    vault =
        Vault.open(
            vault.regions(),
            document,
            state.resolve("cache"),
            fixture.clock(),
            fixture.random(),
            EngineSettings.DEFAULT);
    fixture.night(vault, Map.of("a", VaultFixture.bytes(1, 300_000)));
    fixture.night(vault, Map.of("a", VaultFixture.bytes(2, 300_000)));
  }

  @AfterEach
  void close() {
    fixture.close();
  }

  @Test
  void coverage_nothingEverRead_isNothingAndOverdueAfterTheWeek() throws Exception {
    Coverage young = coverage().getFirst();
    assertThat(young.ciphertext().proven().objects()).isZero();
    assertThat(young.kept()).as("nothing is older than a week").isTrue();

    fixture.clock().advance(WEEK);
    Coverage late = coverage().getFirst();

    assertThat(late.kept()).isFalse();
    assertThat(late.ciphertext().overdue()).isEqualTo(late.ciphertext().objects());
    assertThat(late.ciphertext().oldest().orElseThrow().proven()).isFalse();
  }

  @Test
  void coverage_afterReadingEverything_isEverythingForAnyHost() throws Exception {
    fixture.night(vault, Map.of("b", VaultFixture.bytes(3, 300_000)));
    VerificationReport report = run(request(Depth.CIPHERTEXT, Optional.empty()));
    assertThat(report.sound()).isTrue();

    for (Coverage region : coverageOfAnotherHost()) {
      assertThat(region.ciphertext().provenShare()).as("%s", region).isEqualTo(1);
      assertThat(region.kept()).isTrue();
      assertThat(region.deep().proven().objects()).isZero();
    }
  }

  @Test
  void coverage_ofWhatWasStoredMinutesAgoAndRead_isEverything() throws Exception {
    fixture.clock().advance(Duration.ofDays(-1).plusMinutes(5));
    assertThat(run(request(Depth.CIPHERTEXT, Optional.empty())).sound()).isTrue();

    assertThat(coverageOfAnotherHost())
        .allSatisfy(region -> assertThat(region.ciphertext().provenShare()).isEqualTo(1));
  }

  @Test
  void coverage_afterDeep_isOfTheNeededPacks() throws Exception {
    assertThat(run(request(Depth.DEEP, Optional.empty())).sound()).isTrue();

    assertThat(coverageOfAnotherHost())
        .allSatisfy(region -> {
          assertThat(region.deep().objects().objects()).isPositive();
          assertThat(region.deep().provenShare()).isEqualTo(1);
        });
  }

  @Test
  void budget_twoHosts_shareTheWork() throws Exception {
    long all = run(request(Depth.CIPHERTEXT, Optional.empty())).objectsRead();
    removeLedger();
    ReadBudget half = ReadBudget.of(lasting() / 2);

    long first = run(request(Depth.CIPHERTEXT, Optional.of(half))).objectsRead();
    assertThat(first).isLessThan(all);
    VerificationReport second =
        another().run(request(Depth.CIPHERTEXT, Optional.of(half)), VerificationProgress.NONE);
    assertThat(second.objectsRead()).isPositive();

    assertThat(coverage())
        .allSatisfy(region -> assertThat(region.ciphertext().provenShare()).isEqualTo(1));
  }

  @Test
  void budget_badObject_isFoundEveryTimeUntilItIsMended() throws Exception {
    ObjectKey pack =
        fixture.objects(0).keySet().stream()
            .filter(key -> key.value().startsWith(ObjectKey.PACKS))
            .findFirst()
            .orElseThrow();
    byte[] good = Objects.requireNonNull(fixture.objects(0).get(pack));
    byte[] bad = good.clone();
    bad[50] ^= 1;
    fixture.memory(0).tamper(pack, bad);
    Optional<ReadBudget> all = Optional.of(ReadBudget.of(Long.MAX_VALUE));
    for (int night = 0; night < 3; night++) {
      assertThat(run(request(Depth.CIPHERTEXT, all)).findings())
          .hasAtLeastOneElementOfType(Finding.WrongBytes.class);
      Coverage.Share share = coverage().getFirst().ciphertext();
      assertThat(share.objects().objects() - share.proven().objects()).isEqualTo(1);
      fixture.clock().advance(Duration.ofDays(1));
    }
    Optional<ReadBudget> little = Optional.of(ReadBudget.of(1));
    assertThat(run(request(Depth.CIPHERTEXT, little)).findings())
        .as("it is the first to be read")
        .hasAtLeastOneElementOfType(Finding.WrongBytes.class);
  }

  @Test
  void ledger_forgedRecord_countsForNothing() throws Exception {
    run(request(Depth.CIPHERTEXT, Optional.empty()));
    Map<ObjectKey, byte[]> good = new HashMap<>();
    for (ObjectKey key : ledger()) {
      byte[] record = Objects.requireNonNull(fixture.objects(0).get(key));
      good.put(key, record);
      byte[] bad = record.clone();
      bad[record.length / 2] ^= 1;
      tamper(key, bad);
    }
    fixture.clock().advance(WEEK.plusDays(2));

    assertThat(another().run(coverageRequest(), VerificationProgress.NONE).coverage())
        .allSatisfy(region -> {
          assertThat(region.ciphertext().proven().objects()).isZero();
          assertThat(region.kept()).isFalse();
        });
    assertThat(run(request(Depth.CIPHERTEXT, Optional.empty())).findings())
        .as("and it is damage like any other")
        .isNotEmpty();

    // Of another host's name: a writer's signature is right, its name is not.
    another().run(request(Depth.CIPHERTEXT, Optional.empty()), VerificationProgress.NONE);
    good.forEach((key, record) -> {
      ObjectKey other = new ObjectKey(key.value().replace("/host-1/", "/host-9/"));
      vault.regions().put(other, ByteBuffer.wrap(record));
    });
    assertThat(another().run(coverageRequest(), VerificationProgress.NONE).notes())
        .anyMatch(note -> note.contains("host-9"));
  }

  @Test
  void ledger_replayedOldRecord_saysNoMoreThanItSaid() throws Exception {
    run(request(Depth.CIPHERTEXT, Optional.empty()));
    ObjectKey old = ledger().getFirst();
    byte[] record = Objects.requireNonNull(fixture.objects(0).get(old));
    fixture.clock().advance(Duration.ofDays(1));
    fixture.night(vault, Map.of("c", VaultFixture.bytes(4, 300_000)));
    removeLedger();
    vault.regions().put(old, ByteBuffer.wrap(record));

    Coverage.Share share = coverage().getFirst().ciphertext();
    assertThat(share.proven().objects())
        .as("what came later is not in it")
        .isPositive()
        .isLessThan(share.objects().objects());

    fixture.clock().advance(WEEK);
    assertThat(coverage().getFirst().kept()).isFalse();
  }

  @Test
  void ledger_afterManyNights_staysShort() throws Exception {
    ReadBudget week = new ReadBudget(Long.MAX_VALUE, Optional.of(WEEK));
    long longest = 0;
    for (int night = 0; night < 40; night++) {
      fixture.night(vault, Map.of("n" + night, VaultFixture.bytes(100 + night, 5_000)));
      assertThat(run(request(Depth.CIPHERTEXT, Optional.of(week))).sound()).isTrue();
      assertThat(ledger().size()).isLessThanOrEqualTo(10);
      for (ObjectKey key : ledger()) {
        longest = Math.max(longest, Objects.requireNonNull(fixture.objects(0).get(key)).length);
      }
      if (night > 8) {
        assertThat(coverage()).allSatisfy(region -> assertThat(region.kept()).isTrue());
      }
    }
    assertThat(longest).isLessThan(20_000);
  }

  @Test
  void ledger_nothingRead_isNotWritten() throws Exception {
    run(request(Depth.INVENTORY, Optional.empty()));
    run(coverageRequest());

    assertThat(ledger()).isEmpty();
  }

  private List<ObjectKey> ledger() {
    return fixture.objects(0).keySet().stream()
        .filter(key -> key.value().startsWith(ProofLedger.PREFIX))
        .toList();
  }

  private void removeLedger() throws Exception {
    for (ObjectKey key : ledger()) {
      fixture.memory(0).delete(key);
      fixture.memory(1).delete(key);
    }
  }

  private void tamper(ObjectKey key, byte[] bytes) throws Exception {
    fixture.memory(0).tamper(key, bytes);
    fixture.memory(1).tamper(key, bytes);
  }

  private long lasting() {
    return fixture.objects(0).entrySet().stream()
        .filter(entry -> ObjectLock.covers(entry.getKey()))
        .mapToLong(entry -> entry.getValue().length)
        .sum();
  }

  private List<Coverage> coverage() throws Exception {
    return run(coverageRequest()).coverage();
  }

  private List<Coverage> coverageOfAnotherHost() throws Exception {
    return another().run(coverageRequest(), VerificationProgress.NONE).coverage();
  }

  private VerificationReport run(VerificationRequest request) throws Exception {
    return new Verification(vault, fixture.host(), state, fixture.clock(), fixture.random())
        .run(request, VerificationProgress.NONE);
  }

  /** Another writer of the vault, with an empty home. */
  private Verification another() {
    HostKeystore host = others.removeFirst();
    return new Verification(
        vault, host, state.resolve(host.writer().value()), fixture.clock(), fixture.random());
  }

  private VerificationRequest request(Depth depth, Optional<ReadBudget> budget) {
    return new VerificationRequest(depth, budget, Set.of(), false, List.of(fixture.tenant()));
  }

  private VerificationRequest coverageRequest() {
    return new VerificationRequest(
        Depth.INVENTORY, Optional.empty(), Set.of(), false, List.of(), Optional.of(WEEK));
  }
}
