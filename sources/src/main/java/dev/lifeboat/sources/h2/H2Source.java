package dev.lifeboat.sources.h2;

import dev.lifeboat.sources.CaptureContext;
import dev.lifeboat.sources.Secret;
import dev.lifeboat.sources.Source;
import dev.lifeboat.sources.SourceException;
import dev.lifeboat.vault.snapshot.Captured;
import dev.lifeboat.vault.snapshot.Expectations;
import dev.lifeboat.vault.tree.Attributes;
import dev.lifeboat.vault.tree.Content;
import dev.lifeboat.vault.tree.Name;
import dev.lifeboat.vault.tree.Node;
import java.io.IOException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import org.h2.engine.Constants;

/**
 * Captures an H2 database while it is in use, as the script that makes it again: {@code
 * script.sql}.
 *
 * <p>Facts and script are read in one transaction of isolation level {@code SNAPSHOT}, so both see
 * all tables as of one instant, whatever others commit meanwhile. Facts come first because {@code
 * SCRIPT} ends its transaction. The transaction has read every table before, which keeps others
 * from changing their definitions until then; tables that were made in the meantime would be
 * scripted without their rows, so the list of tables is compared before and after.
 */
public final class H2Source implements Source {
  public static final String KIND = "h2";

  static final String SCRIPT = "script.sql";

  private static final int ATTEMPTS = 3;

  private final H2Database database;
  private final Optional<Secret> password;

  /** Borrows the password: the caller closes it when the source is done with. */
  public H2Source(H2Settings settings, Optional<Secret> password) {
    this.database = new H2Database(settings.url(), settings.user());
    this.password = password;
  }

  @Override
  public String kind() {
    return KIND;
  }

  @Override
  public Captured capture(CaptureContext context) throws SourceException, InterruptedException {
    try (Connection connection = database.open(password, true)) {
      for (int attempt = 1; ; attempt++) {
        Instant time = context.clock().instant();
        List<H2Facts.Table> before = H2Facts.tables(connection);
        H2Facts facts = new H2Facts();
        Content content = capture(connection, before, facts, context);
        if (H2Facts.tables(connection).equals(before)) {
          context.progress().items(before.size());
          return captured(time, content, facts, connection, context);
        }
        if (attempt == ATTEMPTS) {
          throw new SourceException.Failed(
              "H2 %s: tables keep being created or dropped; try again later"
                  .formatted(database.url()),
              null);
        }
      }
    } catch (SQLException | IOException e) {
      throw new SourceException.Failed(
          "H2 %s: capturing failed: %s".formatted(database.url(), e.getMessage()), e);
    }
  }

  private static Content capture(
      Connection connection, List<H2Facts.Table> tables, H2Facts facts, CaptureContext context)
      throws SQLException, IOException {
    connection.setAutoCommit(false);
    try (Statement statement = connection.createStatement()) {
      connection.setTransactionIsolation(Constants.TRANSACTION_SNAPSHOT);
      context.progress().at("counting rows");
      facts.rows(connection, tables);
      context.progress().at("scripting");
      statement.setFetchSize(100);
      try (ResultSet rows = statement.executeQuery("SCRIPT")) {
        ScriptStream script = new ScriptStream(rows, facts);
        Content content = context.sink().store(script);
        context.progress().bytes(content.bytes());
        return content;
      }
    } finally {
      connection.rollback();
      connection.setAutoCommit(true);
    }
  }

  private static Captured captured(
      Instant time, Content content, H2Facts facts, Connection connection, CaptureContext context)
      throws SQLException {
    TreeMap<String, String> tools = new TreeMap<>();
    tools.put("h2", connection.getMetaData().getDatabaseProductVersion());
    tools.put("h2-jdbc", connection.getMetaData().getDriverVersion());
    Node.File file =
        new Node.File(
            Name.of(SCRIPT), Attributes.synthetic(0600), content.bytes(), content, null, null);
    return new Captured(
        time,
        Attributes.synthetic(0700),
        context.sink().storeDirectory(List.of(file)),
        new Captured.Counts(1, 1, 0, content.bytes(), 0, 0, 0, content.bytes()),
        new Expectations(KIND, H2Facts.VERSION, facts.facts(), facts.limits()),
        List.of(),
        tools);
  }
}
