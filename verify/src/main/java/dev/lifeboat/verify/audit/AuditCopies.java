package dev.lifeboat.verify.audit;

import dev.lifeboat.vault.VaultException;
import dev.lifeboat.vault.WholeFile;
import dev.lifeboat.vault.reclaim.SealedDocuments;
import dev.lifeboat.vault.region.ObjectKey;
import dev.lifeboat.vault.seal.HostKeystore;
import dev.lifeboat.vault.seal.TenantWriteKeys;
import dev.lifeboat.vault.seal.WriterName;
import dev.lifeboat.verify.audit.AuditRecord.Entry;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/**
 * Copies of trails in the vault: whole lines in objects below {@code audit/}, sealed and signed as
 * evidence is. Which lines are there already is noted beside the trail; where that note is lost,
 * they are copied again, which changes nothing.
 */
public final class AuditCopies {
  /** So many characters of lines go into one object, or one line that is longer. */
  private static final int OBJECT = 1 << 20;

  /** Until so many records wait, a command that only verifies leaves them to the next one. */
  private static final int WAIT = 100;

  private final SealedDocuments objects;
  private final HostKeystore host;
  private final Clock clock;

  /**
   * @param host whose tenants' keys seal and open; not taken over
   */
  public AuditCopies(SealedDocuments objects, HostKeystore host, Clock clock) {
    this.objects = objects;
    this.host = host;
    this.clock = clock;
  }

  /**
   * A line that lies in the vault.
   *
   * @param writer who stored it there
   */
  public record Copied(long sequence, String text, WriterName writer) {}

  /**
   * What the vault has.
   *
   * @param chains by their names, each line once, in order
   * @param problems what cannot be read or contradicts itself, in words
   */
  public record Contents(SortedMap<String, List<Copied>> chains, List<String> problems) {}

  /**
   * How far a chain was copied.
   *
   * @param object last segment of the name of the last copy
   * @param end of the last copied line in the trail, in bytes
   * @param digest of that line
   */
  private record Note(String chain, long sequence, String object, long end, String digest) {
    /** Whether what was copied last still lies where it lay, so that all before it is done. */
    boolean fits(AuditTrail trail) {
      return trail.lineBefore(end).map(AuditLine::digest).equals(Optional.of(digest));
    }

    /** In versions before this one, notes had no place. */
    boolean hasPlace() {
      return end > 0;
    }
  }

  /**
   * Copies what is not in the vault yet, and reads nothing else of the trail. The first time it
   * looks whether this host had another chain before, and says so in a record.
   *
   * @param entry of the command that copies: who it was is said in that record
   * @return what is wrong with the trail, in words, if it does not go on from what was copied; the
   *     whole of it is for verification to judge
   * @throws VaultException.Unreachable if fewer regions than the quorum take it; it is tried again
   *     by whoever comes next
   */
  public Optional<String> copy(AuditTrail trail, Entry entry)
      throws IOException, InterruptedException {
    Optional<String> newest = host.tenants().isEmpty() ? Optional.empty() : trail.last();
    if (newest.isEmpty()) {
      return Optional.empty();
    }
    String chain = record(trail, newest.get()).chain();
    Optional<Note> note = note(trail).filter(known -> known.chain().equals(chain));
    if (note.isEmpty()) {
      Optional<AuditRecord> before = last(chain);
      if (before.isPresent()) {
        var details = AuditRecord.details();
        details.put("chain", before.get().chain()).put("sequence", before.get().sequence());
        trail.append(
            entry.then(AuditRecord.Event.ANEW, OptionalInt.empty(), details), Optional.of(host));
      }
    }
    Optional<Note> place = note.filter(known -> known.hasPlace() && known.fits(trail));
    Optional<String> wrong = note.isEmpty() ? Optional.empty() : misfit(trail);
    long done = note.map(Note::sequence).orElse(0L);
    Optional<String> object = note.map(Note::object);
    Optional<String> previous = place.map(Note::digest);
    StringBuilder piece = new StringBuilder();
    @Nullable Note upTo = null;
    for (AuditTrail.Line line : trail.linesFrom(place.map(Note::end).orElse(0L))) {
      String digest = AuditLine.digest(line.text());
      Optional<String> follows = previous;
      previous = Optional.of(digest);
      AuditRecord record;
      try {
        record = AuditLine.read("", line.text()).record();
      } catch (VaultException e) {
        // What comes after it is copied all the same.
        wrong = wrong.or(() -> Optional.of("a line is no record: " + e.getMessage()));
        continue;
      }
      if (record.sequence() <= done) {
        continue;
      }
      if (follows.isPresent() && !record.previous().equals(follows)) {
        wrong =
            wrong.or(() ->
                Optional.of(
                    "record %d follows another than the one before it"
                        .formatted(record.sequence())));
      }
      if (upTo != null && piece.length() + line.text().length() > OBJECT) {
        object = Optional.of(store(trail, piece, upTo, object));
      }
      piece.append(line.text()).append('\n');
      upTo = new Note(chain, record.sequence(), "", line.end(), digest);
    }
    if (upTo != null && !piece.isEmpty()) {
      store(trail, piece, upTo, object);
    }
    return wrong;
  }

