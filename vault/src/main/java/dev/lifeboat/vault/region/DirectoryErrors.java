package dev.lifeboat.vault.region;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;

/** Tells errors of a file system that pass from those that do not. */
final class DirectoryErrors {
  private DirectoryErrors() {}

  /**
   * What {@code e} means for a region; a {@link RegionException} is already that.
   *
   * <p>The JDK has no types for most errors, only the text of {@code strerror}, which may be in any
   * language. One that is not recognised counts as passing: it is tried again in vain, and then
   * told as it is.
   */
  static RegionException translate(RegionName region, String what, IOException e) {
    if (e instanceof RegionException already) {
      return already;
    }
    String why = reason(e);
    String message = what + ": " + why;
    if (e instanceof AccessDeniedException) {
      return new RegionException.Permanent(
          region, what + ": permission denied for " + e.getMessage(), e);
    }
    if (why.contains("No space left") || why.contains("quota exceeded")) {
      return new RegionException.Permanent(
          region, message + "; make room, or give the region a larger disk", e);
    }
    if (why.contains("Read-only file system")
        || why.contains("Not a directory")
        || why.contains("File name too long")
        || why.contains("File too large")
        || why.contains("cross-device link")
        || why.contains("Operation not permitted")
        || why.contains("Too many levels of symbolic links")) {
      return new RegionException.Permanent(region, message, e);
    }
    // I/O errors, stale handles, hung mounts, interrupts: a later attempt writes a fresh file.
    return new RegionException.Transient(region, message, e);
  }

  private static String reason(IOException e) {
    if (e instanceof FileSystemException error && error.getReason() != null) {
      return error.getReason();
    }
    return e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
  }
}
