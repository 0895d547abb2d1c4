package dev.lifeboat.sources.postgres;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The entries of an archive that make one table: it, its partitions, and what belongs to them.
 *
 * @param ids numbers of entries, in the order of the archive
 * @param tables the tables, as {@link Names#encode(String, String)} names them
 * @param leftOut what refers to the table, or is referred to by it, and did not come along
 */
record TableSelection(
    List<Integer> ids, Set<String> tables, Set<String> sequences, List<String> leftOut) {
  private static final Set<String> RELATIONS =
      Set.of("TABLE", "VIEW", "MATERIALIZED VIEW", "FOREIGN TABLE");

  static TableSelection of(
      List<ArchiveHead.Entry> entries, String schema, String table, Set<String> parts) {
    Set<Integer> tables = new HashSet<>();
    for (ArchiveHead.Entry entry : entries) {
      if (entry.description().equals("TABLE")
          && entry.namespace().equals(schema)
          && entry.tag().equals(table)) {
        tables.add(entry.id());
      }
    }
    partitions(entries, tables);
    Set<Integer> relations = new HashSet<>();
    for (ArchiveHead.Entry entry : entries) {
      if (RELATIONS.contains(entry.description())) {
        relations.add(entry.id());
      }
    }
    Set<Integer> selected = new HashSet<>(tables);
    boolean grown = !selected.isEmpty();
    while (grown) {
      grown = false;
      for (ArchiveHead.Entry entry : entries) {
        if (selected.contains(entry.id()) || !parts.contains(entry.description())) {
          continue;
        }
        if (belongs(entry, selected, tables, relations)) {
          grown |= selected.add(entry.id());
        }
      }
      grown |= sequences(entries, selected);
    }
    // pg_restore makes them in the order of the list, so it must be that of the archive.
    List<Integer> ids =
        entries.stream().map(ArchiveHead.Entry::id).filter(selected::contains).toList();
    Set<String> names = new TreeSet<>();
    Set<String> sequences = new TreeSet<>();
    List<String> leftOut = new ArrayList<>();
    for (ArchiveHead.Entry entry : entries) {
      if (tables.contains(entry.id())) {
        names.add(Names.encode(entry.namespace(), entry.tag()));
      } else if (selected.contains(entry.id()) && entry.description().equals("SEQUENCE")) {
        sequences.add(Names.encode(entry.namespace(), entry.tag()));
      } else if (!selected.contains(entry.id())
          && entry.dependencies().stream().anyMatch(tables::contains)) {
        leftOut.add(entry.description() + " " + entry.tag());
      }
    }
    return new TableSelection(ids, names, sequences, leftOut);
  }

  /** A partitioned table without its partitions would be empty. */
  private static void partitions(List<ArchiveHead.Entry> entries, Set<Integer> tables) {
    Map<Integer, ArchiveHead.Entry> byId = new HashMap<>();
    entries.forEach(entry -> byId.put(entry.id(), entry));
    boolean grown = !tables.isEmpty();
    while (grown) {
      grown = false;
      for (ArchiveHead.Entry attach : entries) {
        // Has the name of the partition, and depends on it and on its parent.
        if (attach.description().equals("TABLE ATTACH")
            && attach.dependencies().stream()
                .anyMatch(id -> tables.contains(id) && !isNamedLike(byId.get(id), attach))) {
          for (int id : attach.dependencies()) {
            grown |= isNamedLike(byId.get(id), attach) && tables.add(id);
          }
        }
      }
    }
  }

  private static boolean isNamedLike(ArchiveHead.@Nullable Entry entry, ArchiveHead.Entry attach) {
    return entry != null
        && entry.tag().equals(attach.tag())
        && entry.namespace().equals(attach.namespace());
  }

  private static boolean belongs(
      ArchiveHead.Entry entry, Set<Integer> selected, Set<Integer> tables, Set<Integer> relations) {
    List<Integer> dependencies = entry.dependencies();
    return switch (entry.description()) {
      // Other tables only if they are partitions; attached only to what comes along.
      case "TABLE" -> false;
      case "TABLE ATTACH", "INDEX ATTACH" ->
          !dependencies.isEmpty() && selected.containsAll(dependencies);
      case "COMMENT", "ACL", "SEQUENCE OWNED BY" ->
          dependencies.stream().anyMatch(selected::contains);
      // A rule or a default of another table may well depend on this one.
      default ->
          dependencies.stream().anyMatch(tables::contains)
              && dependencies.stream()
                  .noneMatch(id -> relations.contains(id) && !tables.contains(id));
    };
  }

  /** A sequence that a column owns must be there before the column's default. */
  private static boolean sequences(List<ArchiveHead.Entry> entries, Set<Integer> selected) {
    boolean grown = false;
    for (ArchiveHead.Entry owned : entries) {
      if (owned.description().equals("SEQUENCE OWNED BY") && selected.contains(owned.id())) {
        for (ArchiveHead.Entry entry : entries) {
          if (entry.description().equals("SEQUENCE") && owned.dependencies().contains(entry.id())) {
            grown |= selected.add(entry.id());
          }
        }
      }
    }
    return grown;
  }

  /** Whether an entry of an archive of data belongs to it. */
  boolean holds(ArchiveHead.Entry entry) {
    String name = Names.encode(entry.namespace(), entry.tag());
    return switch (entry.description()) {
      case "TABLE DATA" -> tables.contains(name);
      case "SEQUENCE SET" -> sequences.contains(name);
      default -> false;
    };
  }
}
