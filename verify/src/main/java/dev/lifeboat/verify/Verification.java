package dev.lifeboat.verify;

import dev.lifeboat.vault.VaultException;
import dev.lifeboat.vault.engine.EngineSettings;
import dev.lifeboat.vault.engine.HostReferences;
import dev.lifeboat.vault.engine.Vault;
import dev.lifeboat.vault.reclaim.Forgetting;
import dev.lifeboat.vault.reclaim.ProofLedger;
import dev.lifeboat.vault.reclaim.Records;
import dev.lifeboat.vault.reclaim.UpkeepCache;
import dev.lifeboat.vault.region.ObjectInfo;
import dev.lifeboat.vault.region.ObjectKey;
import dev.lifeboat.vault.region.Overlay;
import dev.lifeboat.vault.region.Region;
import dev.lifeboat.vault.region.RegionException;
import dev.lifeboat.vault.region.RegionName;
import dev.lifeboat.vault.region.RegionSet;
import dev.lifeboat.vault.seal.HostKeystore;
import dev.lifeboat.vault.seal.TenantId;
import dev.lifeboat.vault.seal.TenantReadKeys;
import dev.lifeboat.vault.seal.VaultDocument;
import dev.lifeboat.vault.snapshot.SnapshotHeader;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Verifies a vault and mends it.
 *
 * <p>Needs a host's keystore, which opens references and no contents; a deep verification needs the
 * tenants' private keys too. What lies in the vault under tenants that the host does not know is
 * checked by hash and signature, and the report says that its references were not followed.
 */
public final class Verification {
  private static final int THREADS = Math.max(2, Runtime.getRuntime().availableProcessors());

  /** Packs that are read at once and opened: one waits for its next piece while others work. */
  private static final int LANES = THREADS + 1;

  private final Vault vault;
  private final KeyRing keys;
  private final HostReferences references;
  private final Records records;
  private final Path state;
  private final Clock clock;
  private final SecureRandom random;

  /**
   * @param state directory of this host where a verification remembers what costs only time to
   *     learn anew: which records of proofs and of removals it has read
   */
  public Verification(
      Vault vault, HostKeystore host, Path state, Clock clock, SecureRandom random) {
    this.vault = vault;
    this.keys =
        new KeyRing(
            host.tenants().stream().flatMap(name -> host.generations(name).stream()).toList());
    this.references = new HostReferences(vault.document(), host);
    this.records = Records.of(host, vault.document());
    this.state = state;
    this.clock = clock;
    this.random = random;
  }

  /**
   * Verifies, and mends if that is asked.
   *
   * <p>What was mended is looked at again before this returns; the findings of the report are those
   * that still stand.
   */
  public VerificationReport run(VerificationRequest request, VerificationProgress progress)
      throws InterruptedException {
    Pass pass = pass(request, progress);
    List<String> healed = List.of();
    List<Finding> findings = pass.findings;
    if (request.heal() && !findings.isEmpty()) {
      progress.at("healing");
      Healer healer = new Healer(vault.regions(), pass.judge);
      findings.forEach(healer::heal);
      healed = new ArrayList<>(healer.healed());
      if (healer.lacksIndex()) {
        healed.addAll(
            new IndexHealer(vault, keys, references, state.resolve("rebuild"), clock, random)
                .rebuild(healer.setAside()));
        forgetDeep();
      }
      if (!healed.isEmpty()) {
        Pass again = pass(request, progress);
        again.addUnhealed(pass, healer);
        findings = again.findings;
      }
    }
    return new VerificationReport(
        request.depth(),
        pass.inventory.regions(),
        pass.snapshots,
        pass.inventory.count(),
        pass.objectsRead,
        pass.bytesRead,
        pass.framesDecoded,
        pass.bytesDecoded,
        findings,
        healed,
        pass.notes,
        pass.coverage);
  }

  /** What deep verifications keep of index objects: some of these are gone now. */
  private void forgetDeep() {
    for (Region region : vault.regions().regions()) {
      IndexHealer.delete(state.resolve("deep-" + region.name()));
    }
  }

  private static final class Pass {
    private final Inventory inventory;
    private final ObjectJudge judge;
    private final long snapshots;
    private final List<Finding> findings = new ArrayList<>();
    private final List<String> notes = new ArrayList<>();
    private List<Coverage> coverage = List.of();
    private long objectsRead;
    private long bytesRead;
    private long framesDecoded;
    private long bytesDecoded;

