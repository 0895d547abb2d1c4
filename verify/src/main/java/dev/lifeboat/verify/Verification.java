package dev.lifeboat.verify;

import dev.lifeboat.vault.engine.EngineSettings;
import dev.lifeboat.vault.engine.SnapshotListing;
import dev.lifeboat.vault.engine.Unreadable;
import dev.lifeboat.vault.engine.Vault;
import dev.lifeboat.vault.reclaim.Forgetting;
import dev.lifeboat.vault.reclaim.Records;
import dev.lifeboat.vault.region.Region;
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
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

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
  private final Records records;
  private final Path state;
  private final Clock clock;
  private final SecureRandom random;

  /**
   * @param state directory of this host where a verification with a budget remembers how far it got
   */
  public Verification(
      Vault vault, HostKeystore host, Path state, Clock clock, SecureRandom random) {
    this.vault = vault;
    this.keys =
        new KeyRing(
            host.tenants().stream().flatMap(name -> host.generations(name).stream()).toList());
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
        pass.listing.regions(),
        pass.references.snapshots().size(),
        pass.listing.count(),
        pass.objectsRead,
        pass.bytesRead,
        pass.framesDecoded,
        findings,
        healed,
        notes(pass));
  }

  private static final class Pass {
    private final Listing listing;
    private final References references;
    private final ObjectJudge judge;
    private final List<Finding> findings = new ArrayList<>();
    private long objectsRead;
    private long bytesRead;
    private long framesDecoded;

    private Pass(Listing listing, References references, ObjectJudge judge) {
      this.listing = listing;
      this.references = references;
      this.judge = judge;
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
    List<Region> asked =
        regions.regions().stream()
            .filter(region -> request.only().isEmpty() || request.only().contains(region.name()))
            .toList();
    Listing everywhere = Listing.of(regions.regions());
    References references = References.load(regions, everywhere, document, keys);
    ObjectJudge judge = new ObjectJudge(document, keys, records);
    Listing listing = request.only().isEmpty() ? everywhere : everywhere.lookingAt(request.only());
    Pass pass = new Pass(listing, references, judge);
    Forgotten forgotten = Forgotten.load(everywhere, new Forgetting(regions, records));
    pass.findings.addAll(
        new Inventory(regions, listing, references, document, keys, forgotten).take());
    switch (request.depth()) {
      case INVENTORY -> {}
      case CIPHERTEXT, DEEP -> ciphertext(request, pass, progress);
    }
    if (request.depth() == VerificationReport.Depth.DEEP) {
      for (Region region : asked) {
        if (listing.regions().contains(region.name())) {
          deep(region, request, pass, progress);
        }
      }
    }
    return pass;
  }

  private void ciphertext(VerificationRequest request, Pass pass, VerificationProgress progress)
      throws InterruptedException {
    progress.at("ciphertext");
    CiphertextPass ciphertext =
        new CiphertextPass(
            vault.regions(),
            pass.listing,
            pass.judge,
            new Damage(pass.references),
            THREADS,
            progress);
    if (request.budgetBytes().isPresent()) {
      ciphertext.checkWithin(
          request.budgetBytes().getAsLong(), Cursor.load(state.resolve("verified")));
    } else {
      ciphertext.checkEverything();
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

  private static List<String> notes(Pass pass) {
    List<String> notes = new ArrayList<>();
    if (pass.references.foreignManifests() > 0) {
      notes.add(
          "%d manifests of %d tenants that this host has no keys of: their packs were not looked for"
              .formatted(
                  pass.references.foreignManifests(), pass.references.unknownTenants().size()));
    }
    return notes;
  }
}
