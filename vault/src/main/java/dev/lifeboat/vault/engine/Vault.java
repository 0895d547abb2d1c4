package dev.lifeboat.vault.engine;

import dev.lifeboat.vault.VaultException;
import dev.lifeboat.vault.engine.IndexLoader.Indexed;
import dev.lifeboat.vault.index.TenantIndex;
import dev.lifeboat.vault.pack.PackId;
import dev.lifeboat.vault.reclaim.Lease;
import dev.lifeboat.vault.reclaim.Records;
import dev.lifeboat.vault.reclaim.Trash;
import dev.lifeboat.vault.region.RegionException;
import dev.lifeboat.vault.region.RegionName;
import dev.lifeboat.vault.region.RegionSet;
import dev.lifeboat.vault.seal.DatasetName;
import dev.lifeboat.vault.seal.HostKeystore;
import dev.lifeboat.vault.seal.TenantName;
import dev.lifeboat.vault.seal.TenantReadKeys;
import dev.lifeboat.vault.seal.TenantWriteKeys;
import dev.lifeboat.vault.seal.VaultDocument;
import dev.lifeboat.vault.seal.WriterName;
import dev.lifeboat.vault.send.Dispatch;
import dev.lifeboat.vault.send.SendSettings;
import dev.lifeboat.vault.snapshot.Fragmentation;
import dev.lifeboat.vault.snapshot.ManifestBody;
import dev.lifeboat.vault.snapshot.ManifestCodec;
import dev.lifeboat.vault.snapshot.PackReference;
import dev.lifeboat.vault.snapshot.SnapshotRecord;
import dev.lifeboat.vault.snapshot.SnapshotView;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * All regions and what is known of them: begins, lists and opens snapshots. Safe for use by many
 * threads.
 */
public final class Vault implements AutoCloseable {
  /** Objects that go to one region at a time, however much memory there is. */
  private static final int MOST_SLOTS = 8;

  private final RegionSet regions;
  private final VaultDocument document;
  private final LocalCache cache;
  private final Clock clock;
  private final SecureRandom random;
  private final EngineSettings settings;
  private final SendSettings sending;
  private final PackBuffers buffers;
  private final Dispatch dispatch;
  private final Manifests manifests;

  private Vault(
      RegionSet regions,
      VaultDocument document,
      LocalCache cache,
      Clock clock,
      SecureRandom random,
      EngineSettings settings,
      SendSettings sending) {
    this.regions = regions;
    this.document = document;
    this.cache = cache;
    this.clock = clock;
    this.random = random;
    this.settings = settings;
    this.sending = sending;
    this.buffers = new PackBuffers(settings.packBytes(), settings.packBuffers());
    this.dispatch =
        new Dispatch(regions, sending, Math.clamp(settings.packBuffers(), 2, MOST_SLOTS));
    this.manifests = new Manifests(regions, document, cache);
  }

  /**
   * Opens a vault. Nothing is read from the regions yet.
   *
   * @param regions taken over: closed with this
   * @param document verified already
   * @param cache a directory for what was read before, made when it is not there; losing it costs
   *     time only
   */
  public static Vault open(
      RegionSet regions,
      VaultDocument document,
      Path cache,
      Clock clock,
      SecureRandom random,
      EngineSettings settings) {
    return open(
        regions,
        document,
        cache,
        clock,
        random,
        settings,
        new SendSettings(cache.resolve("spill"), SendSettings.SPILL_BYTES, Optional.empty()));
  }

  /** As the other, with a say in how objects are sent. */
  public static Vault open(
      RegionSet regions,
      VaultDocument document,
      Path cache,
      Clock clock,
      SecureRandom random,
      EngineSettings settings,
      SendSettings sending) {
    return new Vault(
        regions, document, new LocalCache(cache, clock), clock, random, settings, sending);
  }

  public RegionSet regions() {
    return regions;
  }

