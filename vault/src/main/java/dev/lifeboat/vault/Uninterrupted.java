package dev.lifeboat.vault;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Supplier;

/** Work that is short, and is done whole or not at all. */
public final class Uninterrupted {
  private Uninterrupted() {}

  /** As {@link #call}, without a result. */
  public static void run(String name, Runnable work) {
    boolean _ =
        call(
            name,
            () -> {
              work.run();
              return true;
            });
  }

  /**
   * Does something on a thread of its own, to its end even if the caller is interrupted: the
   * interrupt stays with the caller, because a thread that is interrupted closes the files that it
   * uses, and leaves requests half done.
   *
   * @param name of the thread
   * @return what it returns; what it throws is thrown, too
   */
  public static <T> T call(String name, Supplier<T> work) {
    CompletableFuture<T> result = new CompletableFuture<>();
    Thread thread =
        Thread.ofPlatform()
            .daemon()
            .name(name)
            .start(() -> {
              try {
                result.complete(work.get());
              } catch (Throwable e) {
                result.completeExceptionally(e);
              }
            });
    boolean interrupted = false;
    try {
      while (true) {
        try {
          thread.join();
          return result.join();
        } catch (InterruptedException e) {
          interrupted = true;
        } catch (CompletionException e) {
          switch (e.getCause()) {
            case RuntimeException unchecked -> throw unchecked;
            case Error error -> throw error;
            case null, default -> throw e;
          }
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
