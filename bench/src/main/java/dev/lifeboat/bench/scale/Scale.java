package dev.lifeboat.bench.scale;

import dev.lifeboat.vault.Directories;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * {@code bench/scale}: upkeep of synthetic vaults of growing size, each in a process of its own
 * with a heap of 256 MiB.
 */
public final class Scale {
  private static final List<Long> SIZES = List.of(100_000L, 300_000L, 1_000_000L, 3_000_000L);
  private static final List<Long> LARGE = List.of(10_000_000L, 30_000_000L, 100_000_000L);
  private static final String HEAP = "-Xmx256m";

  private Scale() {}

  /**
   * Runs.
   *
   * @param args {@code [--max] [--sizes N,N…] [--work DIR] [--output DIR]}; or {@code make CHUNKS
   *     DIR}, then {@code one CHUNKS DIR}, in processes of one size
   */
  public static void main(String[] args) throws Exception {
    PrintStream out = System.out;
    if (args.length == 3 && args[0].equals("one")) {
      try (Work work = new Work(new Size(Long.parseLong(args[1])), Path.of(args[2]), out)) {
        work.run();
      }
      return;
    }
    if (args.length == 3 && args[0].equals("make")) {
      Work.prepare(new Size(Long.parseLong(args[1])), Path.of(args[2]));
      return;
    }
    List<Long> sizes = new ArrayList<>(SIZES);
    Path scratch = Path.of("/var/tmp");
    Path output = Path.of("bench", "target", "scale");
    for (int i = 0; i < args.length; i++) {
      switch (args[i]) {
        case "--max" -> sizes.addAll(LARGE);
        case "--sizes" -> {
          sizes.clear();
          Stream.of(args[++i].split(",", -1)).map(Long::parseLong).forEach(sizes::add);
        }
        case "--work" -> scratch = Path.of(args[++i]);
        case "--output" -> output = Path.of(args[++i]);
        default -> {
          System.err.println("bench/scale [--max] [--sizes N,N...] [--work DIR] [--output DIR]");
          System.exit(2);
        }
      }
    }
    Files.createDirectories(output);
    List<Measurement> all = new ArrayList<>();
    for (long chunks : sizes) {
      all.addAll(one(chunks, scratch, out));
    }
    List<String> lines = new ArrayList<>(List.of(Measurement.HEAD));
    all.forEach(measurement -> lines.add(measurement.line()));
    Files.write(output.resolve("scale.csv"), lines);
    Files.writeString(output.resolve("scale.svg"), new Chart(all).draw());
    Files.writeString(output.resolve("scale.md"), table(all));
    out.println("wrote " + output.toAbsolutePath());
  }

  private static List<Measurement> one(long chunks, Path scratch, PrintStream out)
      throws IOException, InterruptedException {
    Path cache = Files.createTempDirectory(scratch, "lifeboat-scale");
    try {
      List<Measurement> made = run("make", chunks, cache, out);
      if (!made.isEmpty()) {
        throw new IOException("nothing is measured while a vault is made up");
      }
      return run("one", chunks, cache, out);
    } finally {
      Directories.delete(cache);
    }
  }

  private static List<Measurement> run(String what, long chunks, Path directory, PrintStream out)
      throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home", ""), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                HEAP,
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-cp",
                System.getProperty("java.class.path", ""),
                Scale.class.getName(),
                what,
                Long.toString(chunks),
                directory.toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    List<Measurement> found = new ArrayList<>();
    try (BufferedReader in =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        out.println(line);
        found.add(Measurement.parse(line));
      }
    }
    int code = process.waitFor();
    if (code != 0) {
      throw new IOException("%d chunks: exit code %d".formatted(chunks, code));
    }
    return found;
  }

  private static String table(List<Measurement> all) {
    StringBuilder text = new StringBuilder();
    text.append(
        "| chunks | packs | snapshots | work | s | resident MiB | LIST | GET | read MiB | cache MiB |\n");
    text.append("|---|---|---|---|---|---|---|---|---|---|\n");
    for (Measurement m : all) {
      text.append(
          String.format(
              Locale.ROOT,
              "| %,d | %,d | %,d | %s | %.2f | %d | %,d | %,d | %,d | %,d |%n",
              m.size().chunks(),
              m.size().packs(),
              m.size().snapshots(),
              m.work(),
              m.seconds(),
              m.residentBytes() >> 20,
              m.lists(),
              m.reads(),
              m.readBytes() >> 20,
              m.cacheBytes() >> 20));
    }
    return text.toString();
  }
}