    private Pass(Inventory inventory, ObjectJudge judge, long snapshots) {
      this.inventory = inventory;
      this.judge = judge;
      this.snapshots = snapshots;
    }

    /** What an earlier pass found by reading within a budget, and could not be mended. */
    private void addUnhealed(Pass earlier, Healer healer) {
      earlier.findings.stream()
          .filter(finding ->
              finding instanceof Finding.WrongBytes || finding instanceof Finding.UnsignedManifest)
          .filter(finding -> !healer.mended(finding) && !findings.contains(finding))
          .forEach(findings::add);
    }
  }

  private Pass pass(VerificationRequest request, VerificationProgress progress)
      throws InterruptedException {
    RegionSet regions = vault.regions();
    VaultDocument document = vault.document();
    progress.at("inventory");
    Forgetting forgetting = new Forgetting(regions, records);
    Remembered remembered = remember(request);
    try (References needed =
            References.load(
                vault,
                keys,
                references,
                new UpkeepCache(vault.cache("upkeep"), references.binding()));
        Chain chain =
            new Chain(
                needed.snapshots(), forgetting, state.resolve("removals"), references.binding())) {
      Inventory inventory =
          new Inventory(
              regions,
              request.only(),
              needed,
              document,
              keys,
              forgetting,
              chain,
              new IndexCover(regions, needed, references.indexes()),
              remembered);
      Pass pass =
          new Pass(inventory, new ObjectJudge(document, keys, records), needed.snapshots().size());
      pass.findings.addAll(inventory.take());
      pass.findings.addAll(remembered.skews());
      if (inventory.knowsAllNeeds()) {
        pass.findings.addAll(remembered.orphans().findings(regions, records));
      }
      suspicions(pass, needed);
      Damage damage = new Damage(needed);
      overlays(pass, damage);
      if (inventory.foreignManifests() > 0) {
        pass.notes.add(
            "%d manifests of %d tenants that this host has no keys of: their packs were not looked for"
                .formatted(inventory.foreignManifests(), inventory.unknownTenants().size()));
      }
      if (request.depth() != VerificationReport.Depth.INVENTORY) {
        ciphertext(request, pass, damage, remembered, progress);
        LockCheck locks = new LockCheck(regions, needed, damage, random);
        for (RegionName region : inventory.regions()) {
          locks.check(region);
        }
        pass.findings.addAll(locks.findings());
        pass.notes.addAll(locks.notes());
      }
      comparePlaces(pass.findings);
      remembered.store(pass.notes);
      pass.coverage = remembered.coverage(inventory.regions());
      return pass;
    }
  }

  /** What is wrong in every region is nowhere right, whatever each region's listing made hope. */
  private void comparePlaces(List<Finding> findings) {
    Map<ObjectKey, Set<RegionName>> bad = new HashMap<>();
    for (Finding finding : findings) {
      if (finding instanceof Finding.BadCopy copy) {
        bad.computeIfAbsent(copy.key(), _ -> new HashSet<>()).add(copy.region());
      }
    }
    Set<RegionName> all = new HashSet<>();
    vault.regions().regions().forEach(region -> all.add(region.name()));
    findings.replaceAll(finding ->
        finding instanceof Finding.BadCopy copy && all.equals(bad.get(copy.key()))
            ? copy.nowhereElse()
            : finding);
  }

  private static void suspicions(Pass pass, References needed) {
    List<SnapshotHeader> headers =
        needed.snapshots().stream().map(References.Snapshot::header).toList();
    for (SuspiciousChanges.Change change : SuspiciousChanges.recent(headers)) {
      pass.findings.add(
          new Finding.SuspiciousChange(
              change.snapshot().tenant() + "/" + change.snapshot().dataset(),
              change.snapshot().id().hex(),
              change.before().id().hex(),
              change.why()));
    }
  }

  /**
   * What lies over objects in regions that keep versions: markers, and bytes that are not right.
   */
  private void overlays(Pass pass, Damage damage) {
    for (RegionName name : pass.inventory.regions()) {
      List<Overlay> overlays = new ArrayList<>();
      try {
        vault
            .regions()
            .in(
                name,
                region -> {
                  overlays.clear();
                  region.listOverlays("", overlays::add);
                  return true;
                });
        for (Overlay overlay : overlays) {
          if (overlay.kind() == Overlay.Kind.DELETE_MARKER || isBadOnTop(name, overlay, pass)) {
            pass.findings.add(
                new Finding.Overlaid(
                    name, overlay.key(), overlay.detail(), damage.of(overlay.key())));
          }
        }
      } catch (RegionException e) {
        pass.findings.add(new Finding.RegionUnreachable(name, String.valueOf(e.getMessage())));
      }
    }
  }

