package dev.lifeboat.schedules.run;

import dev.lifeboat.schedules.store.SharedStoreException;
import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.time.Duration;
import java.util.Arrays;
import java.util.function.Consumer;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * The end of what a run prints, kept in the store some seconds after it is printed, and when it is
 * closed. Failing to keep it hurts no run.
 */
final class SharedRunLog extends OutputStream {
  private static final Logger LOG = Logger.getLogger(SharedRunLog.class.getName());
  private static final Duration KEEP = Duration.ofSeconds(3);

  private final Consumer<byte[]> keep;
  private final Thread keeper;
  private ByteArrayOutputStream tail = new ByteArrayOutputStream();
  private boolean changed;

  /**
   * @param before what is kept already
   * @param keep keeps a whole text instead of what is kept
   */
  SharedRunLog(byte[] before, Consumer<byte[]> keep) {
    this.keep = keep;
    tail.writeBytes(before);
    keeper = Thread.ofPlatform().daemon().name("lifeboat-run-log").start(this::live);
  }

  private void live() {
    try {
      while (true) {
        Thread.sleep(KEEP);
        flushToStore();
      }
    } catch (InterruptedException e) {
      // Closed.
    }
  }

  private void flushToStore() {
    byte[] text;
    synchronized (this) {
      if (!changed) {
        return;
      }
      changed = false;
      text = tail.toByteArray();
    }
    try {
      keep.accept(text);
    } catch (SharedStoreException e) {
      LOG.log(Level.FINE, "kept later", e);
      synchronized (this) {
        changed = true;
      }
    }
  }

  @Override
  public void write(int b) {
    write(new byte[] {(byte) b}, 0, 1);
  }

  @Override
  public synchronized void write(byte[] bytes, int offset, int length) {
    tail.write(bytes, offset, length);
    changed = true;
    if (tail.size() > 2 * RunLog.KEPT) {
      byte[] all = tail.toByteArray();
      int from = all.length - RunLog.KEPT;
      while (from < all.length && all[from - 1] != '\n') {
        from++;
      }
      tail = new ByteArrayOutputStream();
      tail.writeBytes(Arrays.copyOfRange(all, from, all.length));
    }
  }

  @Override
  public void close() {
    keeper.interrupt();
    try {
      keeper.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    flushToStore();
  }
}
