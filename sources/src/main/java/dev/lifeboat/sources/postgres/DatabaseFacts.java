package dev.lifeboat.sources.postgres;

import java.math.BigDecimal;
import java.sql.Array;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.concurrent.ConcurrentSkipListMap;

/**
 * Gathers the facts of one database: the same way from the one that is captured and from the one
 * that was restored.
 *
 * <p><b>Checksum of a table</b>: for each row the MD5 of {@code ROW(columns)::text}, columns in
 * order of the bytes of their names, as two signed 64-bit halves, big-endian; the sums of the first
 * and of the second halves over all rows, in decimal, with a colon between. Texts are those of the
 * settings in {@link Endpoint}. The order of the rows does not matter, how often each occurs does.
 */
final class DatabaseFacts {
  static final String DATABASE = "database/";

  /** Of the definition of everything here; see {@link dev.lifeboat.vault.snapshot.Expectations}. */
  static final int VERSION = 1;

  private static final String HALVES =
      "count(*), coalesce(sum(('x' || substr(m, 1, 16))::bit(64)::bigint), 0),"
          + " coalesce(sum(('x' || substr(m, 17))::bit(64)::bigint), 0)";

  private static final String TABLES =
      """
      SELECT n.nspname, c.relname, c.relpersistence, pg_table_size(c.oid),
        (SELECT coalesce(array_agg(a.attname::text ORDER BY a.attname), '{}') FROM pg_attribute a
         WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped),
        (SELECT e.extname FROM pg_depend d JOIN pg_extension e ON e.oid = d.refobjid
         WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE c.relkind = 'r' AND c.oid >= 16384 AND c.relpersistence <> 't'
        AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
      ORDER BY n.nspname, c.relname
      """;

  /** A table that holds rows of its own. */
  record Table(String schema, String name, boolean unlogged, long bytes, List<String> columns) {
    Table {
      columns = List.copyOf(columns);
    }

    String key() {
      return Names.encode(schema, name);
    }
  }

  private final String prefix;
  private final SortedMap<String, String> facts = new ConcurrentSkipListMap<>();
  private final SortedMap<String, String> limits = new ConcurrentSkipListMap<>();

  DatabaseFacts(String database) {
    this.prefix = DATABASE + Names.encode(database) + "/";
  }

  static String prefix(String database) {
    return DATABASE + Names.encode(database) + "/";
  }

  /** Safe to read and to add to while facts are gathered. */
  SortedMap<String, String> facts() {
    return facts;
  }

  SortedMap<String, String> limits() {
    return limits;
  }

