package dev.lifeboat.cli.launch;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The launcher as people start it: a process of its own, in installed copies and source trees. */
class LauncherIT {
  private static final Path SCRIPT = Path.of("../lifeboat").toAbsolutePath().normalize();
  private static final Path LIB = Path.of("target/dist/lib").toAbsolutePath();
  private static final Path JDK = Path.of(System.getProperty("java.home"));

  /** An installed copy in a folder with a space in its name, with its cache made. */
  @TempDir private static Path temporary;

  private static Path installed;

  private record Result(int code, String out, String err) {}

  @BeforeAll
  static void install() throws Exception {
    installed = Files.createDirectory(temporary.resolve("an installed copy"));
    copy(SCRIPT, installed.resolve("lifeboat"));
    Files.createDirectory(installed.resolve("lib"));
    try (Stream<Path> jars = Files.list(LIB)) {
      for (Path jar : jars.toList()) {
        copy(jar, installed.resolve("lib").resolve(jar.getFileName()));
      }
    }
    Result first = run(installed, Map.of(), installed.resolve("lifeboat").toString(), "version");
    assertThat(first.code).as(first.err).isZero();
    assertThat(first.err).contains("preparing for fast starts").doesNotContain("no cache");
    assertThat(Files.readString(installed.resolve("cache.log"))).doesNotContain("while training");
  }

  private static void copy(Path from, Path to) throws IOException {
    Files.copy(from, to, StandardCopyOption.COPY_ATTRIBUTES);
  }

  private static Result run(Path directory, Map<String, String> variables, String... command)
      throws IOException, InterruptedException {
    ProcessBuilder builder = new ProcessBuilder(command).directory(directory.toFile());
    builder.environment().remove("LIFEBOAT_OPTS");
    builder.environment().put("LIFEBOAT_JAVA", JDK.toString());
    variables.forEach((name, value) -> {
      if (value.isEmpty()) {
        builder.environment().remove(name);
      } else {
        builder.environment().put(name, value);
      }
    });
    Path out = Files.createTempFile(temporary, "out", "");
    Path err = Files.createTempFile(temporary, "err", "");
    Process process = builder.redirectOutput(out.toFile()).redirectError(err.toFile()).start();
    assertThat(process.waitFor(5, TimeUnit.MINUTES)).isTrue();
    return new Result(process.exitValue(), Files.readString(out), Files.readString(err));
  }

  private static String lifeboat() {
    return installed.resolve("lifeboat").toString();
  }

  @Test
  void secondStart_usesTheCache() throws Exception {
    Result version =
        run(
            temporary,
            Map.of("LIFEBOAT_OPTS", "-XX:AOTMode=on -Xlog:class+load:file=loaded.txt"),
            lifeboat(),
            "version");

    assertThat(version.code).as(version.err).isZero();
    assertThat(version.err).isEmpty();
    List<String> loaded =
        Files.readAllLines(temporary.resolve("loaded.txt"), StandardCharsets.UTF_8);
    // Not only ours: picocli's class files are too old and Bouncy Castle's are signed, unless they
    // were rewritten.
    for (String prefix : List.of("dev.lifeboat.", "picocli.", "org.bouncycastle.")) {
      List<String> ours =
          loaded.stream()
              .filter(line -> line.contains("] " + prefix) && !line.contains("Lambda"))
              .toList();
      assertThat(ours).isNotEmpty().allMatch(line -> line.contains("shared objects file"));
    }
  }

  @Test
  void symbolicLinkFromAnywhere_finds() throws Exception {
    Path link = temporary.resolve("lb");
    Files.createSymbolicLink(link, Path.of("an installed copy/lifeboat"));
    Path twice = temporary.resolve("lb2");
    Files.createSymbolicLink(twice, link);

    assertThat(run(Path.of("/"), Map.of(), twice.toString(), "version").out)
        .startsWith("lifeboat ");
  }

  @Test
  void json_onStandardOutput_isAlone() throws Exception {
    Result version = run(temporary, Map.of(), lifeboat(), "--json", "version");

    assertThat(version.out).startsWith("{").endsWith("}\n");
    assertThat(version.err).isEmpty();
  }

  @Test
  void argumentsUnderLangC_keepTheirBytes() throws Exception {
    Result refused =
        run(
            temporary,
            Map.of("LANG", "C", "LC_ALL", "C"),
            lifeboat(),
            "--config",
            "/nonexistent/naïve.yaml",
            "config",
            "validate");

    assertThat(refused.code).isEqualTo(2);
    assertThat(refused.out).contains("/nonexistent/naïve.yaml");
  }

  @Test
  void argumentThatIsNotUtf8_isNamedNotMangled() throws Exception {
    Result refused =
        run(
            temporary,
            Map.of("LB", lifeboat()),
            "/bin/sh",
            "-c",
            "exec \"$LB\" --config \"$(printf '/x\\377y')\" config validate");

    assertThat(refused.code).isEqualTo(2);
    assertThat(refused.err).contains("not UTF-8");
  }

  @Test
  void noJdk_saysWhatToInstall() throws Exception {
    Result refused =
        run(
            temporary,
            Map.of(
                "LIFEBOAT_JAVA",
                "",
                "JAVA_HOME",
                "/nonexistent",
                "LIFEBOAT_JDK_PATH",
                "/nonexistent"),
            "/bin/sh",
            "-c",
            "PATH=%s; export PATH; exec '%s' version".formatted(toolsWithoutJava(), lifeboat()));

    assertThat(refused.code).isEqualTo(1);
    assertThat(refused.err).contains("needs a JDK 25").contains("apt-get install");
  }

