package dev.lifeboat.verify.audit;

import dev.lifeboat.vault.VaultException;
import dev.lifeboat.vault.seal.VerifyKey;
import dev.lifeboat.vault.seal.WriterName;
import dev.lifeboat.verify.audit.AuditRecord.Entry;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiPredicate;
import org.jspecify.annotations.Nullable;

/** Follows chains of records, from whichever file they come. */
public final class AuditCheck {
  private final BiPredicate<WriterName, VerifyKey> trusted;
  private final List<String> problems = new ArrayList<>();
  private final List<String> notes = new ArrayList<>();
  private final Map<String, Chain> chains = new LinkedHashMap<>();

  /**
   * @param trusted whose signatures count
   */
  public AuditCheck(BiPredicate<WriterName, VerifyKey> trusted) {
    this.trusted = trusted;
  }

  /**
   * What was found.
   *
   * @param chains in the order in which they come up
   * @param unended commands that began and of whose end nobody knows: killed, or still at work
   * @param problems what was changed, left out, moved or forged, in words
   * @param notes what is no sign of that, and good to know
   */
  public record Result(
      List<Summary> chains, List<AuditRecord> unended, List<String> problems, List<String> notes) {
    public Result {
      chains = List.copyOf(chains);
      unended = List.copyOf(unended);
      problems = List.copyOf(problems);
      notes = List.copyOf(notes);
    }
  }

  /**
   * A chain.
   *
   * @param writer whose signature vouches for it; empty if none does
   * @param host as the records call it
   * @param vouched sequence of the last signed record: it and all before it are vouched for
   */
  public record Summary(
      String chain,
      Optional<String> writer,
      String host,
      long records,
      long first,
      long last,
      long vouched,
      Instant from,
      Instant to) {}

  private static final class Chain {
    private final String id;
    private final AuditRecord first;
    private AuditRecord last;
    private String digest;
    private long records;
    private long vouched;
    private Optional<String> writer = Optional.empty();
    private final Map<String, AuditRecord> begun = new LinkedHashMap<>();
    private final Map<String, String> configurations = new HashMap<>();

    private Chain(AuditLine line) {
      this.id = line.record().chain();
      this.first = line.record();
      this.last = first;
      this.digest = line.digest();
    }
  }

  /**
   * Takes one line after the other.
   *
   * @param source names the file in messages
   */
  public AuditCheck read(String source, List<String> lines) {
    @Nullable Chain current = null;
    for (int i = 0; i < lines.size(); i++) {
      String where = "%s, line %d".formatted(source, i + 1);
      try {
        current = take(where, AuditLine.read(where, lines.get(i)));
      } catch (VaultException e) {
        String told = String.valueOf(e.getMessage());
        problems.add(told.startsWith(where) ? told : "%s: %s".formatted(where, told));
        if (current != null) {
          // It was a record once: what follows names this line, or another in its place.
          current.digest = AuditLine.digest(lines.get(i));
          current.records++;
          current.last =
              new AuditRecord(
                  current.id,
                  current.last.sequence() + 1,
                  Optional.empty(),
                  current.last.time(),
                  current.last.entry());
        }
      }
    }
    return this;
  }

  private Chain take(String where, AuditLine line) {
    AuditRecord record = line.record();
    Chain chain = chains.get(record.chain());
    if (chain == null) {
      chain = new Chain(line);
      chains.put(record.chain(), chain);
      if (record.sequence() != 1) {
        notes.add(
            "chain %s begins with record %d: the ones before it are not here"
                .formatted(record.chain(), record.sequence()));
      } else if (record.previous().isPresent()) {
        problems.add("%s: the first record follows another".formatted(where));
      }
    } else {
      follow(where, chain, record);
      chain.last = record;
      chain.digest = line.digest();
    }
    chain.records++;
    if (line.signed().isPresent()) {
      WriterName writer = line.signed().get().writer();
      VerifyKey key = line.signed().get().key();
      if (trusted.test(writer, key)) {
        chain.vouched = record.sequence();
        chain.writer = Optional.of(writer.value());
      } else {
        problems.add(
            "%s is signed by '%s' with %s, which is no key that counts"
                .formatted(
                    where,
                    writer,
                    Base64.getUrlEncoder().withoutPadding().encodeToString(key.toBytes())));
      }
    }
    remember(where, chain, record);
    return chain;
  }

  private void follow(String where, Chain chain, AuditRecord record) {
    long expected = chain.last.sequence() + 1;
    if (record.sequence() > expected) {
      problems.add(
          record.sequence() == expected + 1
              ? "%s: record %d of chain %s is missing".formatted(where, expected, chain.id)
              : "%s: records %d to %d of chain %s are missing"
                  .formatted(where, expected, record.sequence() - 1, chain.id));
    } else if (record.sequence() < expected) {
      problems.add(
          "%s: record %d of chain %s is not in its place, or is there twice"
              .formatted(where, record.sequence(), chain.id));
    } else if (!record.previous().equals(Optional.of(chain.digest))) {
      problems.add(
          "%s: record %d of chain %s follows another record than the one before it: that was changed or replaced"
              .formatted(where, record.sequence(), chain.id));
    }
  }

