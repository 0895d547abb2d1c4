package dev.lifeboat.sources.directory;

import dev.lifeboat.sources.posix.Descriptor;
import dev.lifeboat.sources.posix.FileStatus;
import dev.lifeboat.sources.posix.PosixException;
import dev.lifeboat.vault.Digest;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.regex.Pattern;

/**
 * Temporary names, {@code .lifeboat-restore-<restore id>-<first half of SHA-256 of the name>}, and
 * what crashed restores have left under them. Who writes a temporary file holds a lock on it; the
 * kernel drops the lock of a process that died.
 */
final class Leftovers {
  private static final String PREFIX = ".lifeboat-restore-";
  private static final Pattern SHAPE =
      Pattern.compile("\\.lifeboat-restore-([0-9a-f]{16})-[0-9a-f]{32}");

  private final String restoreId;

  Leftovers(String restoreId) {
    this.restoreId = restoreId;
  }

  byte[] temporary(byte[] name) {
    byte[] hash = Arrays.copyOf(Digest.sha256().digest(name), 16);
    return (PREFIX + restoreId + "-" + HexFormat.of().formatHex(hash))
        .getBytes(StandardCharsets.US_ASCII);
  }

  /**
   * Removes what dead restores have left in a directory.
   *
   * @param own whether that of this restore, too; it may be resumed otherwise
   */
  void clear(Descriptor directory, boolean own) throws PosixException {
    for (byte[] name : directory.names()) {
      var matcher = SHAPE.matcher(new String(name, StandardCharsets.ISO_8859_1));
      if (!matcher.matches()) {
        continue;
      }
      boolean ours = matcher.group(1).equals(restoreId);
      FileStatus status = directory.status(name);
      if (status == null || (ours && !own)) {
        continue;
      }
      if (ours || (status.type() == FileStatus.Type.FILE && abandoned(directory, name))) {
        directory.unlink(name);
      }
    }
  }

  private static boolean abandoned(Descriptor directory, byte[] name) {
    try (Descriptor file = directory.writable(name)) {
      return file.tryLock();
    } catch (PosixException e) {
      return false;
    }
  }
}
