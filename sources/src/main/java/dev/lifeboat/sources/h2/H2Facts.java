package dev.lifeboat.sources.h2;

import dev.lifeboat.vault.Digest;
import java.io.IOException;
import java.io.InputStream;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Types;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.h2.jdbc.JdbcResultSet;
import org.h2.util.HasSQL;

/**
 * Gathers the facts of a database: the same way from the one that is captured and from the one that
 * was restored.
 *
 * <p><b>Checksum of a table</b>: for each row the SHA-256 of its values as SQL literals, columns in
 * order of their names, each followed by a line feed; of large objects the SHA-256 of their bytes
 * (UTF-8 for characters) in hexadecimal instead. The first 16 bytes are two 64-bit numbers,
 * big-endian; the sums of the first and of the second over all rows, modulo 2<sup>64</sup>, in
 * hexadecimal, with a colon between.
 *
 * <p><b>Definitions</b>: each statement of {@code SCRIPT} that is not data, by its beginning, as
 * SHA-256. It has the next values of sequences and identity columns in it.
 */
final class H2Facts {
  /** Of the definition of everything here; see {@link dev.lifeboat.vault.snapshot.Expectations}. */
  static final int VERSION = 1;

  private static final int KEY_CHARACTERS = 200;
  private static final Pattern USER =
      Pattern.compile(
          "(CREATE USER IF NOT EXISTS (?:\"(?:[^\"]|\"\")*\"|\\S+)).*?( ADMIN)?;", Pattern.DOTALL);
  private static final Pattern SEQUENCE_START =
      Pattern.compile("(CREATE SEQUENCE (?:\"(?:[^\"]|\"\")*\"|\\S)+).*", Pattern.DOTALL);
  private static final List<String> HELPERS =
      List.of(
          "INSERT INTO ",
          "-- ",
          "CREATE CACHED LOCAL TEMPORARY TABLE IF NOT EXISTS SYSTEM_LOB_STREAM",
          "ALTER TABLE SYSTEM_LOB_STREAM",
          "CREATE PRIMARY KEY SYSTEM_LOB_STREAM",
          "CREATE ALIAS IF NOT EXISTS SYSTEM_COMBINE_",
          "DROP TABLE IF EXISTS SYSTEM_LOB_STREAM",
          "DROP ALIAS IF EXISTS SYSTEM_COMBINE_",
          "CALL SYSTEM_COMBINE_");

  private final SortedMap<String, String> facts = new TreeMap<>();
  private final SortedMap<String, String> limits = new TreeMap<>();

  SortedMap<String, String> facts() {
    return facts;
  }

  SortedMap<String, String> limits() {
    return limits;
  }

  /**
   * A table.
   *
   * @param linked whether its rows are in another database
   */
  record Table(String schema, String name, boolean linked, List<String> columns) {
    Table {
      columns = List.copyOf(columns);
    }

    String key() {
      return (schema + "." + name).replace("%", "%25").replace("/", "%2F");
    }

    String sql() {
      return quote(schema) + "." + quote(name);
    }
  }

  static String quote(String identifier) {
    return '"' + identifier.replace("\"", "\"\"") + '"';
  }

  /** The tables of the database and their columns, at this moment, in order of their names. */
  static List<Table> tables(Connection connection) throws SQLException {
    SortedMap<String, Table> tables = new TreeMap<>();
    try (Statement statement = connection.createStatement();
        ResultSet rows =
            statement.executeQuery(
                "SELECT t.table_schema, t.table_name, t.storage_type, c.column_name"
                    + " FROM information_schema.tables t"
                    + " LEFT JOIN information_schema.columns c"
                    + " ON c.table_schema = t.table_schema AND c.table_name = t.table_name"
                    + " WHERE t.table_type = 'BASE TABLE'"
                    + " AND t.table_schema <> 'INFORMATION_SCHEMA'"
                    + " AND t.storage_type NOT LIKE '%TEMPORARY%' ORDER BY 1, 2, 4")) {
      while (rows.next()) {
        Table table =
            new Table(
                rows.getString(1),
                rows.getString(2),
                "TABLE LINK".equals(rows.getString(3)),
                List.of());
        List<String> columns = new ArrayList<>(tables.getOrDefault(table.sql(), table).columns());
        String column = rows.getString(4);
        if (column != null) {
          columns.add(column);
        }
        tables.put(table.sql(), new Table(table.schema, table.name, table.linked, columns));
      }
    }
    return List.copyOf(tables.values());
  }

