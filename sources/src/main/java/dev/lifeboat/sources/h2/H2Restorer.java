package dev.lifeboat.sources.h2;

import dev.lifeboat.sources.BringBackContext;
import dev.lifeboat.sources.Restorer;
import dev.lifeboat.sources.Secret;
import dev.lifeboat.sources.SourceException;
import dev.lifeboat.vault.snapshot.Expectations;
import dev.lifeboat.vault.snapshot.SnapshotSink;
import dev.lifeboat.vault.snapshot.SnapshotView;
import dev.lifeboat.vault.tree.Name;
import dev.lifeboat.vault.tree.Node;
import dev.lifeboat.vault.tree.TreePath;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.h2.util.ScriptReader;

/**
 * Brings an H2 database back, into a {@code jdbc:h2:…} target; as user {@code SA} unless it has
 * {@code ;USER=…}. A file database that is not there is made.
 */
public final class H2Restorer implements Restorer {
  private static final String DEFAULT_USER = "SA";

  @Override
  public String kind() {
    return H2Source.KIND;
  }

  @Override
  public boolean accepts(URI target) {
    return "jdbc".equals(target.getScheme()) && target.getSchemeSpecificPart().startsWith("h2:");
  }

  @Override
  public void bringBack(
      SnapshotView snapshot, List<TreePath> selection, URI target, BringBackContext context)
      throws SourceException, InterruptedException {
    if (!selection.isEmpty()) {
      throw new SourceException.Refused(
          "an H2 database comes back as a whole: restore it beside, and copy the table from there");
    }
    H2Database database = parse(target);
    Node node = snapshot.find(new TreePath(List.of(Name.of(H2Source.SCRIPT)))).orElse(null);
    if (!(node instanceof Node.File script)) {
      throw new SourceException.Failed(
          "the snapshot has no %s: it is not of kind %s".formatted(H2Source.SCRIPT, H2Source.KIND),
          null);
    }
    try (Connection connection = open(database, context.password(), false)) {
      prepare(database, connection, context.overwrite());
      run(snapshot, script, database, connection, context);
    } catch (SQLException e) {
      throw new SourceException.Failed("H2 %s: %s".formatted(database.url(), e.getMessage()), e);
    }
  }

  private static Connection open(H2Database database, Optional<Secret> password, boolean mustExist)
      throws SourceException.Unreachable {
    return database.open(password, mustExist);
  }

  private static void prepare(H2Database database, Connection connection, boolean overwrite)
      throws SQLException, SourceException.Refused {
    try (Statement statement = connection.createStatement()) {
      List<String> there = new ArrayList<>();
      try (ResultSet rows =
          statement.executeQuery(
              "SELECT table_schema || '.' || table_name FROM information_schema.tables"
                  + " WHERE table_schema <> 'INFORMATION_SCHEMA'"
                  + " UNION ALL SELECT sequence_schema || '.' || sequence_name"
                  + " FROM information_schema.sequences"
                  + " UNION ALL SELECT routine_schema || '.' || routine_name"
                  + " FROM information_schema.routines"
                  + " WHERE routine_schema <> 'INFORMATION_SCHEMA'"
                  + " UNION ALL SELECT schema_name FROM information_schema.schemata"
                  + " WHERE schema_name NOT IN ('INFORMATION_SCHEMA', 'PUBLIC')"
                  + " UNION ALL SELECT domain_schema || '.' || domain_name"
                  + " FROM information_schema.domains")) {
        while (rows.next()) {
          there.add(rows.getString(1));
        }
      }
      if (!there.isEmpty() && !overwrite) {
        throw new SourceException.Refused(
            "H2 %s is not empty (%s%s); restore to another database, or allow overwriting"
                .formatted(
                    database.url(),
                    String.join(", ", there.subList(0, Math.min(3, there.size()))),
                    there.size() > 3 ? ", …" : ""));
      }
      if (!there.isEmpty()) {
        statement.execute("DROP ALL OBJECTS");
      }
    }
  }

  private static void run(
      SnapshotView snapshot,
      Node.File script,
      H2Database database,
      Connection connection,
      BringBackContext context)
      throws SQLException, SourceException.Failed {
    context.progress().at("running " + H2Source.SCRIPT);
    long done = 0;
    try (InputStream in = snapshot.open(script.content());
        Statement statement = connection.createStatement()) {
      ScriptReader reader = new ScriptReader(new InputStreamReader(in, StandardCharsets.UTF_8));
      reader.setSkipRemarks(true);
      for (String sql = reader.readStatement(); sql != null; sql = reader.readStatement()) {
        if (!sql.isBlank()) {
          statement.execute(sql);
          done++;
          context.progress().bytes(sql.length());
        }
      }
      statement.execute("ANALYZE");
    } catch (SQLException | IOException e) {
      throw new SourceException.Failed(
          "H2 %s: restoring failed after %d statements, what is there is incomplete: %s"
              .formatted(database.url(), done, e.getMessage()),
          e);
    }
  }

  @Override
  public Expectations gather(
      URI target, Expectations expected, SnapshotSink measure, BringBackContext context)
      throws SourceException, InterruptedException {
    H2Database database = parse(target);
    H2Facts facts = new H2Facts();
    try (Connection connection = open(database, context.password(), true);
        Statement statement = connection.createStatement()) {
      facts.rows(connection, H2Facts.tables(connection));
      try (ResultSet rows = statement.executeQuery("SCRIPT NODATA")) {
        while (rows.next()) {
          String sql = ScriptStream.stable(rows.getString(1));
          if (!sql.isEmpty()) {
            facts.definition(sql);
          }
        }
      }
    } catch (SQLException | IOException e) {
      throw new SourceException.Failed("H2 %s: %s".formatted(database.url(), e.getMessage()), e);
    }
    return new Expectations(H2Source.KIND, H2Facts.VERSION, facts.facts(), expected.limits());
  }

  private static H2Database parse(URI target) throws SourceException.Refused {
    // Opaque: everything behind the scheme is the driver's, as it stands.
    StringBuilder url = new StringBuilder();
    String user = DEFAULT_USER;
    for (String part : ("jdbc:" + target.getSchemeSpecificPart()).split(";", -1)) {
      String upper = part.toUpperCase(java.util.Locale.ROOT);
      if (upper.startsWith("PASSWORD=")) {
        throw new SourceException.Refused("a password does not belong into the target's url");
      } else if (upper.startsWith("USER=")) {
        user = part.substring(5);
      } else {
        url.append(url.isEmpty() ? "" : ";").append(part);
      }
    }
    return new H2Database(url.toString(), user);
  }
}
