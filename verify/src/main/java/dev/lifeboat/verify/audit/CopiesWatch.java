package dev.lifeboat.verify.audit;

import dev.lifeboat.vault.VaultException;
import dev.lifeboat.vault.reclaim.SealedDocuments;
import dev.lifeboat.vault.region.ObjectKey;
import dev.lifeboat.vault.seal.HostKeystore;
import dev.lifeboat.vault.seal.TenantWriteKeys;
import dev.lifeboat.vault.seal.VerifyKey;
import dev.lifeboat.vault.seal.WriterName;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.BiPredicate;

/**
 * Follows the copies of audit trails from one look to the next: reads each object once, and
 * remembers in a file which those were and where their chains ended. Losing that file costs reading
 * them all again, and whether one of them is gone. {@link AuditCheck} sees more, and reads all.
 */
public final class CopiesWatch {
  private final SealedDocuments objects;
  private final HostKeystore host;
  private final BiPredicate<WriterName, VerifyKey> trusted;
  private final Path memory;

  /**
   * @param host whose tenants' keys open; not taken over
   * @param trusted whose signatures count
   * @param memory made when there is something to remember
   */
  public CopiesWatch(
      SealedDocuments objects,
      HostKeystore host,
      BiPredicate<WriterName, VerifyKey> trusted,
      Path memory) {
    this.objects = objects;
    this.host = host;
    this.trusted = trusted;
    this.memory = memory;
  }

  /**
   * What is known after a look.
   *
   * @param copied time of the newest copied record of each host, by its name
   * @param problems what is missing, changed or forged, or cannot be read, in words
   */
  public record Seen(SortedMap<String, Instant> copied, List<String> problems) {}

  /**
   * Looks once; changes nothing in the vault.
   *
   * @param own trail of this host, whose end is held against its copies
   * @throws VaultException.Unreachable if so many regions are silent that a copy may be missed
   */
  public Seen look(AuditTrail own) throws IOException, InterruptedException {
    CopiesMemory known = CopiesMemory.read(memory);
    List<String> problems = new ArrayList<>();
    Set<String> listed = new HashSet<>();
    boolean unsure = false;
    boolean more = false;
    for (ObjectKey key : objects.list()) {
      listed.add(key.lastSegment());
      if (known.objects().containsKey(key.lastSegment())) {
        continue;
      }
      try {
        known.objects().put(key.lastSegment(), take(key, known));
        more = true;
      } catch (VaultException.Unreachable e) {
        // Of the silent region somebody is told; what follows may be in there.
        unsure = true;
      } catch (VaultException e) {
        problems.add(String.valueOf(e.getMessage()));
      }
    }
    if (more) {
      known.write(memory);
    }
    known
        .gone(listed)
        .forEach(name ->
            problems.add("%s%s was there and is gone".formatted(SealedDocuments.AUDIT, name)));
    problems.addAll(known.problems());
    SortedMap<String, Instant> copied = new TreeMap<>();
    for (CopiesMemory.Chain chain : known.chains().values()) {
      if (!unsure) {
        problems.addAll(chain.problems());
      }
      copied.merge(chain.writer(), chain.newest(), (a, b) -> a.isAfter(b) ? a : b);
    }
    ownTrail(own, known).ifPresent(problems::add);
    return new Seen(copied, problems);
  }

  private CopiesMemory.Span take(ObjectKey key, CopiesMemory known) {
    SealedDocuments.Found found = objects.read(key, keys());
    List<AuditLine> lines = new ArrayList<>();
    for (String text : AuditCopies.lines(found)) {
      lines.add(AuditLine.read(key.toString(), text));
    }
    for (AuditLine line : lines) {
      AuditRecord record = line.record();
      line.signed()
          .filter(signed -> !trusted.test(signed.writer(), signed.key()))
          .ifPresent(signed ->
              known
                  .problems()
                  .add(
                      "%s: record %d of chain %s is signed by '%s' with a key that does not count"
                          .formatted(key, record.sequence(), record.chain(), signed.writer())));
      known
          .chains()
          .computeIfAbsent(
              record.chain(),
              id -> new CopiesMemory.Chain(id, found.writer().value(), record.time()))
          .add(line)
          .ifPresent(problem -> known.problems().add("%s: %s".formatted(key, problem)));
    }
    return new CopiesMemory.Span(
        lines.getFirst().record().chain(),
        lines.getFirst().record().sequence(),
        lines.getLast().record().sequence());
  }

  /** Only now is the trail looked at: it may have grown, and been copied, in the meantime. */
  private Optional<String> ownTrail(AuditTrail trail, CopiesMemory known) {
    Map<String, CopiesMemory.Chain> own = new TreeMap<>(known.chains());
    own.values().removeIf(chain -> !chain.writer().equals(host.writer().value()));
    if (own.isEmpty()) {
      return Optional.empty();
    }
    Optional<String> newest = trail.last();
    if (newest.isEmpty()) {
      return Optional.of(
          "the trail of this host is gone: its copies in the vault are of chain %s"
              .formatted(String.join(", ", own.keySet())));
    }
    AuditRecord last;
    try {
      last = AuditLine.read(trail.file().toString(), newest.get()).record();
    } catch (VaultException e) {
      return Optional.of("the last line of the trail of this host is no record");
    }
    CopiesMemory.Chain chain = own.get(last.chain());
    if (chain == null) {
      return Optional.of(
          "the trail of this host is chain %s, of which the vault has nothing: its copies are of chain %s"
              .formatted(last.chain(), String.join(", ", own.keySet())));
    }
    return chain.last() > last.sequence()
        ? Optional.of(
            "the trail of this host was cut off behind record %d: the vault has %d records of chain %s"
                .formatted(last.sequence(), chain.last(), last.chain()))
        : AuditCopies.misfit(trail);
  }

  private List<TenantWriteKeys> keys() {
    return host.tenants().stream().flatMap(name -> host.generations(name).stream()).toList();
  }
}