  /** Reads every row of every table. */
  void rows(Connection connection, List<Table> tables) throws SQLException, IOException {
    for (Table table : tables) {
      if (table.linked) {
        limits.put(
            "table/" + table.key(), "a linked table: its rows are elsewhere and not captured");
      } else {
        rows(connection, table);
      }
    }
  }

  private void rows(Connection connection, Table table) throws SQLException, IOException {
    String columns = String.join(", ", table.columns.stream().map(H2Facts::quote).toList());
    long count = 0;
    long first = 0;
    long second = 0;
    MessageDigest digest = Digest.sha256();
    try (Statement statement = connection.createStatement()) {
      statement.setFetchSize(1000);
      try (ResultSet rows =
          statement.executeQuery("SELECT %s FROM %s".formatted(columns, table.sql()))) {
        JdbcResultSet values = rows.unwrap(JdbcResultSet.class);
        int width = table.columns.size();
        boolean[] large = new boolean[width + 1];
        for (int column = 1; column <= width; column++) {
          int type = rows.getMetaData().getColumnType(column);
          large[column] = type == Types.BLOB || type == Types.CLOB || type == Types.NCLOB;
        }
        while (rows.next()) {
          for (int column = 1; column <= width; column++) {
            String text =
                large[column]
                    ? large(rows, column)
                    : values.getInternal(column).getSQL(HasSQL.DEFAULT_SQL_FLAGS);
            digest.update(text.getBytes(StandardCharsets.UTF_8));
            digest.update((byte) '\n');
          }
          byte[] hash = digest.digest();
          count++;
          first += java.nio.ByteBuffer.wrap(hash).getLong(0);
          second += java.nio.ByteBuffer.wrap(hash).getLong(8);
        }
      }
    }
    facts.put("table/" + table.key() + "/rows", Long.toString(count));
    facts.put(
        "table/" + table.key() + "/checksum",
        HexFormat.of().toHexDigits(first) + ":" + HexFormat.of().toHexDigits(second));
  }

  private static String large(ResultSet rows, int column) throws SQLException, IOException {
    MessageDigest digest = Digest.sha256();
    int type = rows.getMetaData().getColumnType(column);
    if (type == Types.BLOB) {
      try (InputStream in = rows.getBinaryStream(column)) {
        if (in == null) {
          return "NULL";
        }
        byte[] buffer = new byte[1 << 16];
        for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
          digest.update(buffer, 0, read);
        }
      }
    } else {
      try (Reader in = rows.getCharacterStream(column)) {
        if (in == null) {
          return "NULL";
        }
        char[] buffer = new char[1 << 15];
        int kept = 0;
        for (int read = in.read(buffer, 0, buffer.length);
            read >= 0;
            read = in.read(buffer, kept, buffer.length - kept)) {
          int length = kept + read;
          // A pair of surrogates is one character, and must not be cut in two.
          int whole =
              length > 0 && Character.isHighSurrogate(buffer[length - 1]) ? length - 1 : length;
          digest.update(new String(buffer, 0, whole).getBytes(StandardCharsets.UTF_8));
          kept = length - whole;
          if (kept == 1) {
            buffer[0] = buffer[length - 1];
          }
        }
        digest.update(new String(buffer, 0, kept).getBytes(StandardCharsets.UTF_8));
      }
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  /** Takes note of one statement of a script; of data none is taken. */
  void definition(String statement) {
    for (String helper : HELPERS) {
      if (statement.startsWith(helper)) {
        return;
      }
    }
    String text = statement;
    Matcher user = USER.matcher(text);
    if (user.matches()) {
      // A user that was there before keeps the password it has.
      text = user.group(1) + (user.group(2) == null ? "" : user.group(2));
    }
    Matcher sequence = SEQUENCE_START.matcher(text);
    String key = sequence.matches() ? sequence.group(1) : text;
    key = key.length() > KEY_CHARACTERS ? key.substring(0, KEY_CHARACTERS) : key;
    int line = key.indexOf('\n');
    key = "definition/" + (line < 0 ? key : key.substring(0, line)).strip();
    String unique = key;
    for (int i = 2; facts.containsKey(unique); i++) {
      unique = key + " #" + i;
    }
    facts.put(
        unique,
        HexFormat.of().formatHex(Digest.sha256().digest(text.getBytes(StandardCharsets.UTF_8))));
  }
}
