package dev.lifeboat.jobs;

import dev.lifeboat.jobs.report.NightReport;
import dev.lifeboat.vault.VaultException;
import dev.lifeboat.vault.engine.SnapshotListing;
import dev.lifeboat.vault.engine.Unreadable;
import dev.lifeboat.vault.engine.Vault;
import dev.lifeboat.vault.region.ObjectKey;
import dev.lifeboat.vault.region.Region;
import dev.lifeboat.vault.region.RegionException;
import dev.lifeboat.vault.region.RegionName;
import dev.lifeboat.vault.seal.HostKeystore;
import dev.lifeboat.vault.seal.KeyObjects;
import dev.lifeboat.vault.seal.RecipientName;
import dev.lifeboat.vault.seal.TenantName;
import dev.lifeboat.vault.seal.TenantWriteKeys;
import dev.lifeboat.vault.snapshot.SnapshotRecord;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** What the regions hold at the end of a night: listings and manifests, no pack is read. */
public final class VaultSurvey {
  private final Vault vault;
  private final HostKeystore host;
  private final Clock clock;
  private final Map<RegionName, Holding> holdings = new TreeMap<>();
  private final List<NightReport.Unprotected> warnings = new ArrayList<>();
  private final SortedMap<String, Instant> newestByWriter = new TreeMap<>();

  /**
   * @param host whose keys open manifests; not taken over
   */
  public VaultSurvey(Vault vault, HostKeystore host, Clock clock) {
    this.vault = vault;
    this.host = host;
    this.clock = clock;
  }

  /** What one region holds, as it lists it. */
  private static final class Holding {
    private long objects;
    private long bytes;
    private @Nullable String problem;
    private final Set<String> keys = new HashSet<>();
  }

  /** Looks at all regions; for one time. A region that does not answer is part of the result. */
  public NightWork.Survey look(List<DatasetGoal> datasets) throws InterruptedException {
    for (Region region : vault.regions().regions()) {
      if (Thread.interrupted()) {
        throw new InterruptedException("survey stopped");
      }
      holdings.put(region.name(), hold(region));
    }
    Map<TenantName, SnapshotListing> listings = new HashMap<>();
    for (TenantName tenant : host.tenants()) {
      listings.put(tenant, vault.list(host.generations(tenant)));
      checkRecipients(tenant);
    }
    for (SnapshotListing listing : listings.values()) {
      for (Unreadable unreadable : listing.unreadable()) {
        warnings.add(
            new NightReport.Unprotected(
                unreadable.key().toString(), "unreadable: " + unreadable.why().getMessage()));
      }
    }
    if (holdings.size() == 1) {
      warnings.add(
          new NightReport.Unprotected(
              "vault", "lies in one region: losing that loses every backup"));
    } else if (vault.regions().quorum() == 1) {
      warnings.add(
          new NightReport.Unprotected(
              "vault", "quorum is 1: a snapshot counts as durable in one region"));
    }
    List<SnapshotRecord> all =
        listings.values().stream().flatMap(listing -> listing.snapshots().stream()).toList();
    all.forEach(snapshot ->
        newestByWriter.merge(
            snapshot.header().writer(), snapshot.header().time(), (a, b) -> a.isAfter(b) ? a : b));
    Map<String, List<SnapshotRecord>> byDataset =
        all.stream()
            .collect(
                Collectors.groupingBy(
                    snapshot -> snapshot.header().tenant() + "/" + snapshot.header().dataset()));
    Map<DatasetGoal, List<SnapshotRecord>> planned = new LinkedHashMap<>();
    datasets.forEach(dataset ->
        planned.put(
            dataset,
            byDataset.getOrDefault(dataset.tenant() + "/" + dataset.dataset(), List.of())));
    return new NightWork.Survey(
        vault.regions().quorum(),
        regionStates(all, planned),
        planned.entrySet().stream().map(each -> standing(each.getKey(), each.getValue())).toList(),
        warnings);
  }

  /** After a look: the time of the newest snapshot that each host made, by the host's name. */
  public SortedMap<String, Instant> newestByWriter() {
    return Collections.unmodifiableSortedMap(newestByWriter);
  }

