package dev.lifeboat.cli.output;

import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** How messages on standard error look. */
public enum LogFormat {
  /** For people. */
  TEXT,
  /** One JSON object a line. */
  JSON;

  /** The variable that says so where no option does; commands inside others get it too. */
  public static final String VARIABLE = "LIFEBOAT_LOG_FORMAT";

  private static final String OPTION = "--log-format";

  /**
   * Whether JSON is wanted, found out before arguments are understood: what is wrong with them is a
   * message too.
   */
  public static boolean isJson(String[] arguments, Map<String, String> variables) {
    List<String> words = Arrays.asList(arguments);
    int end = words.indexOf("--");
    String format = variables.getOrDefault(VARIABLE, "");
    for (int i = 0; i < (end < 0 ? words.size() : end); i++) {
      if (words.get(i).startsWith(OPTION + "=")) {
        format = words.get(i).substring(OPTION.length() + 1);
      } else if (words.get(i).equals(OPTION) && i + 1 < words.size()) {
        format = words.get(i + 1);
      }
    }
    return format.equalsIgnoreCase(JSON.name());
  }
}
