package dev.lifeboat.jobs;

import dev.lifeboat.vault.VaultException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Lets one job at a time work on a home.
 *
 * <p>The lock is the kernel's, on {@code <home>/locks/nightly.lock}: it ends with its process,
 * however that ends, so a stale one never blocks. What is written in the file is for people, and
 * for the message of whoever is refused.
 */
final class NightLock implements AutoCloseable {
  /**
   * What this process has locked. A POSIX lock is lost when its process closes <em>any</em>
   * descriptor of the file, so a second attempt from within must be refused before it opens one.
   */
  private static final Map<Path, String> HELD_HERE = new ConcurrentHashMap<>();

  private final Path real;
  private final FileChannel channel;
  private final ProcessOwner owner;

  private NightLock(Path real, FileChannel channel, ProcessOwner owner) {
    this.real = real;
    this.channel = channel;
    this.owner = owner;
  }

  static Path file(Path home) {
    return home.resolve("locks").resolve("nightly.lock");
  }

  /**
   * Takes the lock, without waiting.
   *
   * @throws VaultException.Conflict if another has it; the message names it
   */
  static NightLock acquire(Path home, NightJob job, Clock clock) {
    ProcessOwner owner = ProcessOwner.self();
    String text = owner.format() + "job=%s\nsince=%s\n".formatted(job.id(), clock.instant());
    Path file = file(home);
    try {
      Path real = Homes.directory(home.resolve("locks")).toRealPath().resolve(file.getFileName());
      String held = HELD_HERE.putIfAbsent(real, text);
      if (held != null) {
        throw new VaultException.Conflict(refusal(held, file));
      }
      try {
        return new NightLock(real, lock(real, text), owner);
      } catch (IOException | RuntimeException e) {
        HELD_HERE.remove(real);
        throw e;
      }
    } catch (IOException e) {
      throw new UncheckedIOException("cannot lock " + file, e);
    }
  }

  ProcessOwner owner() {
    return owner;
  }

  /** Gives the lock back. The file stays: removing it could take it from under the next owner. */
  @Override
  public void close() {
    try (channel) {
      channel.truncate(0);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot release the lock " + real, e);
    } finally {
      HELD_HERE.remove(real);
    }
  }

  private static FileChannel lock(Path file, String text) throws IOException {
    FileChannel channel =
        FileChannel.open(
            file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
    try {
      if (channel.tryLock() == null) {
        throw new VaultException.Conflict(
            refusal(Files.readString(file, StandardCharsets.UTF_8), file));
      }
      channel.truncate(0);
      channel.write(ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)), 0);
      return channel;
    } catch (IOException | RuntimeException e) {
      channel.close();
      throw e;
    }
  }

  private static String refusal(String text, Path file) {
    String job = "a job";
    String since = "";
    for (String line : text.lines().toList()) {
      if (line.startsWith("job=")) {
        job = line.substring("job=".length());
      } else if (line.startsWith("since=")) {
        since = ", since " + line.substring("since=".length());
      }
    }
    String who = ProcessOwner.parse(text).map(ProcessOwner::toString).orElse("another process");
    return "%s is running already: %s%s (lock %s); wait for its end or stop it with SIGTERM"
        .formatted(job, who, since, file);
  }
}
