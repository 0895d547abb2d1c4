package dev.lifeboat.sources.postgres;

import dev.lifeboat.vault.Digest;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.SortedMap;
import java.util.TreeMap;

/** What is to be known of the roles of a server. */
final class ServerFacts {
  static final String ROLE = "role/";

  private static final String ROLES =
      """
      SELECT r.rolname, r.oid = 10,
             concat_ws(' ', CASE WHEN rolsuper THEN 'superuser' END,
               CASE WHEN rolinherit THEN 'inherit' END, CASE WHEN rolcreaterole THEN 'createrole' END,
               CASE WHEN rolcreatedb THEN 'createdb' END, CASE WHEN rolcanlogin THEN 'login' END,
               CASE WHEN rolreplication THEN 'replication' END,
               CASE WHEN rolbypassrls THEN 'bypassrls' END,
               'connections=' || rolconnlimit, 'until=' || coalesce(rolvaliduntil::text, ''),
               'settings=' || coalesce((SELECT string_agg(x, ',' ORDER BY x COLLATE "C")
                  FROM pg_db_role_setting s, unnest(s.setconfig) x
                  WHERE s.setrole = r.oid AND s.setdatabase = 0), ''),
               'member=' || coalesce((SELECT string_agg(
                   quote_ident(g.rolname) || CASE WHEN m.admin_option THEN '*' ELSE '' END, ','
                   ORDER BY g.rolname)
                  FROM (SELECT m.roleid, bool_or(m.admin_option) AS admin_option
                        FROM pg_auth_members m WHERE m.member = r.oid GROUP BY m.roleid) m
                  JOIN pg_roles g ON g.oid = m.roleid), ''))
      FROM pg_roles r WHERE r.rolname !~ '^pg_' ORDER BY r.rolname
      """;

  private ServerFacts() {}

  static boolean isSuperuser(Connection connection) throws SQLException {
    return "t"
        .equals(
            SharedSnapshot.single(
                connection, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user"));
  }

  /** Identifies a server's data for as long as they exist, and all physical copies of them. */
  static String system(Connection connection) throws SQLException {
    return SharedSnapshot.single(
        connection, "SELECT system_identifier FROM pg_catalog.pg_control_system()");
  }

  /** Whether nobody has made anything in a database. */
  static boolean isPristine(Endpoint endpoint, String database) throws SQLException {
    try (Connection connection = endpoint.open(database)) {
      return SharedSnapshot.single(
              connection,
              "SELECT NOT EXISTS (SELECT FROM pg_class WHERE oid >= 16384)"
                  + " AND NOT EXISTS (SELECT FROM pg_proc WHERE oid >= 16384)"
                  + " AND NOT EXISTS (SELECT FROM pg_type WHERE oid >= 16384)"
                  + " AND NOT EXISTS (SELECT FROM pg_namespace WHERE oid >= 16384)"
                  + " AND NOT EXISTS (SELECT FROM pg_largeobject_metadata)")
          .equals("t");
    }
  }

  static int major(Connection connection) throws SQLException {
    return Integer.parseInt(
            SharedSnapshot.single(connection, "SELECT current_setting('server_version_num')"))
        / 10_000;
  }

  /**
   * The roles.
   *
   * @param passwords whether to name the verifiers of passwords too, by hash; only a superuser may
   */
  static SortedMap<String, String> roles(
      Connection connection, boolean passwords, SortedMap<String, String> limits)
      throws SQLException {
    SortedMap<String, String> facts = new TreeMap<>();
    try (Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(ROLES)) {
      while (rows.next()) {
        String name = ROLE + Names.encode(rows.getString(1));
        if (rows.getBoolean(2)) {
          limits.put(
              name,
              "the role the server was made with belongs to the server: what it may and its"
                  + " password are not compared");
        } else {
          facts.put(name, rows.getString(3));
        }
      }
    }
    if (!passwords) {
      limits.put("role passwords", "reading them takes a superuser: not captured");
      return facts;
    }
    try (Statement statement = connection.createStatement();
        ResultSet rows =
            statement.executeQuery(
                "SELECT rolname, rolpassword FROM pg_authid"
                    + " WHERE rolname !~ '^pg_' AND rolpassword IS NOT NULL AND oid <> 10")) {
      while (rows.next()) {
        facts.put(ROLE + Names.encode(rows.getString(1)) + "/password", sha256(rows.getString(2)));
      }
    }
    return facts;
  }

  static String sha256(String text) {
    return Digest.of(text.getBytes(StandardCharsets.UTF_8)).toString();
  }
}
