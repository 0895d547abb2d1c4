package dev.lifeboat.sources.git;

import dev.lifeboat.vault.Digest;
import dev.lifeboat.vault.chunk.ChunkId;
import dev.lifeboat.vault.tree.Content;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What the immutable files of the mirrors (packs, their indexes, LFS objects) are in the vault, so
 * that an unchanged one is not read again. A file is recognised by path, length and its own last
 * bytes, which in packs and indexes are their checksum.
 *
 * <p>It is a cache: a line that cannot be read is a file that is read again. Beyond that it serves
 * as the inventory of a mirror, see {@link #files}.
 */
final class ContentCache {
  private final Path file;
  private final TreeMap<String, Entry> entries = new TreeMap<>();

  /**
   * One file as it was stored.
   *
   * @param mark its last bytes, in hexadecimal
   */
  record Entry(long bytes, String mark, Content content) {}

  ContentCache(Path file) throws IOException {
    this.file = file;
    if (Files.exists(file)) {
      for (String line : Files.readAllLines(file, StandardCharsets.UTF_8)) {
        parse(line);
      }
    }
  }

  private void parse(String line) {
    String[] fields = line.split("\t", -1);
    if (fields.length != 5) {
      return;
    }
    try {
      List<ChunkId> chunks = new ArrayList<>();
      for (String id : fields[4].isEmpty() ? new String[0] : fields[4].split(",")) {
        chunks.add(new ChunkId(Digest.parse(id)));
      }
      long bytes = Long.parseLong(fields[1]);
      entries.put(
          fields[0],
          new Entry(bytes, fields[2], new Content(bytes, Integer.parseInt(fields[3]), chunks)));
    } catch (IllegalArgumentException e) {
      // Written by another version or torn: the file is read again.
      return;
    }
  }

  Optional<Content> find(String path, long bytes, String mark) {
    Entry entry = entries.get(path);
    return entry != null && entry.bytes() == bytes && entry.mark().equals(mark)
        ? Optional.of(entry.content())
        : Optional.empty();
  }

  void put(String path, String mark, Content content) {
    entries.put(path, new Entry(content.bytes(), mark, content));
  }

  /** Everything known below a path that ends with a slash. */
  Map<String, Entry> files(String prefix) {
    return new TreeMap<>(entries.subMap(prefix, prefix + Character.MAX_VALUE));
  }

  void forget(String path) {
    entries.remove(path);
  }

  void forgetAll(String prefix) {
    files(prefix).keySet().forEach(entries::remove);
  }

  void save() throws IOException {
    StringBuilder lines = new StringBuilder();
    entries.forEach((path, entry) -> {
      lines.append(path).append('\t').append(entry.bytes()).append('\t').append(entry.mark());
      lines.append('\t').append(entry.content().depth()).append('\t');
      List<ChunkId> chunks = entry.content().chunks();
      for (int i = 0; i < chunks.size(); i++) {
        lines.append(i == 0 ? "" : ",").append(chunks.get(i));
      }
      lines.append('\n');
    });
    DurableFiles.write(file, lines.toString().getBytes(StandardCharsets.UTF_8));
  }
}
