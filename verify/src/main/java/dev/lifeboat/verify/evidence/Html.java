package dev.lifeboat.verify.evidence;

import java.util.List;

/** Writes HTML; every value is escaped, tags and attributes are the program's own. */
public final class Html {
  private final StringBuilder out = new StringBuilder();

  Html() {}

  /** Markup of the program's own. Nothing that anybody else can name may be in it. */
  Html raw(String markup) {
    out.append(markup);
    return this;
  }

  Html text(String value) {
    out.append(escape(value));
    return this;
  }

  /** An element that holds a text. */
  Html el(String tag, String value) {
    return raw("<" + tag + ">").text(value).raw("</" + name(tag) + ">");
  }

  /** A heading of a section, which stays with what follows when printed. */
  Html section(String title) {
    return raw("<h2>").text(title).raw("</h2>\n");
  }

  /** A table; a column whose title begins with {@code >} is of numbers. */
  Html table(List<String> titles, List<List<String>> rows) {
    raw("<table><thead><tr>");
    for (String title : titles) {
      boolean number = title.startsWith(">");
      raw(number ? "<th class=\"n\">" : "<th>").text(number ? title.substring(1) : title);
      raw("</th>");
    }
    raw("</tr></thead><tbody>\n");
    for (List<String> row : rows) {
      raw("<tr>");
      for (int i = 0; i < row.size(); i++) {
        raw(titles.get(i).startsWith(">") ? "<td class=\"n\">" : "<td>");
        cell(row.get(i));
        raw("</td>");
      }
      raw("</tr>\n");
    }
    return raw("</tbody></table>\n");
  }

  /** Verdicts stand out. */
  private void cell(String value) {
    switch (value) {
      case "PASS", "passed", "found", "closed", "kept" -> badge("good", value);
      case "FAIL", "FAILED", "MISSED", "overdue", "BROKEN" -> badge("bad", value);
      case "NOT RUN", "not seeded", "open", "NOT TESTED" -> badge("none", value);
      default -> text(value);
    }
  }

  Html badge(String kind, String value) {
    return raw("<span class=\"badge " + kind + "\">").text(value).raw("</span>");
  }

  Html list(List<String> items, String ifNone) {
    if (items.isEmpty()) {
      return el("p", ifNone);
    }
    raw("<ul>");
    items.forEach(item -> el("li", item));
    return raw("</ul>\n");
  }

  private static String name(String tag) {
    int space = tag.indexOf(' ');
    return space < 0 ? tag : tag.substring(0, space);
  }

  /** Also what turns text around or controls a terminal: nobody is to read other than is there. */
  public static String escape(String value) {
    StringBuilder safe = new StringBuilder(value.length() + 16);
    value
        .codePoints()
        .forEach(c -> {
          switch (c) {
            case '<' -> safe.append("&lt;");
            case '>' -> safe.append("&gt;");
            case '&' -> safe.append("&amp;");
            case '"' -> safe.append("&quot;");
            case '\'' -> safe.append("&#39;");
            case '\n', '\t' -> safe.appendCodePoint(c);
            default -> {
              boolean hidden =
                  Character.isISOControl(c)
                      || Character.getType(c) == Character.FORMAT
                      || Character.getType(c) == Character.SURROGATE;
              safe.appendCodePoint(hidden ? 0xFFFD : c);
            }
          }
        });
    return safe.toString();
  }

  @Override
  public String toString() {
    return out.toString();
  }
}
