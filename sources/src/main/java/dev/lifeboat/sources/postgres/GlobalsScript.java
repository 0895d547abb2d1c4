package dev.lifeboat.sources.postgres;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What {@code pg_dumpall --globals-only} wrote, as statements that can be chosen from.
 *
 * <p>Roles that a server has already are its own: restoring leaves them as they are unless they may
 * be overwritten. Tablespaces are directories of one machine and are not made.
 */
final class GlobalsScript {
  private static final String IDENTIFIER = "(\"(?:[^\"]|\"\")*\"|[^\\s;\"]+)";
  private static final Pattern ROLE =
      Pattern.compile(
          "(CREATE ROLE|ALTER ROLE|COMMENT ON ROLE) " + IDENTIFIER + "[\\s;].*", Pattern.DOTALL);
  private static final Pattern MEMBER =
      Pattern.compile("GRANT " + IDENTIFIER + " TO " + IDENTIFIER + "[\\s;].*", Pattern.DOTALL);
  private static final Pattern TABLESPACE =
      Pattern.compile(
          "(CREATE|ALTER) TABLESPACE .*|COMMENT ON TABLESPACE .*|GRANT .* ON TABLESPACE .*"
              + "|REVOKE .* ON TABLESPACE .*",
          Pattern.DOTALL);

  private final List<String> statements;

  private GlobalsScript(List<String> statements) {
    this.statements = statements;
  }

  /** Splits a script into statements: quotes, comments and psql's own commands are understood. */
  static GlobalsScript parse(String sql) {
    List<String> statements = new ArrayList<>();
    StringBuilder current = new StringBuilder();
    int at = 0;
    while (at < sql.length()) {
      char c = sql.charAt(at);
      boolean start = current.toString().isBlank();
      if ((c == '-' && sql.startsWith("--", at)) || (c == '\\' && start)) {
        int end = sql.indexOf('\n', at);
        at = end < 0 ? sql.length() : end;
      } else if (c == '\'' || c == '"') {
        boolean escapes =
            c == '\'' && !current.isEmpty() && current.charAt(current.length() - 1) == 'E';
        int end = closing(sql, at, c, escapes);
        current.append(sql, at, end);
        at = end;
      } else {
        current.append(c);
        at++;
        if (c == ';') {
          statements.add(current.toString().strip());
          current.setLength(0);
        }
      }
    }
    if (!current.toString().isBlank()) {
      throw new IllegalArgumentException("the script ends within a statement: it is incomplete");
    }
    return new GlobalsScript(List.copyOf(statements));
  }

  private static int closing(String sql, int start, char quote, boolean escapes) {
    for (int at = start + 1; at < sql.length(); at++) {
      char c = sql.charAt(at);
      if (escapes && c == '\\') {
        at++;
      } else if (c == quote) {
        if (at + 1 < sql.length() && sql.charAt(at + 1) == quote) {
          at++;
        } else {
          return at + 1;
        }
      }
    }
    throw new IllegalArgumentException("the script ends within quotes: it is incomplete");
  }

  List<String> statements() {
    return statements;
  }

  /**
   * Runs what is to be run, all or nothing.
   *
   * @param existing the roles that are there
   * @param alterable those of them that may be changed
   * @return the roles that were left as they are
   */
  Set<String> run(Connection connection, Set<String> existing, Set<String> alterable)
      throws SQLException {
    Set<String> left = new TreeSet<>();
    SharedSnapshot.execute(connection, "BEGIN");
    try {
      for (String statement : statements) {
        if (wanted(statement, existing, alterable, left)) {
          SharedSnapshot.execute(connection, statement);
        }
      }
      SharedSnapshot.execute(connection, "COMMIT");
    } catch (SQLException e) {
      SharedSnapshot.execute(connection, "ROLLBACK");
      throw e;
    }
    return left;
  }

  private static boolean wanted(
      String statement, Set<String> existing, Set<String> alterable, Set<String> left) {
    if (statement.startsWith("SET ") || TABLESPACE.matcher(statement).matches()) {
      return false;
    }
    Matcher role = ROLE.matcher(statement);
    if (role.matches()) {
      String name = unquote(role.group(2));
      if (!existing.contains(name)) {
        return true;
      }
      if (role.group(1).equals("CREATE ROLE")) {
        if (!alterable.contains(name)) {
          left.add(name);
        }
        return false;
      }
      return alterable.contains(name);
    }
    Matcher member = MEMBER.matcher(statement);
    if (member.matches()) {
      String name = unquote(member.group(2));
      return !existing.contains(name) || alterable.contains(name);
    }
    return true;
  }

  private static String unquote(String identifier) {
    return identifier.startsWith("\"")
        ? identifier.substring(1, identifier.length() - 1).replace("\"\"", "\"")
        : identifier;
  }
}
