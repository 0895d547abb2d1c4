package dev.lifeboat.verify;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lifeboat.vault.engine.Vault;
import dev.lifeboat.vault.engine.VaultFixture;
import dev.lifeboat.vault.reclaim.Forgetting;
import dev.lifeboat.vault.reclaim.Holds;
import dev.lifeboat.vault.reclaim.Reclaimer;
import dev.lifeboat.vault.reclaim.Records;
import dev.lifeboat.vault.region.ForwardingRegion;
import dev.lifeboat.vault.region.MemoryRegion;
import dev.lifeboat.vault.region.ObjectKey;
import dev.lifeboat.vault.region.ObjectLock;
import dev.lifeboat.vault.region.Region;
import dev.lifeboat.vault.region.RegionException;
import dev.lifeboat.vault.region.RegionName;
import dev.lifeboat.verify.VerificationReport.Depth;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is found beside damage of bytes: forged manifests, locks, clocks, what nobody needs. */
class FindingKindsTest {
  private static final Duration LOCKED = Duration.ofDays(40);

  @TempDir private Path state;
  private VaultFixture fixture = VaultFixture.inMemory();
  private Vault vault = fixture.open();

  /** The fixture's, whichever that is. */
  private final Clock clock =
      new Clock() {
        @Override
        public ZoneId getZone() {
          return ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(ZoneId zone) {
          throw new UnsupportedOperationException("UTC only");
        }

        @Override
        public Instant instant() {
          return fixture.clock().instant();
        }
      };

  @AfterEach
  void close() {
    fixture.close();
  }

  private void over(VaultFixture other) {
    fixture.close();
    fixture = other;
    vault = fixture.open();
  }

  private void twoNights() throws Exception {
    fixture.storeKitKeys(vault);
    fixture.storeDocument(vault);
    fixture.night(vault, Map.of("a", VaultFixture.bytes(1, 300_000)));
    fixture.night(vault, Map.of("a", VaultFixture.bytes(2, 300_000)));
  }

  @Test
  void unsignedManifest_isNamedAndReplacedByTheSignedOne() throws Exception {
    twoNights();
    ObjectKey manifest =
        fixture.objects(0).keySet().stream()
            .filter(key -> key.value().startsWith("snapshots/"))
            .findFirst()
            .orElseThrow();
    byte[] good = Objects.requireNonNull(fixture.objects(1).get(manifest));
    byte[] forged = good.clone();
    forged[forged.length - 1] ^= 1;
    fixture.memory(0).tamper(manifest, forged);

    VerificationReport report = run(Depth.CIPHERTEXT, false);

    assertThat(report.findings())
        .singleElement()
        .satisfies(finding -> {
          assertThat(finding.kind()).isEqualTo("UnsignedManifest");
          assertThat(finding.severity()).isEqualTo(Finding.Severity.ENDANGERED);
          assertThat(finding.hurt().snapshots()).hasSize(1);
          assertThat(finding.remedy()).isPresent();
        });
    assertThat(run(Depth.CIPHERTEXT, true).findings()).isEmpty();
    assertThat(fixture.objects(0).get(manifest)).isEqualTo(good);
  }

  @Test
  void orphans_oldAndUnmarked_areAdviceUntilReclamationMarksThem() throws Exception {
    twoNights();
    new Forgetting(vault.regions(), Records.of(fixture.host(), fixture.document()))
        .forget(vault.snapshots(fixture.tenant().write()).getFirst(), "test", Holds.NONE);
    assertThat(run(Depth.INVENTORY, false).findings()).as("young").isEmpty();
    fixture.clock().advance(OrphanTally.GRACE);

    VerificationReport report = run(Depth.INVENTORY, false);

    assertThat(report.findings())
        .hasSize(2)
        .allSatisfy(finding -> {
          assertThat(finding.kind()).isEqualTo("Orphans");
          assertThat(((Finding.Orphans) finding).bytes()).isGreaterThan(300_000);
          assertThat(finding.severity()).isEqualTo(Finding.Severity.MINOR);
          assertThat(finding.isAdvice()).isTrue();
          assertThat(finding.remedy()).contains("lifeboat reclaim");
        });
    assertThat(report.sound()).isTrue();

    var _ = fixture.reclaimer(vault, new Reclaimer.Settings(Duration.ofDays(1), false)).run(false);
    assertThat(run(Depth.INVENTORY, false).findings()).as("marked now").isEmpty();
  }

  @Test
  void lock_asLongAsTheRuleSays_isNoFinding() throws Exception {
    over(VaultFixture.inMemory(2, 2, new ObjectLock(ObjectLock.Mode.COMPLIANCE, LOCKED)));
    twoNights();

    assertThat(run(Depth.CIPHERTEXT, false).findings()).isEmpty();
  }

  @Test
  void lock_missingOrTooShort_isFoundOfWhatSnapshotsNeed() throws Exception {
    ObjectLock rule = new ObjectLock(ObjectLock.Mode.GOVERNANCE, LOCKED);
    over(
        VaultFixture.over(
            List.of(
                new Forgetful(new MemoryRegion(new RegionName("r0"), clock, rule)),
                new MemoryRegion(new RegionName("r1"), clock, rule)),
            2));
    twoNights();

    VerificationReport report = run(Depth.CIPHERTEXT, false);

    assertThat(report.findings())
        .isNotEmpty()
        .allSatisfy(finding -> {
          assertThat(finding.kind()).isEqualTo("LockShort");
          assertThat(finding.what()).contains("r0");
          assertThat(finding.severity()).isEqualTo(Finding.Severity.ENDANGERED);
        });
    assertThat(report.findings())
        .anySatisfy(finding -> assertThat(finding.what()).contains("packs/").contains("not locked"))
        .anySatisfy(
            finding -> assertThat(finding.what()).contains("snapshots/").contains("locked until"));
    assertThat(report.sound()).isFalse();
  }

  /** Says that packs are not locked, and manifests not for long. */
  private static final class Forgetful extends ForwardingRegion {
    private Forgetful(Region region) {
      super(region);
    }

    @Override
    public Optional<Instant> lockedUntil(ObjectKey key) throws RegionException {
      return key.value().startsWith(ObjectKey.PACKS)
          ? Optional.empty()
          : super.lockedUntil(key).map(until -> until.minus(LOCKED));
    }
  }

  @Test
  void clock_ofARegionOff_isAdviceAndFromFiveMinutesOnSuspicious() throws Exception {
    for (int minutes : new int[] {0, 2, -7}) {
      Clock off = Clock.offset(clock, Duration.ofMinutes(minutes));
      over(
          VaultFixture.over(
              List.of(
                  new MemoryRegion(new RegionName("r0"), off),
                  new MemoryRegion(new RegionName("r1"), clock)),
              2));
      fixture.storeDocument(vault);

      List<Finding> skews =
          run(Depth.CIPHERTEXT, false).findings().stream()
              .filter(Finding.ClockSkew.class::isInstance)
              .toList();

      if (minutes == 0) {
        assertThat(skews).isEmpty();
      } else {
        assertThat(skews)
            .singleElement()
            .satisfies(skew -> {
              assertThat(skew.kind()).isEqualTo("ClockSkew");
              assertThat(skew.what())
                  .contains("r0")
                  .contains(minutes < 0 ? "420 seconds behind" : "120 seconds ahead");
              assertThat(skew.isAdvice()).isEqualTo(minutes == 2);
            });
      }
    }
  }

  private VerificationReport run(Depth depth, boolean heal) throws Exception {
    return new Verification(vault, fixture.host(), state, fixture.clock(), fixture.random())
        .run(
            new VerificationRequest(depth, Optional.empty(), Set.of(), heal, List.of()),
            VerificationProgress.NONE);
  }
}