  /** Two writers of one record may both have been taken: only what is wrong is a finding. */
  private boolean isBadOnTop(RegionName name, Overlay overlay, Pass pass) throws RegionException {
    byte[] top = vault.regions().in(name, region -> region.read(overlay.key()));
    return pass.judge.fault(overlay.key(), top).isPresent();
  }

  /** What the ledger says, for whoever asks how much was proven or reads more. */
  private Remembered remember(VerificationRequest request) throws InterruptedException {
    ProofLedger ledger = new ProofLedger(vault.regions(), records, random, state.resolve("proofs"));
    return Remembered.of(ledger, vault.regions(), request, clock);
  }

  private void ciphertext(
      VerificationRequest request,
      Pass pass,
      Damage damage,
      Remembered remembered,
      VerificationProgress progress)
      throws InterruptedException {
    boolean deep = request.depth() == VerificationReport.Depth.DEEP;
    progress.at(deep ? "contents" : "ciphertext");
    CiphertextPass ciphertext =
        new CiphertextPass(vault.regions(), pass.judge, damage, deep ? LANES : THREADS, progress);
    List<Finding> deepFindings = new ArrayList<>();
    int regionsLeft = pass.inventory.regions().size();
    for (RegionName region : pass.inventory.regions()) {
      Reading reading = remembered.begin(region);
      if (deep) {
        deepFindings.addAll(deep(request, pass, damage, remembered, reading, ciphertext, progress));
        continue;
      }
      Optional<Turn> turn = remembered.turn(region);
      if (turn.isEmpty()) {
        if (ciphertext.checkEverything(reading, CiphertextPass.Packs.NONE)) {
          remembered.read(reading, List.of(Reading.EVERYTHING));
        }
        continue;
      }
      List<ObjectInfo> objects = turn.get().objects();
      int count = ciphertext.check(reading, objects, remembered.limit(regionsLeft--));
      remembered.read(reading, turn.get().ranges(count));
      if (count < objects.size()) {
        pass.notes.add(
            "region %s: the time was over when %d of %d objects were read"
                .formatted(region, count, objects.size()));
      }
      turn.get()
          .tooSlow()
          .ifPresent(round ->
              pass.notes.add(
                  "region %s holds more than the budget reads in time: everything has its turn once in %d days"
                      .formatted(region, round.toDays())));
    }
    pass.findings.addAll(ciphertext.findings());
    pass.findings.addAll(deepFindings);
    pass.objectsRead = ciphertext.objects();
    pass.bytesRead = ciphertext.bytes();
  }

  /** Reads a region to its end, and proves that all snapshots could be restored from it alone. */
  private List<Finding> deep(
      VerificationRequest request,
      Pass pass,
      Damage damage,
      Remembered remembered,
      Reading reading,
      CiphertextPass ciphertext,
      VerificationProgress progress)
      throws InterruptedException {
    Region region = vault.regions().region(reading.region()).orElseThrow();
    Map<TenantId, List<TenantReadKeys>> byTenant = new HashMap<>();
    for (TenantReadKeys key : request.readKeys()) {
      byTenant.computeIfAbsent(key.write().id(), _ -> new ArrayList<>()).add(key);
    }
    try (Vault alone =
            Vault.open(
                new RegionSet(List.of(new OneRegion(region)), 1),
                vault.document(),
                state.resolve("deep-" + region.name()),
                clock,
                random,
                EngineSettings.DEFAULT);
        DeepPass deep = new DeepPass(alone, region, damage, progress)) {
      deep.begin(byTenant, references);
      boolean listed = ciphertext.checkEverything(reading, deep);
      if (listed) {
        remembered.read(reading, List.of(Reading.EVERYTHING));
      }
      List<Finding> findings = deep.finish(listed);
      pass.framesDecoded += deep.frames();
      pass.bytesDecoded += deep.rawBytes();
      if (deep.isProven() && pass.inventory.foreignManifests() == 0) {
        remembered.readDeep(region.name());
      }
      return findings;
    } catch (VaultException.Unreachable e) {
      return List.of(new Finding.RegionUnreachable(region.name(), String.valueOf(e.getMessage())));
    }
  }
}
