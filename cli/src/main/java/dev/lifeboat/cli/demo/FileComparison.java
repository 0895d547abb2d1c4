package dev.lifeboat.cli.demo;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Compares two directory trees byte for byte, with the JDK alone: names, kinds, contents, modes,
 * owners, link targets, and times to the nanosecond.
 */
final class FileComparison {
  /** What a comparison saw. */
  record Result(int entries, long bytes, List<String> differences) {
    Result {
      differences = List.copyOf(differences);
    }
  }

  private FileComparison() {}

  static Result compare(Path expected, Path found) throws IOException {
    SortedMap<String, Path> left = entries(expected);
    SortedMap<String, Path> right = entries(found);
    List<String> differences = new ArrayList<>();
    long bytes = 0;
    for (String name : left.keySet()) {
      Path other = right.get(name);
      if (other == null) {
        differences.add(name + " is missing");
        continue;
      }
      Path original = expected.resolve(name);
      String attributes = attributes(original);
      String otherAttributes = attributes(other);
      if (!attributes.equals(otherAttributes)) {
        differences.add("%s is %s, was %s".formatted(name, otherAttributes, attributes));
      } else if (Files.isRegularFile(original, LinkOption.NOFOLLOW_LINKS)) {
        bytes += Files.size(original);
        long at = Files.mismatch(original, other);
        if (at >= 0) {
          differences.add("%s differs at byte %d".formatted(name, at));
        }
      }
    }
    right.keySet().stream()
        .filter(name -> !left.containsKey(name))
        .forEach(name -> differences.add(name + " was not there"));
    return new Result(left.size(), bytes, differences);
  }

  private static SortedMap<String, Path> entries(Path root) throws IOException {
    SortedMap<String, Path> entries = new TreeMap<>();
    Files.walkFileTree(
        root,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes) {
            entries.put(root.relativize(directory).toString(), directory);
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
            entries.put(root.relativize(file).toString(), file);
            return FileVisitResult.CONTINUE;
          }
        });
    return entries;
  }

  private static String attributes(Path path) throws IOException {
    PosixFileAttributes attributes =
        Files.readAttributes(path, PosixFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
    String kind =
        attributes.isDirectory()
            ? "directory"
            : attributes.isSymbolicLink()
                ? "link to " + Files.readSymbolicLink(path)
                : "file of %d bytes".formatted(attributes.size());
    return "%s %s %s:%s %s"
        .formatted(
            kind,
            PosixFilePermissions.toString(attributes.permissions()),
            attributes.owner(),
            attributes.group(),
            attributes.lastModifiedTime());
  }
}
