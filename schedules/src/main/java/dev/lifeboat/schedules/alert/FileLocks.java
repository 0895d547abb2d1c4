package dev.lifeboat.schedules.alert;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/**
 * A lock between processes and between threads of this one: the kernel's, on a file, so that it
 * ends with its process however that ends. The file stays.
 */
final class FileLocks {
  /**
   * One permit for each file: a POSIX lock is lost when its process closes any descriptor of the
   * file, so only one thread may have one open.
   */
  private static final Map<Path, Semaphore> HERE = new ConcurrentHashMap<>();

  private static final long PAUSE_MILLIS = 10;

  private FileLocks() {}

  /** A lock that is held until it is closed, once. */
  static final class Held implements AutoCloseable {
    private final FileChannel channel;
    private final Semaphore here;

    private Held(FileChannel channel, Semaphore here) {
      this.channel = channel;
      this.here = here;
    }

    @Override
    public void close() throws IOException {
      try {
        channel.close();
      } finally {
        here.release();
      }
    }
  }

  /**
   * Takes the lock of a file, which is made if it is not there.
   *
   * @return nothing if others hold it for so long
   */
  static Optional<Held> take(Path file, Duration wait) throws IOException, InterruptedException {
    Path real = file.toAbsolutePath().normalize();
    Semaphore here = HERE.computeIfAbsent(real, _ -> new Semaphore(1, true));
    long end = System.nanoTime() + wait.toNanos();
    if (!here.tryAcquire(wait.toNanos(), TimeUnit.NANOSECONDS)) {
      return Optional.empty();
    }
    FileChannel channel = null;
    boolean taken = false;
    try {
      channel = FileChannel.open(real, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      while (true) {
        FileLock lock = channel.tryLock();
        if (lock != null) {
          taken = true;
          return Optional.of(new Held(channel, here));
        }
        if (System.nanoTime() >= end) {
          return Optional.empty();
        }
        Thread.sleep(PAUSE_MILLIS);
      }
    } finally {
      if (!taken) {
        try {
          if (channel != null) {
            channel.close();
          }
        } finally {
          here.release();
        }
      }
    }
  }
}