  /** What sends to the regions for all sessions of this vault. */
  Dispatch dispatch() {
    return dispatch;
  }

  public VaultDocument document() {
    return document;
  }

  public Clock clock() {
    return clock;
  }

  /**
   * Begins a snapshot: takes a lease that keeps reclamation away, learns which regions answer and
   * what they have.
   *
   * @param host whose keys write; stays open as long as the writer
   * @param source kind of source, for example {@code directory}
   * @throws VaultException.Unreachable if fewer regions than the quorum can be listed
   * @throws VaultException.KeyUnavailable if the host has no keys of the tenant
   * @throws VaultException.Untrusted if the vault document does not name the host as a writer: no
   *     reader would accept its manifests
   * @throws VaultException.Conflict if another snapshot of the dataset is being written. A writer
   *     that was killed on this machine is in nobody's way; one that was killed elsewhere is until
   *     its lease expires
   */
  public SnapshotWriter begin(
      HostKeystore host, TenantName tenant, DatasetName dataset, String source) {
    Optional<WriterName> writer = document.writer(host.signingKey().verifyKey());
    if (!host.vault().equals(document.vault()) || !writer.equals(Optional.of(host.writer()))) {
      throw new VaultException.Untrusted(
          "host %s is no writer of vault %s (its document, generation %d, does not name its key)"
              .formatted(host.writer(), document.vault(), document.generation()));
    }
    List<TenantWriteKeys> generations = host.generations(tenant);
    if (generations.isEmpty()) {
      throw new VaultException.KeyUnavailable(
          "host %s has no keys of tenant %s".formatted(host.writer(), tenant));
    }
    KeyRing keys = new KeyRing(document.vault(), generations);
    Records records = Records.of(host, document);
    Patience patience = new Patience(clock, sending.deadline());
    dispatch.sweep(clock.instant());
    // Before anything is listed: what this session sees from here on stays until it is done.
    Lease lease =
        Lease.acquireAlone(
            regions,
            records,
            random,
            Lease.Holder.ofThisProcess(host.writer().value(), purpose(keys.newest(), dataset)),
            "dataset %s of tenant %s is being written".formatted(dataset, tenant));
    try {
      lease.keepAlive();
      SortedMap<RegionName, RegionException> unfit = new TreeMap<>(lease.failures());
      Trash.Seen trash = trash(regions, lease.held(), records, unfit);
      IndexLoader loader = new IndexLoader(regions, cache, keys);
      // Before packs are listed: one that another session writes meanwhile is then taken for one
      // that lacks an index object, not for a lost one.
      Indexed indexed = loader.index();
      ForeignPacks foreign = loader.foreign();
      PackSurvey survey = PackSurvey.of(regions, unfit, indexed, foreign);
      if (survey.answering().size() < regions.quorum()) {
        throw new VaultException.Unreachable(
            "%d regions answer, the quorum is %d"
                .formatted(survey.answering().size(), regions.quorum()),
            List.copyOf(survey.failed().values()));
      }
      KnownChunks known =
          KnownChunks.load(
              loader, indexed, foreign, survey, regions.quorum(), trash.marked(), trash.repacked());
      return new SnapshotWriter(
          new SessionContext(
              regions,
              dispatch,
              patience,
              document,
              keys,
              host.signingKey(),
              host.writer().value(),
              dataset,
              source,
              cache,
              loader,
              buffers,
              manifests,
              survey,
              lease,
              records,
              random,
              settings),
          known);
    } catch (RuntimeException | Error e) {
      lease.close();
      throw e;
    }
  }

  /**
   * By it others know that this dataset is being written; whoever lacks the keys learns no name.
   */
  private static String purpose(TenantWriteKeys keys, DatasetName dataset) {
    return "backup %s/%s".formatted(keys.id(), keys.pseudonym(dataset));
  }