  /** Everything but tables' rows, sequences and large objects. */
  void catalogue(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery(
                """
                SELECT concat_ws(' ', 'owner', quote_ident(pg_get_userbyid(datdba)), 'template',
                    datistemplate, 'connections', datconnlimit, 'settings',
                    (SELECT string_agg(coalesce(quote_ident(pg_get_userbyid(nullif(s.setrole, 0))), '')
                              || ':' || x, ',' ORDER BY s.setrole::regrole::text, x COLLATE "C")
                     FROM pg_db_role_setting s, unnest(s.setconfig) x WHERE s.setdatabase = d.oid),
                    'acl', (SELECT string_agg(x, ',' ORDER BY x COLLATE "C") FROM (
                      SELECT concat(CASE a.grantee WHEN 0 THEN 'PUBLIC'
                               ELSE quote_ident(pg_get_userbyid(a.grantee)) END, ':', a.privilege_type,
                               CASE WHEN a.is_grantable THEN '*' END) AS x
                      FROM aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) a) y)),
                  concat_ws(' ', pg_encoding_to_char(encoding), datcollate, datctype,
                    to_jsonb(d) ->> 'datlocprovider',
                    coalesce(to_jsonb(d) ->> 'datlocale', to_jsonb(d) ->> 'daticulocale'))
                FROM pg_database d WHERE datname = current_database()
                """)) {
      row.next();
      facts.put(prefix + "properties", row.getString(1));
      facts.put(prefix + "encoding", row.getString(2));
    }
    each(
        connection,
        "schema/",
        """
        SELECT n.nspname, concat_ws(' ', 'owner', quote_ident(pg_get_userbyid(n.nspowner)), 'acl',
          (SELECT string_agg(x, ',' ORDER BY x COLLATE "C") FROM (
             SELECT concat(CASE a.grantee WHEN 0 THEN 'PUBLIC'
                      ELSE quote_ident(pg_get_userbyid(a.grantee)) END, ':', a.privilege_type,
                      CASE WHEN a.is_grantable THEN '*' END) AS x
             FROM aclexplode(coalesce(n.nspacl, acldefault('n', n.nspowner))) a) y))
        FROM pg_namespace n WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
          AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_namespace'::regclass
                          AND d.objid = n.oid AND d.deptype = 'e')
        """);
    each(
        connection,
        "extension/",
        "SELECT extname, extversion || ' in ' || extnamespace::regnamespace FROM pg_extension");
    for (Map.Entry<String, String> listing : Catalogue.listings().entrySet()) {
      int count = 0;
      StringBuilder lines = new StringBuilder();
      try (Statement statement = connection.createStatement();
          ResultSet rows =
              statement.executeQuery(
                  "SELECT x::text FROM (%s) AS l (x) ORDER BY x::text COLLATE \"C\""
                      .formatted(listing.getValue()))) {
        while (rows.next()) {
          count++;
          lines.append(rows.getString(1)).append('\n');
        }
      }
      if (count > 0) {
        facts.put(
            prefix + "catalogue/" + listing.getKey(),
            count + " " + ServerFacts.sha256(lines.toString()));
      }
    }
    try (Statement statement = connection.createStatement();
        ResultSet rows =
            statement.executeQuery(
                "SELECT n.nspname, c.relname, c.relkind FROM pg_class c"
                    + " JOIN pg_namespace n ON n.oid = c.relnamespace"
                    + " WHERE c.relkind IN ('m', 'f') AND c.oid >= 16384")) {
      while (rows.next()) {
        limits.put(
            prefix + "table/" + Names.encode(rows.getString(1), rows.getString(2)),
            rows.getString(3).equals("m")
                ? "a materialized view: filled anew when restored, its rows are not compared"
                : "a foreign table: its rows are elsewhere and not captured");
      }
    }
  }

  private void each(Connection connection, String kind, String sql) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      while (rows.next()) {
        facts.put(prefix + kind + Names.encode(rows.getString(1)), rows.getString(2));
      }
    }
  }

  /** The tables whose rows are captured; what is left out stands in the limits. */
  List<Table> tables(Connection connection) throws SQLException {
    boolean standby = SharedSnapshot.single(connection, "SELECT pg_is_in_recovery()").equals("t");
    List<Table> tables = new ArrayList<>();
    try (Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(TABLES)) {
      while (rows.next()) {
        Array columns = rows.getArray(5);
        Table table =
            new Table(
                rows.getString(1),
                rows.getString(2),
                rows.getString(3).equals("u"),
                rows.getLong(4),
                Arrays.asList((String[]) columns.getArray()));
        String extension = rows.getString(6);
        if (extension != null) {
          limits.put(
              prefix + "table/" + table.key(),
              "belongs to extension %s: only what that marks as configuration is captured"
                  .formatted(extension));
        } else if (table.unlogged && standby) {
          limits.put(
              prefix + "table/" + table.key(),
              "an unlogged table: a standby does not have its rows");
        } else {
          tables.add(table);
        }
      }
    }
    return tables;
  }

  /**
   * Rows and checksum of one table.
   *
   * @param checksummed whether to read its rows, or only to count them
   */
  void table(Connection connection, Table table, boolean checksummed) throws SQLException {
    String name = Names.quote(table.schema, table.name);
    String fact = prefix + "table/" + table.key();
    if (!checksummed) {
      facts.put(
          fact + "/rows", SharedSnapshot.single(connection, "SELECT count(*) FROM ONLY " + name));
      return;
    }
    String columns = String.join(", ", table.columns.stream().map(Names::quote).toList());
    // OFFSET 0 keeps the planner from computing the MD5 twice.
    String sql =
        "SELECT %s FROM (SELECT md5(ROW(%s)::text) AS m FROM ONLY %s OFFSET 0) AS t"
            .formatted(HALVES, columns, name);
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(sql)) {
      row.next();
      facts.put(fact + "/rows", row.getString(1));
      facts.put(fact + "/checksum", halves(row));
    }
  }

  private static String halves(ResultSet row) throws SQLException {
    BigDecimal first = row.getBigDecimal(2);
    BigDecimal second = row.getBigDecimal(3);
    return first.toPlainString() + ":" + second.toPlainString();
  }

  void checksumSkipped(Table table, long limitBytes) {
    limits.put(
        prefix + "table/" + table.key() + "/checksum",
        "%d bytes are more than the limit of %d: rows are counted only"
            .formatted(table.bytes, limitBytes));
  }

  /** How many large objects there are, and what is in them: as rows of number and content. */
  void largeObjects(Connection connection, boolean checksummed) throws SQLException {
    String fact = prefix + "large objects";
    facts.put(
        fact + "/count",
        SharedSnapshot.single(connection, "SELECT count(*) FROM pg_largeobject_metadata"));
    if (!checksummed) {
      return;
    }
    try (Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery(
                "SELECT %s FROM (SELECT md5(oid::text || ':' || md5(lo_get(oid))) AS m FROM"
                        .formatted(HALVES)
                    + " pg_largeobject_metadata OFFSET 0) AS t")) {
      row.next();
      facts.put(fact + "/checksum", halves(row));
    }
  }

  void largeObjectsSkipped(String reason) {
    limits.put(prefix + "large objects/checksum", reason);
  }

  void sequence(String schema, String name, String value) {
    facts.put(prefix + "sequence/" + Names.encode(schema, name), value);
  }

  /** The values of all sequences, as {@code setval} would be told them. */
  void sequences(Connection connection) throws SQLException {
    List<String[]> names = new ArrayList<>();
    try (Statement statement = connection.createStatement();
        ResultSet rows =
            statement.executeQuery(
                "SELECT n.nspname, c.relname FROM pg_class c"
                    + " JOIN pg_namespace n ON n.oid = c.relnamespace"
                    + " WHERE c.relkind = 'S' AND c.oid >= 16384 AND c.relpersistence <> 't'"
                    + " AND n.nspname !~ '^pg_'"
                    + " AND NOT EXISTS (SELECT FROM pg_depend d"
                    + " WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid"
                    + " AND d.deptype = 'e')")) {
      while (rows.next()) {
        names.add(new String[] {rows.getString(1), rows.getString(2)});
      }
    }
    for (String[] name : names) {
      sequence(
          name[0],
          name[1],
          SharedSnapshot.single(
              connection,
              "SELECT last_value || ',' || is_called FROM " + Names.quote(name[0], name[1])));
    }
  }
}