  /** What records say of each other. */
  private void remember(String where, Chain chain, AuditRecord record) {
    Entry entry = record.entry();
    switch (entry.event()) {
      case BEGIN -> {
        chain.begun.put(entry.run(), record);
        String file = entry.details().path("configuration").path("file").asString("");
        String digest = entry.details().path("configuration").path("sha256").asString("");
        String known = chain.configurations.put(file, digest);
        if (known != null && !known.equals(digest)) {
          problems.add(
              "%s: configuration %s is another than before, and no record says what was changed"
                  .formatted(where, file));
        }
      }
      case END -> chain.begun.remove(entry.run());
      case CONFIGURATION ->
          chain.configurations.put(
              entry.details().path("file").asString(""),
              entry.details().path("sha256").asString(""));
      case ANEW ->
          notes.add(
              "chain %s takes the place of chain %s of the same host, whose last copy in the vault is record %d: who did not mean that looks at why"
                  .formatted(
                      chain.id,
                      entry.details().path("chain").asString(""),
                      entry.details().path("sequence").asLong(0)));
    }
    if (entry.details().has("torn")) {
      notes.add(
          "record %d of chain %s took the place of one that was cut short while it was written"
              .formatted(record.sequence(), chain.id));
    }
  }

  /**
   * Holds a trail against its copies in the vault.
   *
   * @param local what lies in the home; the copies of other chains are taken as they are
   * @param writer of this home
   */
  public AuditCheck compare(
      List<String> local, Map<String, List<AuditCopies.Copied>> copies, WriterName writer) {
    Optional<String> own = Optional.empty();
    for (String line : local) {
      try {
        own = Optional.of(AuditLine.read("", line).record().chain());
        break;
      } catch (VaultException e) {
        // Told when it was read.
      }
    }
    List<String> ofThisHost = new ArrayList<>();
    for (Map.Entry<String, List<AuditCopies.Copied>> chain : copies.entrySet()) {
      List<AuditCopies.Copied> copied = chain.getValue();
      if (own.equals(Optional.of(chain.getKey()))) {
        ownCopies(chain.getKey(), local, copied);
      } else {
        if (copied.getLast().writer().equals(writer)) {
          ofThisHost.add(chain.getKey());
        }
        read(
            "copy of chain %s in the vault".formatted(chain.getKey()),
            copied.stream().map(AuditCopies.Copied::text).toList());
      }
    }
    if (own.isEmpty() && !ofThisHost.isEmpty()) {
      problems.add(
          "the trail of this host is gone: its copies in the vault are of chain %s"
              .formatted(String.join(", ", ofThisHost)));
    }
    return this;
  }

  private void ownCopies(String chain, List<String> local, List<AuditCopies.Copied> copied) {
    Map<Long, String> here = new HashMap<>();
    long last = 0;
    for (String line : local) {
      try {
        AuditRecord record = AuditLine.read("", line).record();
        here.putIfAbsent(record.sequence(), line);
        last = Math.max(last, record.sequence());
      } catch (VaultException e) {
        // Told when it was read.
      }
    }
    long newest = copied.getLast().sequence();
    if (newest > last) {
      problems.add(
          "the trail was cut off behind record %d: the vault has %d records of chain %s"
              .formatted(last, newest, chain));
    }
    for (AuditCopies.Copied copy : copied) {
      String line = here.get(copy.sequence());
      if (line != null && !line.equals(copy.text())) {
        problems.add(
            "record %d of chain %s is not the one that was copied into the vault"
                .formatted(copy.sequence(), chain));
      } else if (line == null && copy.sequence() <= last) {
        problems.add(
            "record %d of chain %s is in the vault and not in the trail"
                .formatted(copy.sequence(), chain));
      }
    }
  }

  /** What was found in all that was read. */
  public Result result() {
    List<Summary> summaries = new ArrayList<>();
    List<AuditRecord> unended = new ArrayList<>();
    for (Chain chain : chains.values()) {
      if (chain.vouched == 0) {
        notes.add("chain %s: no host vouches for any of it".formatted(chain.id));
      } else if (chain.vouched < chain.last.sequence()) {
        notes.add(
            "chain %s: nobody vouches for what is behind record %d yet"
                .formatted(chain.id, chain.vouched));
      }
      unended.addAll(chain.begun.values());
      summaries.add(
          new Summary(
              chain.id,
              chain.writer,
              chain.first.entry().who().host(),
              chain.records,
              chain.first.sequence(),
              chain.last.sequence(),
              chain.vouched,
              chain.first.time(),
              chain.last.time()));
    }
    return new Result(summaries, unended, problems, notes);
  }
}
