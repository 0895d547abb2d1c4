package dev.lifeboat.vault;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Objects;

/** Small files of our own state, which several processes may replace at once. */
public final class WholeFile {
  private WholeFile() {}

  /**
   * Puts a text in the place of what is there. A reader sees the old one or the new one, whole, and
   * so does whoever looks after a crash; of writers at once, the last wins. Mode 0600.
   */
  public static void replace(Path file, String text) throws IOException {
    Path folder = Objects.requireNonNull(file.toAbsolutePath().getParent(), "a file has a folder");
    Path made = Files.createTempFile(folder, "." + file.getFileName() + ".", ".new");
    try {
      try (FileChannel channel = FileChannel.open(made, StandardOpenOption.WRITE)) {
        ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
        while (bytes.hasRemaining()) {
          channel.write(bytes);
        }
        // Or a name may outlive a power cut that its bytes do not.
        channel.force(true);
      }
      Files.move(made, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } finally {
      Files.deleteIfExists(made);
    }
  }
}
