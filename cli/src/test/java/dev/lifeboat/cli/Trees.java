package dev.lifeboat.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;

/** Trees of files as something that can be compared. */
final class Trees {
  private Trees() {}

  /** Of everything below a directory, and itself: kind, mode, owner, time and contents. */
  static SortedMap<String, String> states(Path root) throws IOException {
    List<Path> all;
    try (Stream<Path> walk = Files.walk(root)) {
      all = walk.toList();
    }
    SortedMap<String, String> states = new TreeMap<>();
    for (Path path : all) {
      var attributes =
          Files.readAttributes(
              path, "unix:mode,uid,gid,lastModifiedTime", LinkOption.NOFOLLOW_LINKS);
      states.put(
          root.relativize(path).toString(),
          "%s %s:%s %s %s"
              .formatted(
                  Integer.toOctalString((Integer) Objects.requireNonNull(attributes.get("mode"))),
                  attributes.get("uid"),
                  attributes.get("gid"),
                  attributes.get("lastModifiedTime"),
                  contents(path)));
    }
    return states;
  }

  private static String contents(Path path) throws IOException {
    if (Files.isSymbolicLink(path)) {
      return "-> " + Files.readSymbolicLink(path);
    }
    if (!Files.isRegularFile(path)) {
      return "";
    }
    try {
      return HexFormat.of()
          .formatHex(MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(path)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("this JDK lacks SHA-256", e);
    }
  }
}
