package dev.lifeboat.verify;

import dev.lifeboat.vault.engine.EngineSettings;
import dev.lifeboat.vault.engine.HostReferences;
import dev.lifeboat.vault.engine.SnapshotListing;
import dev.lifeboat.vault.engine.Unreadable;
import dev.lifeboat.vault.engine.Vault;
import dev.lifeboat.vault.reclaim.Forgetting;
import dev.lifeboat.vault.reclaim.Records;
import dev.lifeboat.vault.reclaim.UpkeepCache;
import dev.lifeboat.vault.region.ObjectInfo;
import dev.lifeboat.vault.region.Overlay;
import dev.lifeboat.vault.region.Region;
import dev.lifeboat.vault.region.RegionException;
import dev.lifeboat.vault.region.RegionName;
import dev.lifeboat.vault.region.RegionSet;
import dev.lifeboat.vault.seal.HostKeystore;
import dev.lifeboat.vault.seal.TenantId;
import dev.lifeboat.vault.seal.TenantReadKeys;
import dev.lifeboat.vault.seal.TenantWriteKeys;
import dev.lifeboat.vault.seal.VaultDocument;
import dev.lifeboat.vault.snapshot.SnapshotRecord;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Verifies a vault and mends it.
 *
 * <p>Needs a host's keystore, which opens references and no contents; a deep verification needs the
 * tenants' private keys too. What lies in the vault under tenants that the host does not know is
 * checked by hash and signature, and the report says that its references were not followed.
 */
public final class Verification {
  private static final int THREADS = Math.max(2, Runtime.getRuntime().availableProcessors());

  private final Vault vault;
  private final KeyRing keys;
  private final HostReferences references;
  private final Records records;
  private final Path state;
  private final Clock clock;
  private final SecureRandom random;

  /**
   * @param state directory of this host where a verification remembers what costs only time to
   *     learn anew: how far it got with a budget, and which records of removals it has read
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
      healed = healer.healed();
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
        findings,
        healed,
        pass.notes);
  }

  private static final class Pass {
    private final Inventory inventory;
    private final ObjectJudge judge;
    private final long snapshots;
    private final List<Finding> findings = new ArrayList<>();
    private final List<String> notes = new ArrayList<>();
    private long objectsRead;
    private long bytesRead;
    private long framesDecoded;

    private Pass(Inventory inventory, ObjectJudge judge, long snapshots) {
      this.inventory = inventory;
      this.judge = judge;
      this.snapshots = snapshots;
    }

    /** What an earlier pass found by reading within a budget, and could not be mended. */
    private void addUnhealed(Pass earlier, Healer healer) {
      earlier.findings.stream()
          .filter(Finding.WrongBytes.class::isInstance)
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
    SortedMap<RegionName, Turn> turns = new TreeMap<>();
    Cursor cursor = Cursor.load(state.resolve("verified"));
    request
        .budget()
        .ifPresent(budget ->
            regions
                .regions()
                .forEach(region ->
                    turns.put(region.name(), new Turn(cursor.last(region.name()), budget))));
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
              (region, info) -> {
                Turn turn = turns.get(region);
                if (turn != null) {
                  turn.offer(info);
                }
              });
      Pass pass =
          new Pass(inventory, new ObjectJudge(document, keys, records), needed.snapshots().size());
      pass.findings.addAll(inventory.take());
      overlays(pass, new Damage(needed));
      if (inventory.foreignManifests() > 0) {
        pass.notes.add(
            "%d manifests of %d tenants that this host has no keys of: their packs were not looked for"
                .formatted(inventory.foreignManifests(), inventory.unknownTenants().size()));
      }
      if (request.depth() != VerificationReport.Depth.INVENTORY) {
        ciphertext(pass, new Damage(needed), turns, cursor, progress);
      }
      if (request.depth() == VerificationReport.Depth.DEEP) {
        for (RegionName region : inventory.regions()) {
          deep(regions.region(region).orElseThrow(), request, pass, progress);
        }
      }
      return pass;
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

  private void ciphertext(
      Pass pass,
      Damage damage,
      SortedMap<RegionName, Turn> turns,
      Cursor cursor,
      VerificationProgress progress)
      throws InterruptedException {
    progress.at("ciphertext");
    CiphertextPass ciphertext =
        new CiphertextPass(vault.regions(), pass.judge, damage, THREADS, progress);
    for (RegionName region : pass.inventory.regions()) {
      Turn turn = turns.get(region);
      if (turn == null) {
        ciphertext.checkEverything(region);
        continue;
      }
      Instant now = clock.instant();
      List<ObjectInfo> objects = turn.objects(now);
      ciphertext.check(region, objects);
      Turn.end(objects).ifPresent(last -> cursor.advance(region, last, now));
      turn.tooSlow()
          .ifPresent(round ->
              pass.notes.add(
                  "region %s holds more than the budget reads in time: everything has its turn once in %d days"
                      .formatted(region, round.toDays())));
    }
    if (!turns.isEmpty()) {
      cursor.save();
    }
    pass.findings.addAll(ciphertext.findings());
    pass.objectsRead = ciphertext.objects();
    pass.bytesRead = ciphertext.bytes();
  }

  private void deep(
      Region region, VerificationRequest request, Pass pass, VerificationProgress progress)
      throws InterruptedException {
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
            EngineSettings.DEFAULT)) {
      DeepPass deep = new DeepPass(alone, region.name(), THREADS, progress);
      for (List<TenantReadKeys> tenant : byTenant.values()) {
        List<TenantWriteKeys> write = tenant.stream().map(TenantReadKeys::write).toList();
        SnapshotListing listing = alone.list(write);
        for (Unreadable unreadable : listing.unreadable()) {
          deep.fail(unreadable.key().value(), unreadable.why());
        }
        for (SnapshotRecord snapshot : listing.snapshots()) {
          deep.check(snapshot, tenant);
        }
      }
      pass.findings.addAll(deep.findings());
      pass.framesDecoded += deep.frames();
    }
  }
}
