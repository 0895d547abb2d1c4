package dev.lifeboat.sources.h2;

import dev.lifeboat.sources.SourceException;
import dev.lifeboat.sources.fence.Fence;
import dev.lifeboat.sources.fence.FenceContext;
import dev.lifeboat.sources.fence.Fenced;
import dev.lifeboat.sources.fence.TargetFault;
import dev.lifeboat.sources.fence.Trial;
import dev.lifeboat.sources.fence.Trials;
import dev.lifeboat.vault.snapshot.Expectations;
import dev.lifeboat.vault.snapshot.SnapshotHeader;
import dev.lifeboat.vault.snapshot.SnapshotView;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.h2.engine.Constants;

/** A database in files of its own, opened by this process alone. */
public final class H2Fence implements Fence {
  private static final String USER = "SA";

  @Override
  public String kind() {
    return H2Source.KIND;
  }

  @Override
  public Fenced raise(SnapshotHeader snapshot, FenceContext context)
      throws SourceException.Refused {
    Path file = context.directory().resolve("database");
    if (file.toString().contains(";")) {
      throw new SourceException.Refused(
          "%s has a semicolon, which H2 takes for the end of a path: use another directory"
              .formatted(file));
    }
    return new Embedded(file);
  }

  private record Embedded(Path file) implements Fenced {
    private H2Database database() {
      return new H2Database("jdbc:h2:file:" + file, USER);
    }

    @Override
    public URI target() {
      try {
        return new URI("jdbc", "h2:file:" + file, null);
      } catch (URISyntaxException e) {
        throw new IllegalStateException(e);
      }
    }

    @Override
    public SortedMap<String, String> isolation() {
      return new TreeMap<>(
          Map.of("h2", "embedded in this process, no TCP, file %s.mv.db".formatted(file)));
    }

    @Override
    public SortedMap<String, String> tools() {
      return new TreeMap<>(Map.of("h2", Constants.FULL_VERSION));
    }

    /** Reads every table through every index, after the database was closed and opened again. */
    @Override
    public Trials tryOut(SnapshotView snapshot) throws SourceException {
      List<String> differ = new ArrayList<>();
      long tables = 0;
      try (Connection connection = open()) {
        for (H2Facts.Table table : H2Facts.tables(connection)) {
          if (table.linked()) {
            continue;
          }
          tables++;
          long rows = count(connection, "SELECT count(*) FROM " + table.sql());
          String sealed = snapshot.expectations().facts().getOrDefault(rows(table), "");
          if (!sealed.equals(Long.toString(rows))) {
            differ.add("%s: %d rows instead of %s".formatted(table.key(), rows, sealed));
          }
        }
      } catch (SQLException e) {
        return new Trials(
            List.of(new Trial("opened anew", "opens", String.valueOf(e.getMessage()), 1, false)),
            List.of());
      }
      return new Trials(
          List.of(
              new Trial(
                  "opened anew",
                  "%d tables as sealed".formatted(tables),
                  differ.isEmpty()
                      ? "%d tables as sealed".formatted(tables)
                      : String.join("; ", differ),
                  tables,
                  differ.isEmpty())),
          List.of());
    }

    private static long count(Connection connection, String sql) throws SQLException {
      try (Statement statement = connection.createStatement();
          ResultSet rows = statement.executeQuery(sql)) {
        rows.next();
        return rows.getLong(1);
      }
    }

    private Connection open() throws SourceException.Unreachable {
      return database().open(Optional.empty(), true);
    }

    @Override
    public String ask(String name, String sql) throws SourceException {
      try (Connection connection = open();
          Statement statement = connection.createStatement();
          ResultSet rows = statement.executeQuery(sql)) {
        if (!rows.next()) {
          return "(no row)";
        }
        String value = rows.getString(1);
        return value == null ? "(null)" : value;
      } catch (SQLException e) {
        throw new SourceException.Failed("%s: %s".formatted(sql, e.getMessage()), e);
      }
    }

    @Override
    public List<TargetFault> faults(Expectations sealed) throws SourceException {
      List<H2Facts.Table> tables;
      try (Connection connection = open()) {
        tables =
            H2Facts.tables(connection).stream()
                .filter(table -> sealed.facts().containsKey(rows(table)))
                .toList();
      } catch (SQLException e) {
        throw new SourceException.Failed("H2 %s: %s".formatted(file, e.getMessage()), e);
      }
      List<TargetFault> faults = new ArrayList<>();
      tables.stream()
          .filter(table -> !"0".equals(sealed.facts().get(rows(table))))
          .findFirst()
          .ifPresent(table ->
              faults.add(
                  new TargetFault(
                      "lost row",
                      "one row of table %s deleted".formatted(table.key()),
                      rows(table),
                      () ->
                          execute(
                              "SET REFERENTIAL_INTEGRITY FALSE",
                              "DELETE FROM %s FETCH FIRST ROW ONLY".formatted(table.sql()),
                              "SET REFERENTIAL_INTEGRITY TRUE"))));
      if (!tables.isEmpty()) {
        H2Facts.Table last = tables.getLast();
        faults.add(
            new TargetFault(
                "dropped table",
                "table %s dropped".formatted(last.key()),
                rows(last),
                () -> execute("DROP TABLE %s CASCADE".formatted(last.sql()))));
      }
      return faults;
    }

    private static String rows(H2Facts.Table table) {
      return "table/" + table.key() + "/rows";
    }

    private void execute(String... statements) throws SourceException {
      try (Connection connection = open();
          Statement statement = connection.createStatement()) {
        for (String sql : statements) {
          statement.execute(sql);
        }
      } catch (SQLException e) {
        throw new SourceException.Failed("H2 %s: %s".formatted(file, e.getMessage()), e);
      }
    }

    @Override
    public void close() {
      // Every connection was closed after its use, and with the last one the database.
    }
  }
}