  /** What is wrong, in words, if a trail has not what was copied last where it was then. */
  static Optional<String> misfit(AuditTrail trail) {
    return note(trail)
        .filter(known -> known.hasPlace() && !known.fits(trail))
        .map(known ->
            "record %d of chain %s, which was copied last, is not where it was in the trail"
                .formatted(known.sequence(), known.chain()));
  }

  /** How many records of a trail are not known to be in the vault. */
  public static long waiting(AuditTrail trail) {
    Optional<String> newest = trail.last();
    try {
      return newest.isEmpty() ? 0 : waiting(trail, record(trail, newest.get()));
    } catch (VaultException e) {
      return trail.lines().size();
    }
  }

  private static AuditRecord record(AuditTrail trail, String line) {
    return AuditLine.read(trail.file().toString(), line).record();
  }

  private static long waiting(AuditTrail trail, AuditRecord last) {
    return last.sequence()
        - note(trail)
            .filter(note -> note.chain().equals(last.chain()))
            .map(Note::sequence)
            .orElse(0L);
  }

  /** When a trail was last written to, if more of it waits than any command may leave behind. */
  public static Optional<Instant> overdue(AuditTrail trail) {
    try {
      return trail
          .last()
          .map(line -> record(trail, line))
          .filter(last -> waiting(trail, last) > WAIT)
          .map(AuditRecord::time);
    } catch (VaultException e) {
      // Told of as such.
      return Optional.empty();
    }
  }

  /** Whether so many records wait that also a command that only verifies copies them. */
  public static boolean isUrgent(AuditTrail trail) {
    return waiting(trail) > WAIT;
  }

  private String store(AuditTrail trail, StringBuilder piece, Note upTo, Optional<String> last)
      throws IOException {
    ObjectKey key = objects.newKey(clock.instant(), last);
    var _ =
        objects.store(
            key,
            piece.toString().getBytes(StandardCharsets.UTF_8),
            host.tenants().stream().flatMap(tenant -> host.newest(tenant).stream()).toList());
    piece.setLength(0);
    var json = AuditRecord.details();
    json.put("chain", upTo.chain()).put("sequence", upTo.sequence());
    json.put("object", key.lastSegment()).put("end", upTo.end()).put("line", upTo.digest());
    WholeFile.replace(trail.noteOfCopies(), json.toString());
    return key.lastSegment();
  }

  private static Optional<Note> note(AuditTrail trail) {
    try {
      JsonNode json = AuditRecord.MAPPER.readTree(Files.readString(trail.noteOfCopies()));
      return Optional.of(
          new Note(
              json.path("chain").asString(""),
              json.path("sequence").asLong(0),
              json.path("object").asString(""),
              json.path("end").asLong(0),
              json.path("line").asString("")));
    } catch (IOException | JacksonException e) {
      return Optional.empty();
    }
  }

  /** The newest copied record of this host that belongs to another chain than this one. */
  private Optional<AuditRecord> last(String chain) throws InterruptedException {
    for (ObjectKey key : objects.list().reversed()) {
      try {
        SealedDocuments.Found found = objects.read(key, known());
        if (found.writer().equals(host.writer())) {
          AuditRecord last = AuditLine.read(key.toString(), lines(found).getLast()).record();
          return last.chain().equals(chain) ? Optional.empty() : Optional.of(last);
        }
      } catch (VaultException.Damaged
          | VaultException.Untrusted
          | VaultException.KeyUnavailable e) {
        // Verification tells of it.
      }
    }
    return Optional.empty();
  }

  /** Reads all copies of all hosts. */
  public Contents read() throws InterruptedException {
    SortedMap<String, SortedMap<Long, Copied>> chains = new TreeMap<>();
    List<String> problems = new ArrayList<>();
    for (ObjectKey key : objects.list()) {
      try {
        SealedDocuments.Found found = objects.read(key, known());
        for (String text : lines(found)) {
          AuditRecord record = AuditLine.read(key.toString(), text).record();
          Copied before =
              chains
                  .computeIfAbsent(record.chain(), _ -> new TreeMap<>())
                  .putIfAbsent(
                      record.sequence(), new Copied(record.sequence(), text, found.writer()));
          if (before != null && !before.text().equals(text)) {
            problems.add(
                "%s holds another record %d of chain %s than an object before it"
                    .formatted(key, record.sequence(), record.chain()));
          }
        }
      } catch (VaultException.Damaged
          | VaultException.Untrusted
          | VaultException.KeyUnavailable e) {
        problems.add(String.valueOf(e.getMessage()));
      }
    }
    SortedMap<String, List<Copied>> contents = new TreeMap<>();
    chains.forEach((chain, lines) -> contents.put(chain, List.copyOf(lines.values())));
    return new Contents(contents, problems);
  }

  private List<TenantWriteKeys> known() {
    return host.tenants().stream().flatMap(name -> host.generations(name).stream()).toList();
  }

  static List<String> lines(SealedDocuments.Found found) {
    return new String(found.document(), StandardCharsets.UTF_8).lines().toList();
  }
}
