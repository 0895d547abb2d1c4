package dev.lifeboat.sources.postgres;

import dev.lifeboat.sources.Secret;
import dev.lifeboat.sources.SourceException;
import dev.lifeboat.sources.fence.Fenced;
import dev.lifeboat.sources.fence.TargetFault;
import dev.lifeboat.sources.fence.Trial;
import dev.lifeboat.sources.fence.Trials;
import dev.lifeboat.vault.snapshot.Expectations;
import dev.lifeboat.vault.snapshot.SnapshotView;
import java.io.IOException;
import java.net.URI;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/** A server with what was brought back into it, and nothing else. */
final class FencedPostgres implements Fenced {
  private static final Duration AMCHECK = Duration.ofHours(12);
  private static final String RELATIONS =
      "SELECT count(*) FROM pg_class WHERE relkind IN ('r', 't', 'm', 'i', 'S')"
          + " AND relpersistence <> 't'";

  private final TrialServer server;

  FencedPostgres(TrialServer server) {
    this.server = server;
  }

  @Override
  public URI target() {
    return server.target();
  }

  @Override
  public Optional<Secret> password() {
    return server.password();
  }

  @Override
  public SortedMap<String, String> isolation() {
    return server.isolation();
  }

  @Override
  public SortedMap<String, String> tools() {
    return new TreeMap<>(Map.of("postgresql", server.version()));
  }

  @Override
  public Trials tryOut(SnapshotView snapshot) throws SourceException, InterruptedException {
    List<Trial> done = new ArrayList<>();
    List<String> leftOut = new ArrayList<>();
    for (String database : databases(snapshot.expectations())) {
      try {
        if (ask(database, "SELECT count(*) FROM pg_available_extensions WHERE name = 'amcheck'")
            .equals("0")) {
          leftOut.add(
              "amcheck of database %s: the extension is not installed here; install the package postgresql-contrib"
                  .formatted(database));
          continue;
        }
        Optional<Trial> amcheck = amcheck(database);
        amcheck.ifPresent(done::add);
        if (amcheck.isEmpty()) {
          leftOut.add(
              "amcheck of database %s: there is no pg_amcheck for PostgreSQL %s here"
                  .formatted(database, server.version()));
        }
      } catch (IOException e) {
        throw new SourceException.Failed("pg_amcheck: " + e.getMessage(), e);
      }
    }
    return new Trials(done, leftOut);
  }

  private Optional<Trial> amcheck(String database)
      throws SourceException, IOException, InterruptedException {
    long relations = Long.parseLong(ask(database, RELATIONS));
    String expected = "%d relations sound".formatted(relations);
    return server
        .run(
            "pg_amcheck", database, List.of("--install-missing", "--database=" + database), AMCHECK)
        .map(result ->
            new Trial(
                "pg_amcheck " + database,
                expected,
                result.code() == 0 ? expected : result.firstLine(),
                relations,
                result.code() == 0));
  }

  private static SortedSet<String> databases(Expectations sealed) {
    TreeSet<String> databases = new TreeSet<>();
    for (String fact : sealed.facts().keySet()) {
      if (fact.startsWith(DatabaseFacts.DATABASE)) {
        databases.add(Names.decode(fact.split("/", 3)[1]));
      }
    }
    return databases;
  }

  @Override
  public String ask(String database, String sql) throws SourceException {
    if (database.isEmpty()) {
      throw new SourceException.Refused(
          "'%s' is to be asked of no database: name one".formatted(sql));
    }
    try (Connection connection = server.endpoint().open(database);
        Statement statement = connection.createStatement()) {
      // As somebody who knows nothing of us would ask: with the database's own search path.
      statement.execute("RESET ALL");
      try (var rows = statement.executeQuery(sql)) {
        if (!rows.next()) {
          return "(no row)";
        }
        String value = rows.getString(1);
        return value == null ? "(null)" : value;
      }
    } catch (SQLException e) {
      throw new SourceException.Failed(
          "database %s, %s: %s".formatted(database, sql, e.getMessage()), e);
    }
  }

  @Override
  public List<TargetFault> faults(Expectations sealed) {
    List<TargetFault> faults = new ArrayList<>();
    List<String> tables =
        sealed.facts().keySet().stream()
            .filter(fact -> fact.startsWith(DatabaseFacts.DATABASE))
            .filter(fact -> fact.contains("/table/") && fact.endsWith("/rows"))
            .toList();
    tables.stream()
        .filter(fact -> !"0".equals(sealed.facts().get(fact)))
        .findFirst()
        .ifPresent(fact -> {
          Named table = Named.of(fact);
          faults.add(
              new TargetFault(
                  "lost row",
                  "one row of %s in database %s deleted".formatted(table.sql(), table.database()),
                  fact,
                  () ->
                      execute(
                          table.database(),
                          "SET session_replication_role = replica",
                          "DELETE FROM ONLY %s WHERE ctid = (SELECT ctid FROM ONLY %s LIMIT 1)"
                              .formatted(table.sql(), table.sql()))));
        });
    if (!tables.isEmpty()) {
      Named table = Named.of(tables.getLast());
      faults.add(
          new TargetFault(
              "dropped table",
              "table %s of database %s dropped".formatted(table.sql(), table.database()),
              tables.getLast(),
              () ->
                  execute(
                      table.database(),
                      "SET session_replication_role = replica",
                      "DROP TABLE %s CASCADE".formatted(table.sql()))));
    }
    return faults;
  }

  /** A table as the name of a fact has it. */
  private record Named(String database, String sql) {
    static Named of(String fact) {
      String[] parts = fact.split("/", -1);
      String[] names = parts[3].split("\\.", 2);
      return new Named(
          Names.decode(parts[1]), Names.quote(Names.decode(names[0]), Names.decode(names[1])));
    }
  }

  private void execute(String database, String... statements) throws SourceException {
    try (Connection connection = server.endpoint().open(database);
        Statement statement = connection.createStatement()) {
      for (String sql : statements) {
        statement.execute(sql);
      }
    } catch (SQLException e) {
      throw new SourceException.Failed("database %s: %s".formatted(database, e.getMessage()), e);
    }
  }

  @Override
  public void close() throws SourceException {
    server.close();
  }
}
