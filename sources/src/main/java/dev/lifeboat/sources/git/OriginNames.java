package dev.lifeboat.sources.git;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Collections;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import org.eclipse.jgit.lib.Constants;

/**
 * The names of mirrors, one for each origin, kept in a file: an origin keeps its name whatever
 * others come and go.
 *
 * <p>A name is the last segment of the URL; where that is taken, digits of the URL's hash follow.
 * Without the file the same configuration in the same order gives the same names again.
 */
final class OriginNames {
  private static final int LONGEST = 120;

  private final Path file;
  private final Map<String, String> byOrigin = new LinkedHashMap<>();

  OriginNames(Path file) throws IOException {
    this.file = file;
    if (Files.exists(file)) {
      for (String line : Files.readAllLines(file, StandardCharsets.UTF_8)) {
        int tab = line.indexOf('\t');
        if (tab > 0) {
          byOrigin.put(line.substring(tab + 1), line.substring(0, tab));
        }
      }
    }
  }

  /** Origin to name, in the order in which they were first seen. */
  Map<String, String> all() {
    return Collections.unmodifiableMap(byOrigin);
  }

  /** The name, ending in {@code .git}; a new one is on disk when this returns. */
  String nameOf(GitUrl origin) throws IOException {
    String known = byOrigin.get(origin.text());
    if (known != null) {
      return known;
    }
    String base = harmless(origin.lastSegment());
    String name = base + ".git";
    if (byOrigin.containsValue(name)) {
      name = base + "-" + hash(origin.text()) + ".git";
    }
    byOrigin.put(origin.text(), name);
    StringBuilder lines = new StringBuilder();
    byOrigin.forEach((url, given) -> lines.append(given).append('\t').append(url).append('\n'));
    DurableFiles.write(file, lines.toString().getBytes(StandardCharsets.UTF_8));
    return name;
  }

  private static String harmless(String segment) {
    String plain = segment.replaceAll("[^A-Za-z0-9._+-]", "_").replaceFirst("^[.-]+", "_");
    return plain.length() > LONGEST ? plain.substring(0, LONGEST) : plain;
  }

  private static String hash(String text) {
    MessageDigest sha = Constants.newMessageDigest();
    return HexFormat.of().formatHex(sha.digest(text.getBytes(StandardCharsets.UTF_8)), 0, 4);
  }
}