  private Holding hold(Region region) {
    Holding holding = new Holding();
    try {
      region.list(
          "",
          object -> {
            holding.objects++;
            holding.bytes += object.bytes();
            if (object.key().value().startsWith(KeyObjects.PREFIX)) {
              holding.keys.add(object.key().value());
            }
          });
    } catch (RegionException e) {
      holding.problem = Failures.message(e);
    }
    return holding;
  }

  /** Every generation of a tenant's key must be openable by two, and lie where they can get it. */
  private void checkRecipients(TenantName tenant) {
    for (TenantWriteKeys keys : host.generations(tenant)) {
      Set<RecipientName> recipients = new HashSet<>();
      for (Holding holding : holdings.values()) {
        for (String key : holding.keys) {
          if (key.startsWith(KeyObjects.prefix(keys.id()))) {
            address(key)
                .filter(address -> address.generation() == keys.generation())
                .ifPresent(address -> recipients.add(address.recipient()));
          }
        }
      }
      if (recipients.size() < 2
          && holdings.values().stream().anyMatch(each -> each.problem == null)) {
        warnings.add(
            new NightReport.Unprotected(
                "tenant " + tenant,
                recipients.isEmpty()
                    ? "generation %d of its key is sealed to nobody in the regions: what is written with it can never be read"
                        .formatted(keys.generation())
                    : "generation %d of its key is sealed to %s alone: losing that loses the data"
                        .formatted(keys.generation(), recipients.iterator().next())));
      }
    }
  }

  private static Optional<KeyObjects.Address> address(String key) {
    try {
      return Optional.of(KeyObjects.Address.parse(new ObjectKey(key)));
    } catch (IllegalArgumentException | VaultException e) {
      // No key object, whatever it is; verification names it.
      return Optional.empty();
    }
  }

  private List<NightReport.RegionState> regionStates(
      List<SnapshotRecord> all, Map<DatasetGoal, List<SnapshotRecord>> datasets) {
    List<NightReport.RegionState> states = new ArrayList<>();
    Instant now = clock.instant();
    holdings.forEach((name, holding) -> {
      List<SnapshotRecord> lacking =
          holding.problem != null
              ? List.of()
              : all.stream().filter(snapshot -> !snapshot.regions().contains(name)).toList();
      Duration lag =
          lacking.stream()
              .map(snapshot -> Duration.between(snapshot.header().time(), now))
              .max(Comparator.naturalOrder())
              .orElse(Duration.ZERO);
      states.add(
          new NightReport.RegionState(
              name.value(),
              holding.problem == null,
              Optional.ofNullable(holding.problem),
              lacking.size(),
              lag,
              holding.objects,
              holding.bytes,
              lacking.stream().mapToLong(snapshot -> snapshot.header().counts().bytesAdded()).sum(),
              vault.regions().region(name).flatMap(RegionCopies::lock),
              holding.problem != null
                  ? List.of()
                  : datasets.entrySet().stream()
                      .map(each ->
                          RegionCopies.of(
                              each.getKey().id(), name, each.getValue(), each.getKey().rpo(), now))
                      .toList()));
    });
    return states;
  }

  private NightWork.Standing standing(DatasetGoal dataset, List<SnapshotRecord> snapshots) {
    List<SnapshotRecord> newestFirst =
        snapshots.stream()
            .sorted(
                Comparator.comparing((SnapshotRecord snapshot) -> snapshot.header().time())
                    .thenComparingLong(snapshot -> snapshot.header().sequence())
                    .reversed())
            .toList();
    return new NightWork.Standing(
        dataset.id(),
        newestFirst.stream()
            .filter(snapshot -> snapshot.header().complete())
            .filter(snapshot -> snapshot.regions().size() >= vault.regions().quorum())
            .findFirst()
            .map(snapshot -> snapshot.header().time()),
        newestFirst.stream()
            .map(snapshot ->
                new NightWork.Held(
                    snapshot.header().id().hex(),
                    snapshot.regions().stream().map(RegionName::value).toList()))
            .toList());
  }
}
