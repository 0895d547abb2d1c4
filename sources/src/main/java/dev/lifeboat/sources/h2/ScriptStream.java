package dev.lifeboat.sources.h2;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.regex.Pattern;

/** The rows of {@code SCRIPT}, statements all, as a stream of bytes in UTF-8. */
final class ScriptStream extends InputStream {
  private static final Pattern ESTIMATE =
      Pattern.compile("-- \\d+ \\+/- SELECT COUNT.*", Pattern.DOTALL);

  private final ResultSet rows;
  private final H2Facts facts;
  private byte[] current = new byte[0];
  private int at;
  private long statements;

  /** Reads from the result of {@code SCRIPT}, which the caller closes. */
  ScriptStream(ResultSet rows, H2Facts facts) {
    this.rows = rows;
    this.facts = facts;
  }

  long statements() {
    return statements;
  }

  @Override
  public int read() throws IOException {
    return fill() ? current[at++] & 0xff : -1;
  }

  @Override
  public int read(byte[] bytes, int offset, int length) throws IOException {
    if (length == 0) {
      return 0;
    }
    if (!fill()) {
      return -1;
    }
    int count = Math.min(length, current.length - at);
    System.arraycopy(current, at, bytes, offset, count);
    at += count;
    return count;
  }

  private boolean fill() throws IOException {
    try {
      while (at == current.length) {
        if (!rows.next()) {
          return false;
        }
        String statement = stable(rows.getString(1));
        if (!statement.isEmpty()) {
          statements++;
          facts.definition(statement);
          current = (statement + "\n").getBytes(StandardCharsets.UTF_8);
          at = 0;
        }
      }
      return true;
    } catch (SQLException e) {
      throw new IOException("SCRIPT failed: " + e.getMessage(), e);
    }
  }

  /**
   * Without what changes though nothing was changed: estimates of how many rows there are, and of
   * how many of them differ in a column.
   */
  static String stable(String statement) {
    if (ESTIMATE.matcher(statement).matches()) {
      return "";
    }
    return statement.startsWith("CREATE ") && statement.contains(" SELECTIVITY ")
        ? withoutSelectivity(statement)
        : statement;
  }

  private static String withoutSelectivity(String statement) {
    String word = " SELECTIVITY ";
    StringBuilder out = new StringBuilder(statement.length());
    int position = 0;
    while (position < statement.length()) {
      char c = statement.charAt(position);
      if (c == '"' || c == '\'') {
        int end = statement.indexOf(c, position + 1);
        end = end < 0 ? statement.length() : end + 1;
        out.append(statement, position, end);
        position = end;
      } else if (statement.startsWith(word, position)) {
        position += word.length();
        while (position < statement.length() && Character.isDigit(statement.charAt(position))) {
          position++;
        }
      } else {
        out.append(c);
        position++;
      }
    }
    return out.toString();
  }
}
