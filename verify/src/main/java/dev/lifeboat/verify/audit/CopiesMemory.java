package dev.lifeboat.verify.audit;

import dev.lifeboat.vault.WholeFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What is remembered of copies that were read.
 *
 * @param objects what each holds, by its name
 * @param problems that stay, whatever comes
 */
record CopiesMemory(
    SortedMap<String, Span> objects, Map<String, Chain> chains, Set<String> problems) {

  /** Records of a chain that lie in one object. */
  record Span(String chain, long first, long last) {}

  /** Records that follow one another: of all of them, only the ends are kept. */
  private record Piece(long first, Optional<String> previous, long last, String digest) {}

  /** The pieces of a chain: one, if nothing is missing and nothing was changed. */
  static final class Chain {
    private final String id;
    private final String writer;
    private Instant newest;
    private final TreeMap<Long, Piece> pieces = new TreeMap<>();

    Chain(String id, String writer, Instant newest) {
      this.id = id;
      this.writer = writer;
      this.newest = newest;
    }

    /** Who stored its first copy. */
    String writer() {
      return writer;
    }

    /** Time of the newest record. */
    Instant newest() {
      return newest;
    }

    /** The highest sequence. */
    long last() {
      return pieces.isEmpty() ? 0 : pieces.lastEntry().getValue().last();
    }

    /**
     * Takes a record, in any order, any number of times.
     *
     * @return what is wrong with it, if another was there in its place; only the ends of pieces are
     *     compared
     */
    Optional<String> add(AuditLine line) {
      AuditRecord record = line.record();
      newest = record.time().isAfter(newest) ? record.time() : newest;
      long sequence = record.sequence();
      Map.Entry<Long, Piece> below = pieces.floorEntry(sequence);
      if (below != null && sequence <= below.getValue().last()) {
        return sequence < below.getValue().last() || line.digest().equals(below.getValue().digest())
            ? Optional.empty()
            : Optional.of("another record %d of chain %s was there".formatted(sequence, id));
      }
      Piece piece = new Piece(sequence, record.previous(), sequence, line.digest());
      if (below != null
          && below.getValue().last() == sequence - 1
          && record.previous().equals(Optional.of(below.getValue().digest()))) {
        piece =
            new Piece(
                below.getValue().first(), below.getValue().previous(), sequence, line.digest());
      }
      Piece above = pieces.get(sequence + 1);
      if (above != null && above.previous().equals(Optional.of(line.digest()))) {
        pieces.remove(sequence + 1);
        piece = new Piece(piece.first(), piece.previous(), above.last(), above.digest());
      }
      pieces.put(piece.first(), piece);
      return Optional.empty();
    }

    /** What is missing, and what does not follow the record before it. */
    List<String> problems() {
      List<String> problems = new ArrayList<>();
      long last = 0;
      for (Piece piece : pieces.values()) {
        if (piece.first() > last + 1) {
          problems.add(
              "records %d to %d of chain %s have no copy"
                  .formatted(last + 1, piece.first() - 1, id));
        } else if (last > 0 || piece.previous().isPresent()) {
          problems.add(
              "record %d of chain %s follows another record than the copy of the one before it"
                  .formatted(piece.first(), id));
        }
        last = piece.last();
      }
      return problems;
    }
  }

  /**
   * Names of objects that are not among those listed, and whose records are not all in others that
   * are.
   */
  List<String> gone(Set<String> listed) {
    return objects.entrySet().stream()
        .filter(each -> !listed.contains(each.getKey()) && !isCovered(each.getValue(), listed))
        .map(Map.Entry::getKey)
        .toList();
  }

  private boolean isCovered(Span gone, Set<String> listed) {
    long next = gone.first();
    for (Span span :
        objects.entrySet().stream()
            .filter(each ->
                listed.contains(each.getKey()) && each.getValue().chain().equals(gone.chain()))
            .map(Map.Entry::getValue)
            .sorted(Comparator.comparingLong(Span::first))
            .toList()) {
      if (span.first() <= next) {
        next = Math.max(next, span.last() + 1);
      }
    }
    return next > gone.last();
  }

  /** As it was written last; empty if it was not, or is spoilt. */
  static CopiesMemory read(Path file) throws IOException {
    CopiesMemory memory = new CopiesMemory(new TreeMap<>(), new TreeMap<>(), new TreeSet<>());
    if (Files.notExists(file)) {
      return memory;
    }
    try {
      JsonNode root = AuditRecord.MAPPER.readTree(Files.readString(file));
      for (Map.Entry<String, JsonNode> each : root.path("objects").properties()) {
        JsonNode span = each.getValue();
        memory.objects.put(
            each.getKey(),
            new Span(span.path(0).asString(), span.path(1).asLong(), span.path(2).asLong()));
      }
      root.path("problems").forEach(problem -> memory.problems.add(problem.asString()));
      for (Map.Entry<String, JsonNode> each : root.path("chains").properties()) {
        JsonNode node = each.getValue();
        Chain chain =
            new Chain(
                each.getKey(),
                node.path("writer").asString(),
                Instant.parse(node.path("newest").asString()));
        for (JsonNode piece : node.path("pieces")) {
          chain.pieces.put(
              piece.path("first").asLong(),
              new Piece(
                  piece.path("first").asLong(),
                  Optional.ofNullable(piece.path("previous").asString(null)),
                  piece.path("last").asLong(),
                  piece.path("digest").asString()));
        }
        memory.chains.put(each.getKey(), chain);
      }
      return memory;
    } catch (JacksonException | DateTimeException e) {
      return new CopiesMemory(new TreeMap<>(), new TreeMap<>(), new TreeSet<>());
    }
  }

  void write(Path file) throws IOException {
    ObjectNode root = AuditRecord.details();
    ObjectNode names = root.putObject("objects");
    objects.forEach(
        (name, span) -> names.putArray(name).add(span.chain()).add(span.first()).add(span.last()));
    ArrayNode told = root.putArray("problems");
    problems.forEach(told::add);
    ObjectNode all = root.putObject("chains");
    chains.forEach((id, chain) -> {
      ObjectNode node = all.putObject(id).put("writer", chain.writer);
      node.put("newest", chain.newest.toString());
      ArrayNode pieces = node.putArray("pieces");
      chain
          .pieces
          .values()
          .forEach(piece -> {
            ObjectNode one = pieces.addObject().put("first", piece.first());
            piece.previous().ifPresent(previous -> one.put("previous", previous));
            one.put("last", piece.last()).put("digest", piece.digest());
          });
    });
    Files.createDirectories(
        Objects.requireNonNull(file.toAbsolutePath().getParent(), "a file has a folder"));
    WholeFile.replace(file, AuditRecord.MAPPER.writeValueAsString(root));
  }
}