  /**
   * Packs that are marked for removal, or were repacked, in some region. To be read before packs
   * are listed: a mark that is gone by then was swept, and what it named is in no later listing.
   *
   * @param unfit gets the regions of which nobody can tell
   */
  static Trash.Seen trash(
      RegionSet regions,
      Set<RegionName> of,
      Records records,
      SortedMap<RegionName, RegionException> unfit) {
    Set<PackId> marked = new HashSet<>();
    Set<PackId> repacked = new HashSet<>();
    for (RegionName name : of) {
      try {
        Trash.Seen seen = regions.in(name, region -> Trash.seen(region, records));
        marked.addAll(seen.marked());
        repacked.addAll(seen.repacked());
      } catch (RegionException e) {
        unfit.put(name, e);
      } catch (VaultException e) {
        unfit.put(
            name,
            new RegionException.Permanent(
                name, "its marks cannot be understood: " + e.getMessage(), e));
      }
    }
    return new Trash.Seen(marked, repacked);
  }

  /**
   * Copies what the newest snapshots of a tenant need of packs that hold little else, or little at
   * all, into new packs, for the next snapshots to refer to. Snapshots that are there stay as they
   * are, and so do the packs they refer to.
   *
   * @param host whose keys write
   * @param generations the tenant's read keys; none for a plan
   * @param planOnly tells what would be done and changes nothing
   * @throws VaultException.Conflict if somebody else repacks the tenant's packs
   * @throws VaultException.Unreachable if fewer regions than the quorum take the new packs
   */
  public Repacking.Report repack(
      HostKeystore host,
      TenantName tenant,
      List<TenantReadKeys> generations,
      Repacking.Settings how,
      boolean planOnly)
      throws InterruptedException {
    return new Repacking(this, host, tenant, cache, buffers, random, settings, how)
        .run(generations, planOnly);
  }

  /** Snapshots of all datasets of a tenant, oldest first; see {@link #snapshots(List)}. */
  public List<SnapshotRecord> snapshots(TenantWriteKeys tenant) {
    return snapshots(List.of(tenant));
  }

  /**
   * Snapshots written with any of these generations of a tenant's keys, oldest first, merged over
   * the regions.
   *
   * @param generations all of one tenant
   * @throws VaultException as {@link Unreadable#why} has it, if a manifest cannot be read in any
   *     region: a list that silently lacks one would be a lie. {@link #list} gives the others
   * @throws VaultException.Unreachable if no region can be listed
   */
  public List<SnapshotRecord> snapshots(List<TenantWriteKeys> generations) {
    SnapshotListing listing = list(generations);
    for (Unreadable unreadable : listing.unreadable()) {
      throw unreadable.why();
    }
    return listing.snapshots();
  }

  /**
   * As {@link #snapshots(List)}, with the manifests that cannot be read and the regions that cannot
   * be listed beside the snapshots instead of thrown.
   *
   * @throws VaultException.Unreachable if no region can be listed
   */
  public SnapshotListing list(List<TenantWriteKeys> generations) {
    KeyRing keys = new KeyRing(document.vault(), generations);
    return manifests.list(keys, ManifestCodec.prefix(keys.tenant()));
  }

  /**
   * As {@link #list(List)}, for one dataset: at the price of its snapshots alone.
   *
   * @throws VaultException.Unreachable if no region can be listed
   */
  public SnapshotListing list(List<TenantWriteKeys> generations, DatasetName dataset) {
    KeyRing keys = new KeyRing(document.vault(), generations);
    return manifests.list(keys, ManifestCodec.prefix(keys.newest(), dataset));
  }

  /**
   * The packs that hold a part of a snapshot, in ascending order of their ids.
   *
   * @param generations all of one tenant
   * @throws VaultException.Damaged if no region has the manifest any more
   */
  public List<PackReference> references(
      SnapshotRecord snapshot, List<TenantWriteKeys> generations) {
    KeyRing keys = new KeyRing(document.vault(), generations);
    byte[] manifest = manifests.read(snapshot.key(), snapshot.digest(), keys);
    return manifests.open(snapshot.key(), manifest, keys).packs();
  }

