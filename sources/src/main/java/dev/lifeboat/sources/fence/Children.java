package dev.lifeboat.sources.fence;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;

/**
 * Starts programs with an environment of their own: a path, a locale, a home that is a scratch
 * directory, and a mark by which they are found again. No variable of this process is among them,
 * so no secret is either. Where the system allows it they are in a network of their own that has no
 * interface: nothing inside reaches anybody, also not an extension of a database.
 */
public final class Children {
  /** The variable by which processes of a drill are known. */
  public static final String MARK = "LIFEBOAT_DRILL";

  private static final int OUTPUT_KEPT_BYTES = 1 << 20;
  private static final List<List<String>> NETS =
      List.of(List.of("unshare", "--net"), List.of("unshare", "--map-current-user", "--net"));

  private final SortedMap<String, String> environment;
  private final List<String> net;

  private Children(SortedMap<String, String> environment, List<String> net) {
    this.environment = environment;
    this.net = net;
  }

  private static SortedMap<String, String> environment(Path home, String mark) {
    TreeMap<String, String> environment = new TreeMap<>();
    environment.put("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
    environment.put("LANG", "C.UTF-8");
    environment.put("LC_ALL", "C.UTF-8");
    environment.put("TZ", "UTC");
    environment.put("HOME", home.toString());
    environment.put("TMPDIR", home.toString());
    environment.put(MARK, mark);
    return environment;
  }

  /**
   * Finds out what the system allows.
   *
   * @param home a scratch directory
   */
  public static Children of(Path home, String mark) throws IOException, InterruptedException {
    SortedMap<String, String> environment = environment(home, mark);
    for (List<String> net : NETS) {
      try {
        Children fenced = new Children(environment, net);
        if (fenced.run(List.of("true"), Duration.ofSeconds(10)).code() == 0) {
          return fenced;
        }
      } catch (IOException e) {
        break; // no unshare here
      }
    }
    return new Children(environment, List.of());
  }

  /** The same, with one variable more. */
  public Children with(String variable, String value) {
    TreeMap<String, String> more = new TreeMap<>(environment);
    more.put(variable, value);
    return new Children(more, net);
  }

  /** The same, with the network of this process: for what has to be reached from here. */
  public Children withNetwork() {
    return new Children(environment, List.of());
  }

  /** How programs are kept from the network, in words. */
  public String network() {
    return net.isEmpty()
        ? "not fenced off: this system lets us make no network namespace"
        : "none: programs run in a network namespace without interfaces";
  }

  /** A program, to be started by the caller. */
  public ProcessBuilder builder(List<String> command) {
    List<String> all = new ArrayList<>(net);
    all.addAll(command);
    ProcessBuilder builder = new ProcessBuilder(all);
    builder.environment().clear();
    builder.environment().putAll(environment);
    return builder;
  }

  /**
   * How a program ended.
   *
   * @param output what it said on both streams, its beginning if that is long
   */
  public record Result(int code, String output) {
    /** The first line that says something. */
    public String firstLine() {
      return output.lines().map(String::strip).filter(l -> !l.isEmpty()).findFirst().orElse("");
    }
  }

  /**
   * Runs a program to its end; one that is not done by then is killed and has code −1.
   *
   * @throws InterruptedException if this thread is told to stop; the program is killed then
   */
  public Result run(List<String> command, Duration patience)
      throws IOException, InterruptedException {
    return run(command, Optional.empty(), patience);
  }

  /** As the other, in a directory. */
  public Result run(List<String> command, Optional<Path> directory, Duration patience)
      throws IOException, InterruptedException {
    ProcessBuilder builder = builder(command).redirectErrorStream(true);
    builder.directory(directory.orElse(Path.of("/")).toFile());
    builder.redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()));
    Process process = builder.start();
    // Reading does not end by an interrupt: who waits for the program can be told to stop.
    FutureTask<String> output = new FutureTask<>(() -> read(process.getInputStream()));
    Thread _ = Thread.ofPlatform().daemon().name("output of " + command.getFirst()).start(output);
    try {
      boolean late = !process.waitFor(patience.toMillis(), TimeUnit.MILLISECONDS);
      if (late) {
        kill(process);
      }
      return late
          ? new Result(-1, output.get() + "\nkilled: not done after " + patience.toSeconds() + " s")
          : new Result(process.exitValue(), output.get());
    } catch (ExecutionException e) {
      throw new IOException("cannot read what %s says".formatted(command.getFirst()), e.getCause());
    } finally {
      kill(process);
    }
  }

  private static void kill(Process process) {
    process.descendants().forEach(ProcessHandle::destroyForcibly);
    process.destroyForcibly();
  }

  private static String read(InputStream in) throws IOException {
    ByteArrayOutputStream kept = new ByteArrayOutputStream();
    byte[] buffer = new byte[8192];
    for (int got = in.read(buffer); got >= 0; got = in.read(buffer)) {
      kept.write(buffer, 0, Math.min(got, OUTPUT_KEPT_BYTES - kept.size()));
    }
    return kept.toString(StandardCharsets.UTF_8);
  }

  /** Whether a program of this name is in the path of children. */
  public boolean has(String program) {
    for (String directory : environment.getOrDefault("PATH", "").split(":", -1)) {
      if (Files.isExecutable(Path.of(directory, program))) {
        return true;
      }
    }
    return false;
  }
}
