package dev.lifeboat.verify.evidence;

import dev.lifeboat.vault.VaultException;
import dev.lifeboat.vault.reclaim.SealedDocuments;
import dev.lifeboat.vault.region.ObjectKey;
import dev.lifeboat.vault.seal.HostKeystore;
import dev.lifeboat.vault.seal.TenantName;
import dev.lifeboat.vault.seal.TenantWriteKeys;
import dev.lifeboat.vault.seal.VaultDocument;
import dev.lifeboat.verify.drill.DrillReport;
import dev.lifeboat.verify.drill.DrillReportJson;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.function.Function;
import tools.jackson.databind.JsonNode;

/**
 * All evidence of a vault: what was said, in order, each piece linked to the one before it. Only
 * ever grows.
 */
public final class EvidenceBook {
  /** So many earlier drills make a trend. */
  private static final int TREND = 24;

  private final SealedDocuments objects;
  private final HostKeystore host;
  private final VaultDocument document;
  private final Clock clock;
  private final String program;

  /**
   * @param host whose key signs, and whose tenants' keys open; not taken over
   * @param program that writes, and its version
   */
  public EvidenceBook(
      SealedDocuments objects,
      HostKeystore host,
      VaultDocument document,
      Clock clock,
      String program) {
    this.objects = objects;
    this.host = host;
    this.document = document;
    this.clock = clock;
    this.program = program;
  }

  /** A piece of evidence and its file. */
  public record Entry(Evidence evidence, EvidenceFile file) {
    public Evidence.Link link() {
      return new Evidence.Link(evidence.id(), file.digest().toString());
    }
  }

  /**
   * What the book holds.
   *
   * @param entries that verify, oldest first
   * @param problems what is missing, forged or cannot be read, in words
   */
  public record Contents(List<Entry> entries, List<String> problems) {
    public Contents {
      entries = List.copyOf(entries);
      problems = List.copyOf(problems);
    }

    /** Finds by id, or by the beginning of one. */
    public Optional<Entry> find(String id) {
      List<Entry> found =
          entries.stream().filter(entry -> entry.evidence().id().startsWith(id)).toList();
      return found.size() == 1 ? Optional.of(found.getFirst()) : Optional.empty();
    }
  }

  /** Reads everything and follows the links. */
  public Contents read() throws InterruptedException {
    List<Entry> entries = new ArrayList<>();
    List<String> problems = new ArrayList<>();
    for (ObjectKey key : objects.list()) {
      try {
        entries.add(read(key));
      } catch (VaultException e) {
        problems.add(String.valueOf(e.getMessage()));
      }
    }
    problems.addAll(brokenLinks(entries));
    return new Contents(entries, problems);
  }

  /**
   * What does not fit together among pieces of evidence, whoever has them: links to a piece that is
   * not there, or is another.
   */
  public static List<String> brokenLinks(List<Entry> entries) {
    List<String> problems = new ArrayList<>();
    Map<String, String> digests = new HashMap<>();
    entries.forEach(entry -> digests.put(entry.evidence().id(), entry.file().digest().toString()));
    Map<String, String> successors = new HashMap<>();
    for (Entry entry : entries) {
      Evidence evidence = entry.evidence();
      if (evidence.previous().isEmpty()) {
        if (evidence.sequence() != 1) {
          problems.add("evidence %s names none before it".formatted(evidence.id()));
        }
        continue;
      }
      Evidence.Link link = evidence.previous().get();
      String digest = digests.get(link.id());
      if (digest == null) {
        problems.add("evidence %s is missing: %s follows it".formatted(link.id(), evidence.id()));
      } else if (!digest.equals(link.sha256())) {
        problems.add(
            "evidence %s is not the one that %s follows".formatted(link.id(), evidence.id()));
      }
      String other = successors.put(link.id(), evidence.id());
      if (other != null) {
        problems.add(
            "evidence %s and %s both follow %s: two hosts wrote at a time"
                .formatted(other, evidence.id(), link.id()));
      }
    }
    return problems;
  }