  /**
   * How scattered a snapshot lies: {@link #references} measured.
   *
   * @param generations all of one tenant
   */
  public Fragmentation fragmentation(SnapshotRecord snapshot, List<TenantWriteKeys> generations) {
    return Fragmentation.of(references(snapshot, generations), settings.packBytes());
  }

  /** Opens a snapshot that lies in packs of one generation of keys; see {@link #open}. */
  public SnapshotView open(SnapshotRecord snapshot, TenantReadKeys keys) {
    return open(snapshot, List.of(keys));
  }

  /**
   * Opens a snapshot whose packs may be of several generations of keys.
   *
   * @param generations all of one tenant; they stay open as long as the view, and are not closed
   *     with it
   * @throws VaultException.KeyUnavailable if none of them opens the manifest
   * @throws VaultException.Damaged if no region has the manifest any more
   */
  public SnapshotView open(SnapshotRecord snapshot, List<TenantReadKeys> generations) {
    Map<Integer, TenantReadKeys> read = new TreeMap<>();
    generations.forEach(keys -> read.put(keys.write().generation(), keys));
    KeyRing ring =
        new KeyRing(document.vault(), generations.stream().map(TenantReadKeys::write).toList());
    byte[] manifest = manifests.read(snapshot.key(), snapshot.digest(), ring);
    int generation = ManifestCodec.prologue(snapshot.key(), manifest).generation();
    TenantReadKeys keys = read.get(generation);
    if (keys == null) {
      throw new VaultException.KeyUnavailable(
          "snapshot %s needs key generation %d of tenant %s"
              .formatted(snapshot.header().id(), generation, snapshot.header().tenant()));
    }
    ManifestBody body = ManifestCodec.body(snapshot.key(), manifest, keys.privateKey());
    List<VaultException> problems = new ArrayList<>();
    TenantIndex index =
        index(manifests.open(snapshot.key(), manifest, ring).packs(), ring, problems);
    FrameReader frames =
        new FrameReader(
            regions, index, ring, read, keys.write().chunkIdKey(), settings.frameCacheBytes());
    return new StoredSnapshot(regions, snapshot.header(), body, index, problems, frames);
  }

  /**
   * What proves whole packs of a tenant, read from a region of this vault.
   *
   * @param generations all of one tenant; they stay open as long as the prover, and are not closed
   *     with it
   */
  public PackProver prover(List<TenantReadKeys> generations) {
    KeyRing ring =
        new KeyRing(document.vault(), generations.stream().map(TenantReadKeys::write).toList());
    return new PackProver(new IndexLoader(regions, cache, ring), ring, generations);
  }

  /**
   * What writes index objects for packs of a tenant that none tells of.
   *
   * @param generations of the tenant's keys; they stay open as long as it is used
   */
  public IndexRebuild rebuildIndex(List<TenantWriteKeys> generations) {
    KeyRing ring = new KeyRing(document.vault(), generations);
    return new IndexRebuild(regions, new IndexLoader(regions, cache, ring), ring, random);
  }

  /**
   * Where the chunks of the snapshot's packs lie: by segments, if need be new ones of index
   * objects, for the rest by footers.
   */
  private TenantIndex index(
      List<PackReference> references, KeyRing ring, List<VaultException> problems) {
    IndexLoader loader = new IndexLoader(regions, cache, ring);
    SnapshotPacks found = SnapshotPacks.find(references, loader);
    problems.addAll(found.problems());
    return found.index();
  }

  /**
   * A directory of the local cache, for others to keep there what costs nothing but time to lose.
   */
  public Path cache(String name) {
    return cache.directory(name);
  }

  /** Ends what tidies the cache, and closes the regions. */
  @Override
  public void close() {
    cache.close();
    dispatch.close();
    regions.close();
  }
}
