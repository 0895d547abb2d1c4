package dev.lifeboat.cli.wiring;

import dev.lifeboat.cli.CliException;
import dev.lifeboat.cli.ExitCode;
import dev.lifeboat.vault.VaultException;
import dev.lifeboat.vault.seal.TenantName;
import dev.lifeboat.vault.snapshot.SnapshotRecord;
import dev.lifeboat.vault.snapshot.SnapshotView;
import java.io.IOException;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.regex.Pattern;

/**
 * Finds snapshots by what a person calls them: {@code latest}, {@code latest@2026-11-20}, {@code
 * latest@2026-11-20T03:00}, or the first digits of an id.
 */
public final class Snapshots {
  private static final Pattern ID = Pattern.compile("[0-9a-f]{4,16}");
  private static final String LATEST = "latest";

  private final Workspace workspace;

  public Snapshots(Workspace workspace) {
    this.workspace = workspace;
  }

  /**
   * All snapshots that a filter lets through, oldest first.
   *
   * @param dataset {@code name} or {@code tenant/name}
   */
  public List<SnapshotRecord> list(Optional<String> tenant, Optional<String> dataset)
      throws IOException {
    List<SnapshotRecord> found = new ArrayList<>();
    for (TenantName name : workspace.knownTenants()) {
      if (tenant.isEmpty() || tenant.get().equals(name.value())) {
        found.addAll(workspace.vault().snapshots(workspace.writeKeys(name)));
      }
    }
    found.removeIf(record -> dataset.filter(d -> !isDataset(record, d)).isPresent());
    found.sort(Comparator.comparing((SnapshotRecord r) -> r.header().time()));
    return found;
  }

  private static boolean isDataset(SnapshotRecord record, String dataset) {
    String name = record.header().dataset().value();
    return dataset.equals(name) || dataset.equals(record.header().tenant() + "/" + name);
  }

  /**
   * The one snapshot that is meant.
   *
   * @throws VaultException.NotFound if there is none
   * @throws CliException if the words mean several, or nothing
   */
  public SnapshotRecord find(String which, Optional<String> dataset) throws IOException {
    boolean latest = which.equals(LATEST) || which.startsWith(LATEST + "@");
    if (!latest && !ID.matcher(which).matches()) {
      throw new CliException(
          ExitCode.USAGE,
          "'%s' is no snapshot: write latest, latest@2026-11-20T03:00 or the first digits of an id"
              .formatted(which));
    }
    List<SnapshotRecord> all = list(Optional.empty(), dataset);
    if (all.isEmpty()) {
      throw new VaultException.NotFound(
          dataset.map(d -> "there is no snapshot of dataset " + d).orElse("there is no snapshot")
              + " yet; lifeboat list shows those there are");
    }
    return latest ? latest(which, all) : byId(which, all);
  }

  private static SnapshotRecord byId(String which, List<SnapshotRecord> all) {
    List<SnapshotRecord> matches =
        all.stream().filter(r -> r.header().id().hex().startsWith(which)).toList();
    if (matches.isEmpty()) {
      throw new VaultException.NotFound("there is no snapshot " + which);
    }
    if (matches.size() > 1) {
      throw new CliException(
          ExitCode.USAGE,
          "'%s' begins the ids of %d snapshots; write more digits"
              .formatted(which, matches.size()));
    }
    return matches.getFirst();
  }

  private static SnapshotRecord latest(String which, List<SnapshotRecord> all) {
    SortedSet<String> datasets = new TreeSet<>();
    all.forEach(r -> datasets.add(r.header().tenant() + "/" + r.header().dataset()));
    if (datasets.size() > 1) {
      throw new CliException(
          ExitCode.USAGE,
          "'%s' of which dataset? Add --dataset with one of %s".formatted(which, datasets));
    }
    Optional<Instant> until =
        which.equals(LATEST)
            ? Optional.empty()
            : Optional.of(time(which.substring(LATEST.length() + 1)));
    return all.stream()
        .filter(r -> until.filter(limit -> r.header().time().isAfter(limit)).isEmpty())
        .reduce((_, later) -> later)
        .orElseThrow(() ->
            new VaultException.NotFound(
                "there is no snapshot of %s at or before %s"
                    .formatted(datasets.first(), until.orElseThrow())));
  }

  /** A day means its end; everything is UTC unless it says otherwise. */
  public static Instant time(String text) {
    try {
      return OffsetDateTime.parse(text).toInstant();
    } catch (DateTimeException _) {
      // not with an offset; perhaps without
    }
    try {
      return LocalDateTime.parse(text.replace(' ', 'T')).toInstant(ZoneOffset.UTC);
    } catch (DateTimeException _) {
      // not a time; perhaps a day
    }
    try {
      return LocalDate.parse(text)
          .plusDays(1)
          .atStartOfDay()
          .toInstant(ZoneOffset.UTC)
          .minusMillis(1);
    } catch (DateTimeException e) {
      throw new CliException(
          ExitCode.USAGE,
          "'%s' is no time: write 2026-11-20, 2026-11-20T03:00 or 2026-11-20T03:00+01:00"
              .formatted(text));
    }
  }

  /** Opens a snapshot with the recovery kit. The caller closes it. */
  public SnapshotView open(SnapshotRecord record) throws IOException {
    return workspace.vault().open(record, workspace.readKeys(record.header().tenant()));
  }
}
