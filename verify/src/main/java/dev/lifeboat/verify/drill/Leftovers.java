package dev.lifeboat.verify.drill;

import dev.lifeboat.sources.fence.Children;
import dev.lifeboat.vault.Directories;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Removes what drills left behind that did not come to their end: processes, known by a mark in
 * their environment; directories, known by the journal. Each such drill gets its report as NOT RUN.
 */
public final class Leftovers {
  /** The variable by which processes of an application that was started to be asked are known. */
  static final String PROBE = "LIFEBOAT_PROBE";

  private static final Duration GRACE = Duration.ofSeconds(3);
  private static final Path PROC = Path.of("/proc");
  private static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final int ATTEMPTS = 50;

  private Leftovers() {}

  /**
   * Looks for drills that died, and clears up after them.
   *
   * @param drills the directory of all drills; need not exist
   * @return what was found, in words
   * @throws IOException naming what cannot be removed
   */
  public static List<String> sweep(Path drills, DrillResults results)
      throws IOException, InterruptedException {
    if (!Files.isDirectory(drills)) {
      return List.of();
    }
    List<String> swept = new ArrayList<>();
    try (DrillJournal.Exclusive _ = DrillJournal.exclusive(drills);
        DirectoryStream<Path> entries = Files.newDirectoryStream(drills, Files::isDirectory)) {
      for (Path directory : entries) {
        if (!directory.equals(drills.resolve(DirectoryDrillResults.NAME))) {
          Optional<FileChannel> journal = DrillJournal.takeOver(directory);
          if (journal.isPresent()) {
            try (FileChannel _ = journal.get()) {
              swept.add(clear(directory, results));
            }
          }
        }
      }
    }
    return swept;
  }

  private static String clear(Path directory, DrillResults results)
      throws IOException, InterruptedException {
    String id = directory.getFileName().toString();
    int processes = endAll(id);
    List<Path> named = DrillJournal.named(directory.resolve(DrillJournal.FILE), id);
    for (Path path : named) {
      remove(path);
    }
    Path begun = directory.resolve(DrillJournal.BEGUN);
    if (Files.exists(begun)) {
      try {
        results.save(DrillReportJson.read(Files.readString(begun)));
      } catch (IllegalArgumentException e) {
        // It died while it wrote its first words: there is nothing to tell of it.
        Files.delete(begun);
      }
    }
    // The journal last: until then the next run knows what to do.
    remove(directory);
    return "drill %s did not come to its end: %d processes ended, %d directories removed"
        .formatted(id, processes, named.size() + 1);
  }

  /** Looks again and again: a process may start another while it is looked for. */
  private static int endAll(String id) throws IOException, InterruptedException {
    Set<Long> ended = new LinkedHashSet<>();
    for (int i = 1; ; i++) {
      List<Long> processes = marked(id);
      if (processes.isEmpty()) {
        return ended.size();
      }
      if (i == ATTEMPTS) {
        throw new IOException(
            "processes %s of drill %s do not end; end them, then try again"
                .formatted(processes, id));
      }
      for (long pid : processes) {
        end(pid);
      }
      ended.addAll(processes);
    }
  }

  /** Processes that carry the mark of a drill. */
  static List<Long> marked(String id) throws IOException {
    return with(Children.MARK, id);
  }

  private static List<Long> with(String variable, String value) throws IOException {
    byte[] mark = (variable + "=" + value).getBytes(StandardCharsets.UTF_8);
    List<Long> found = new ArrayList<>();
    try (DirectoryStream<Path> processes = Files.newDirectoryStream(PROC, "[0-9]*")) {
      for (Path process : processes) {
        long pid = Long.parseLong(process.getFileName().toString());
        if (has(environment(process), mark)) {
          found.add(pid);
        }
      }
    }
    return found;
  }

  /** Nothing for one that has ended meanwhile, or is somebody else's: then it is not ours. */
  private static byte[] environment(Path process) {
    try {
      return Files.readAllBytes(process.resolve("environ"));
    } catch (IOException e) {
      return new byte[0];
    }
  }

  /** Whether one of the entries, which end with a NUL, is this. */
  private static boolean has(byte[] environment, byte[] entry) {
    int start = 0;
    for (int at = 0; at <= environment.length; at++) {
      if (at == environment.length || environment[at] == 0) {
        if (Arrays.equals(environment, start, at, entry, 0, entry.length)) {
          return true;
        }
        start = at + 1;
      }
    }
    return false;
  }

  /**
   * Ends an application that was started to be asked: what carries its mark, and those that come
   * from it even if they threw the mark away. Returns when they are gone.
   *
   * @param started that was seen to come from it
   */
  static void endProbe(String mark, Process process, List<ProcessHandle> started)
      throws IOException, InterruptedException {
    Set<ProcessHandle> all = new LinkedHashSet<>(started);
    all.add(process.toHandle());
    with(PROBE, mark).forEach(pid -> ProcessHandle.of(pid).ifPresent(all::add));
    all.forEach(ProcessHandle::destroy);
    await(CompletableFuture.allOf(exits(all)), GRACE);
    // Those that did not listen, and those that were started meanwhile.
    with(PROBE, mark).forEach(pid -> ProcessHandle.of(pid).ifPresent(all::add));
    all.forEach(ProcessHandle::destroyForcibly);
    if (!await(CompletableFuture.allOf(exits(all)), PATIENCE)) {
      throw new IOException(
          "of processes %s not all end".formatted(all.stream().map(ProcessHandle::pid).toList()));
    }
  }

  private static CompletableFuture<?>[] exits(Collection<ProcessHandle> processes) {
    return processes.stream().map(ProcessHandle::onExit).toArray(CompletableFuture<?>[]::new);
  }

  private static boolean await(Future<?> exit, Duration patience) throws InterruptedException {
    try {
      exit.get(patience.toMillis(), TimeUnit.MILLISECONDS);
      return true;
    } catch (TimeoutException | ExecutionException e) {
      return false;
    }
  }

  /** Asks a process to end at once and clean up; a server takes this for an immediate shutdown. */
  private static void end(long pid) throws IOException, InterruptedException {
    Optional<ProcessHandle> handle = ProcessHandle.of(pid);
    if (handle.isEmpty()) {
      return;
    }
    // An application may take this signal for a question and go on: it is not asked.
    if (environmentNames(pid, PROBE)) {
      handle.get().destroyForcibly();
    } else {
      Process kill = new ProcessBuilder("kill", "-QUIT", Long.toString(pid)).start();
      kill.waitFor();
    }
    if (!await(handle.get().onExit(), PATIENCE)) {
      handle.get().destroyForcibly();
    }
  }

  private static boolean environmentNames(long pid, String variable) {
    byte[] environment = environment(PROC.resolve(Long.toString(pid)));
    return ("\0" + new String(environment, StandardCharsets.ISO_8859_1))
        .contains("\0" + variable + "=");
  }

  private static void remove(Path path) throws IOException, InterruptedException {
    for (int i = 1; ; i++) {
      try {
        Directories.delete(path);
        if (!Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
          return;
        }
      } catch (IOException e) {
        if (i == ATTEMPTS) {
          throw new IOException(
              "what a drill left behind in %s cannot be removed: %s; remove it by hand"
                  .formatted(path, e),
              e);
        }
      }
      // Children of a server that has ended are still on their way out.
      Thread.sleep(100);
    }
  }
}
