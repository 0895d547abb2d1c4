package dev.lifeboat.sources.directory;

import dev.lifeboat.sources.posix.Descriptor;
import dev.lifeboat.sources.posix.RawPath;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** A file of exclude patterns, one a line, in bytes. */
final class PatternFile {
  private PatternFile() {}

  static List<byte[]> read(RawPath file) throws IOException {
    byte[] path = file.toBytes();
    int slash = path.length - 1;
    while (slash >= 0 && path[slash] != '/') {
      slash--;
    }
    byte[] name = Arrays.copyOfRange(path, slash + 1, path.length);
    RawPath parent =
        slash < 0
            ? RawPath.of(".")
            : RawPath.of(slash == 0 ? new byte[] {'/'} : Arrays.copyOf(path, slash));
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (Descriptor directory = Descriptor.openDirectory(parent);
        Descriptor opened = directory.followed(name)) {
      byte[] buffer = new byte[8192];
      for (int got = opened.read(0, buffer, 0, buffer.length);
          got > 0;
          got = opened.read(bytes.size(), buffer, 0, buffer.length)) {
        bytes.write(buffer, 0, got);
      }
    }
    byte[] all = bytes.toByteArray();
    List<byte[]> lines = new ArrayList<>();
    int start = 0;
    for (int at = 0; at <= all.length; at++) {
      if (at == all.length || all[at] == '\n') {
        lines.add(Arrays.copyOfRange(all, start, at));
        start = at + 1;
      }
    }
    return lines;
  }
}
