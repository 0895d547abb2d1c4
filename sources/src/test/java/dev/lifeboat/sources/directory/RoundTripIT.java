package dev.lifeboat.sources.directory;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lifeboat.sources.posix.RawPath;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The nasty tree there and back, in processes of both locales and both kinds of users, judged by
 * programs that know nothing of us. Needs root, and the Debian packages rsync, acl and attr.
 */
class RoundTripIT {
  private Path scratch = Path.of("/");
  private String classPath = "";

  @BeforeEach
  void makeScratch() throws Exception {
    // Not a @TempDir: Java's own clean-up cannot delete these names under LANG=C.
    scratch = Files.createTempDirectory("nasty");
    Files.setPosixFilePermissions(
        scratch, java.nio.file.attribute.PosixFilePermissions.fromString("rwxrwxrwx"));
    // Where Maven keeps its jars only its own user may look.
    Path copies = Files.createDirectory(scratch.resolve("classes"));
    List<String> entries = new ArrayList<>();
    for (String entry : System.getProperty("java.class.path").split(":", -1)) {
      // Surefire's class path has an empty entry.
      if (!entry.isEmpty()
          && (!entry.endsWith(".jar") || entry.matches(".*(jackson|jspecify|lifeboat).*"))) {
        Path copy = copies.resolve(entries.size() + (entry.endsWith(".jar") ? ".jar" : ""));
        run(List.of("cp", "-r", entry, copy.toString()));
        entries.add(copy.toString());
      }
    }
    classPath = String.join(":", entries);
    run(List.of("chmod", "-R", "a+rX", copies.toString()));
  }

  @AfterEach
  void removeScratch() throws Exception {
    run(List.of("rm", "-rf", scratch.toString()));
  }

  @ParameterizedTest
  @CsvSource({"C, root", "C.UTF-8, root", "C, nobody", "C.UTF-8, nobody"})
  void nastyTree_thereAndBack_isTheSame(String locale, String user) throws Exception {
    Path source = scratch.resolve("source");
    Path target = scratch.resolve("target");
    assertThat(java(locale, user, NastyTree.class, uri(source))).isEmpty();

    String output = java(locale, user, RoundTrip.class, uri(source), uri(target));

    assertThat(output).doesNotContain("problem", "skipped", "warning", "differs").contains("facts");
    // rsync stops at paths of 4,096 bytes, and would read 20 GiB of zeros: others judge those.
    List<String> shallow = List.of("--exclude=/deep", "--exclude=/sparse/huge");
    assertThat(rsync(source, target, shallow)).isEmpty();
    assertThat(rsync(target, source, shallow)).isEmpty();
    assertThat(inventory(target)).isEqualTo(inventory(source)).contains("bottom");
    assertThat(attributes(target)).isEqualTo(attributes(source)).contains("user.binary");
    assertThat(contents(target)).isEqualTo(contents(source)).contains("bottom");
  }

  private static String uri(Path path) {
    return RawPath.of(path.toString()).toUri().toString();
  }

  /** What rsync would change, ownership, links, lists, attributes and content considered. */
  private static String rsync(Path from, Path to, List<String> options) throws Exception {
    List<String> command =
        new ArrayList<>(List.of("rsync", "-aHAXn", "--checksum", "--delete", "--itemize-changes"));
    command.addAll(options);
    command.add(from + "/");
    command.add(to + "/");
    return run(command);
  }

  /** Type, mode, owner, length, nanoseconds, targets, and whether blocks are saved. */
  private static String inventory(Path root) throws Exception {
    String find =
        "cd '%s' && find . -printf '%%P\\t%%y %%m %%U %%G %%T@ %%n %%l\\t' '(' -type f -printf '%%s' ')' -printf '\\n' | sort -z && find sparse -type f -printf '%%f %%b\\n' | sort"
            .formatted(root);
    return sh(find);
  }

  private static String attributes(Path root) throws Exception {
    // A path of more than 4,096 bytes is more than getfattr takes.
    return sh(
        "cd '%s' && find . -path ./deep -prune -o -print0 | sort -z | xargs -0 getfattr -h -d -m - -e hex"
            .formatted(root));
  }

  private static String contents(Path root) throws Exception {
    return sh(
        "cd '%s' && find deep many-levels -type f -execdir sha256sum {} + | sort; tar --sparse --mtime=@0 -cf - sparse/huge | sha256sum"
            .formatted(root));
  }

  private static String sh(String script) throws Exception {
    return run(List.of("sh", "-c", script));
  }

  private String java(String locale, String user, Class<?> main, String... arguments)
      throws Exception {
    List<String> command = new ArrayList<>();
    if (!user.equals("root")) {
      command.addAll(List.of("runuser", "-u", user, "--"));
    }
    command.addAll(
        List.of(
            System.getProperty("java.home") + "/bin/java",
            "--enable-native-access=ALL-UNNAMED",
            "-XX:+UseSerialGC",
            "-Xmx512m",
            "-cp",
            classPath,
            main.getName()));
    command.addAll(List.of(arguments));
    return run(command, Map.of("LANG", locale, "LC_ALL", locale));
  }

  private static String run(List<String> command) throws Exception {
    return run(command, Map.of("LC_ALL", "C"));
  }

  private static String run(List<String> command, Map<String, String> environment)
      throws Exception {
    Path out = Files.createTempFile("out", ".txt");
    try {
      ProcessBuilder builder =
          new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(out.toFile());
      builder.environment().putAll(environment);
      Process process = builder.start();
      assertThat(process.waitFor(5, TimeUnit.MINUTES)).as("%s ended", command).isTrue();
      String output = Files.readString(out, StandardCharsets.ISO_8859_1);
      assertThat(process.exitValue()).as("%s: %s", command, output).isZero();
      return output;
    } finally {
      Files.delete(out);
    }
  }
}