  private Entry read(ObjectKey key) {
    SealedDocuments.Found found = objects.read(key, known());
    EvidenceFile file = EvidenceFile.read(key.toString(), found.document());
    if (!document.writer(file.key()).equals(Optional.of(found.writer()))) {
      throw new VaultException.Untrusted(
          "%s was stored by %s and signed by %s".formatted(key, found.writer(), file.key()));
    }
    Evidence evidence = Evidence.of(file);
    if (!key.lastSegment().equals(evidence.id())
        || !document.vault().hex().equals(evidence.vault())) {
      throw new VaultException.Untrusted(
          "%s holds evidence %s of vault %s".formatted(key, evidence.id(), evidence.vault()));
    }
    return new Entry(evidence, file);
  }

  private List<TenantWriteKeys> known() {
    return host.tenants().stream().flatMap(name -> host.generations(name).stream()).toList();
  }

  /** Signs and stores what a drill showed. */
  public Entry add(DrillReport report) throws InterruptedException {
    List<Entry> before = new ArrayList<>();
    List<ObjectKey> keys = objects.list();
    for (ObjectKey key : keys.subList(Math.max(0, keys.size() - TREND), keys.size())) {
      try {
        before.add(read(key));
      } catch (VaultException.Damaged
          | VaultException.Untrusted
          | VaultException.KeyUnavailable e) {
        // Told by whoever reads the book; a trend can do without.
      }
    }
    List<DrillReport> same =
        before.stream()
            .flatMap(entry -> entry.evidence().drill().stream())
            .filter(drill ->
                drill.name().equals(report.name())
                    && drill.scenario().name().equals(report.scenario().name()))
            .toList();
    JsonNode body = Evidence.MAPPER.readTree(DrillReportJson.write(report));
    return add(
        Evidence.Kind.DRILL,
        body,
        before,
        report.datasets().stream().map(DrillReport.Dataset::tenant).toList(),
        evidence -> DrillPage.of(evidence, report, same, writer(), key()));
  }

  /** Signs and stores a note. */
  public Entry add(Note note, Contents contents) {
    return add(
        Evidence.Kind.NOTE,
        note.body(),
        contents.entries(),
        List.of(),
        evidence -> NotePage.of(evidence, note, writer(), key()));
  }

  /** Signs and stores a pack. */
  public Entry add(EvidencePack pack, Contents contents) {
    return add(
        Evidence.Kind.PACK,
        pack.body(),
        contents.entries(),
        List.of(),
        evidence -> PackPage.of(evidence, pack, writer(), key()));
  }

  private Entry add(
      Evidence.Kind kind,
      JsonNode body,
      List<Entry> before,
      Collection<String> tenants,
      Function<Evidence, EvidenceFile.Page> page) {
    Instant now = clock.instant();
    Optional<Entry> last = before.isEmpty() ? Optional.empty() : Optional.of(before.getLast());
    ObjectKey key = objects.newKey(now, last.map(entry -> entry.evidence().id()));
    Evidence evidence =
        new Evidence(
            key.lastSegment(),
            kind,
            document.vault().hex(),
            now,
            last.map(entry -> entry.evidence().sequence()).orElse(0L) + 1,
            last.map(Entry::link),
            program,
            body);
    EvidenceFile file =
        EvidenceFile.sign(
            evidence.statement(), page.apply(evidence), host.writer(), host.signingKey());
    var _ = objects.store(key, file.html().getBytes(StandardCharsets.UTF_8), sealedFor(tenants));
    return new Entry(evidence, file);
  }

  /** The named tenants, or all where none is named or one is not known here. */
  private List<TenantWriteKeys> sealedFor(Collection<String> names) {
    List<TenantWriteKeys> keys = new ArrayList<>();
    for (TenantName tenant : host.tenants()) {
      if (names.contains(tenant.value())) {
        host.newest(tenant).ifPresent(keys::add);
      }
    }
    if (!keys.isEmpty() && keys.size() == new TreeSet<>(names).size()) {
      return keys;
    }
    return host.tenants().stream().flatMap(tenant -> host.newest(tenant).stream()).toList();
  }

  private String writer() {
    return host.writer().value();
  }

  private String key() {
    return Base64.getUrlEncoder()
        .withoutPadding()
        .encodeToString(host.signingKey().verifyKey().toBytes());
  }
}