  @Test
  void wrongJdkByName_isRefused() throws Exception {
    Result refused = run(temporary, Map.of("LIFEBOAT_JAVA", "/opt/jdk-17"), lifeboat(), "version");

    assertThat(refused.code).isEqualTo(1);
    assertThat(refused.err).contains("LIFEBOAT_JAVA=/opt/jdk-17 is not a JDK 25");
  }

  /** The programs that the script itself needs, and no java among them. */
  private static Path toolsWithoutJava() throws IOException {
    Path tools = temporary.resolve("tools");
    if (!Files.exists(tools)) {
      Files.createDirectory(tools);
      for (String tool :
          List.of(
              "cat",
              "readlink",
              "find",
              "head",
              "mkdir",
              "rm",
              "mv",
              "flock",
              "grep",
              "tail",
              "cp",
              "touch",
              "sleep",
              "echo",
              "sh",
              "dirname")) {
        Path real = Path.of("/usr/bin", tool);
        if (Files.exists(real)) {
          Files.createSymbolicLink(tools.resolve(tool), real);
        }
      }
    }
    return tools;
  }

  /** A source tree whose mvn counts its calls and lays out the jars of this build. */
  private static Path sourceTree(String name) throws IOException {
    Path tree = Files.createDirectory(temporary.resolve(name));
    copy(SCRIPT, tree.resolve("lifeboat"));
    Files.writeString(tree.resolve("pom.xml"), "<project/>");
    Files.createDirectories(tree.resolve("cli/src/main/java"));
    Files.writeString(tree.resolve("cli/src/main/java/A.java"), "class A {}");
    Path bin = Files.createDirectory(tree.resolve("bin"));
    for (Path tool : list(toolsWithoutJava())) {
      Files.createSymbolicLink(bin.resolve(tool.getFileName()), tool);
    }
    Path mvn = bin.resolve("mvn");
    Files.writeString(
        mvn,
        """
        #!/bin/sh
        echo "built with $JAVA_HOME" >>'%1$s/calls'
        sleep 1
        [ ! -e '%1$s/broken' ] || { echo '[ERROR] no good'; exit 1; }
        mkdir -p '%1$s/cli/target/dist'
        cp -a '%2$s' '%1$s/cli/target/dist/'
        touch '%1$s/cli/target/dist/built'
        """
            .formatted(tree, LIB));
    assertThat(mvn.toFile().setExecutable(true)).isTrue();
    return tree;
  }

  private static List<Path> list(Path directory) throws IOException {
    try (Stream<Path> all = Files.list(directory)) {
      return all.toList();
    }
  }

  private static Result runTree(Path tree, String... arguments) throws Exception {
    List<String> command = new ArrayList<>();
    command.add(tree.resolve("lifeboat").toString());
    command.addAll(List.of(arguments));
    return run(
        tree, Map.of("PATH", tree.resolve("bin").toString()), command.toArray(String[]::new));
  }

  private static int builds(Path tree) throws IOException {
    Path calls = tree.resolve("calls");
    return Files.exists(calls) ? Files.readAllLines(calls).size() : 0;
  }

  @Test
  void sourceTree_isBuiltOnceAndAgainAfterAChange() throws Exception {
    Path tree = sourceTree("a source tree");

    Result first = runTree(tree, "version");
    assertThat(first.code).as(first.err).isZero();
    assertThat(first.err).contains("building on first use");
    Result second = runTree(tree, "version");
    assertThat(second.err).isEmpty();
    assertThat(builds(tree)).isEqualTo(1);

    TimeUnit.MILLISECONDS.sleep(20);
    Files.writeString(tree.resolve("cli/src/main/java/A.java"), "class A { int changed; }");
    assertThat(runTree(tree, "version").code).isZero();
    assertThat(builds(tree)).isEqualTo(2);
    assertThat(Files.readString(tree.resolve("calls"))).contains("built with " + JDK);
  }

  @Test
  void twoFirstStarts_buildOnce() throws Exception {
    Path tree = sourceTree("two at once");
    Result both =
        run(
            tree,
            Map.of("PATH", tree.resolve("bin").toString()),
            "/bin/sh",
            "-c",
            "./lifeboat version & ./lifeboat version; a=$?; wait $! && exit $a");

    assertThat(both.code).as(both.err).isZero();
    assertThat(both.out.lines()).hasSize(2);
    assertThat(builds(tree)).isEqualTo(1);
  }

  @Test
  void buildThatFails_showsWhyAndIsTriedAgain() throws Exception {
    Path tree = sourceTree("broken");
    Files.createFile(tree.resolve("broken"));

    Result failed = runTree(tree, "version");
    assertThat(failed.code).isEqualTo(1);
    assertThat(failed.err).contains("no good").contains("build.log");
    Files.delete(tree.resolve("broken"));
    assertThat(runTree(tree, "version").code).isZero();
  }

  @Test
  void noMaven_saysWhatToInstall() throws Exception {
    Path tree = sourceTree("without maven");
    Files.delete(tree.resolve("bin/mvn"));

    Result refused = runTree(tree, "version");

    assertThat(refused.code).isEqualTo(1);
    assertThat(refused.err).contains("apt-get install maven");
  }
}
