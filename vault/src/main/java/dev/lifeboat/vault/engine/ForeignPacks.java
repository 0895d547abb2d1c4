package dev.lifeboat.vault.engine;

import dev.lifeboat.vault.Digest;
import dev.lifeboat.vault.index.Column;
import dev.lifeboat.vault.seal.TenantId;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.BitSet;

/**
 * The packs that are known to be other tenants', in a mapped file of the local cache: ascending ids
 * of 32 bytes. An error in it costs a look at a pack's header, or at worst that an abandoned pack
 * of ours is stored again.
 */
final class ForeignPacks implements Column {
  private final LocalCache cache;
  private final String name;
  private final ByteBuffer ids;

  private ForeignPacks(LocalCache cache, String name, ByteBuffer ids) {
    this.cache = cache;
    this.name = name;
    this.ids = ids;
  }

  static ForeignPacks read(LocalCache cache, TenantId tenant) {
    String name = "others/" + tenant;
    return new ForeignPacks(cache, name, cache.map(name));
  }

  @Override
  public int size() {
    return ids.limit() / Digest.BYTES;
  }

  @Override
  public Digest at(int row) {
    int at = row * Digest.BYTES;
    return new Digest(
        ids.getLong(at), ids.getLong(at + 8), ids.getLong(at + 16), ids.getLong(at + 24));
  }

  @Override
  public long leading(int row) {
    return ids.getLong(row * Digest.BYTES);
  }

  /**
   * Replaces the file, if it can be written.
   *
   * @param kept which of those known so far are still there
   * @param more ascending, none of them known so far
   */
  void replace(BitSet kept, Column more) {
    try {
      Path temporary = cache.temporary();
      try {
        try (OutputStream out =
            new BufferedOutputStream(Files.newOutputStream(temporary), 1 << 16)) {
          int next = 0;
          for (int row = kept.nextSetBit(0); row >= 0; row = kept.nextSetBit(row + 1)) {
            while (next < more.size() && compare(row, more.at(next)) > 0) {
              out.write(more.at(next++).toBytes());
            }
            out.write(at(row).toBytes());
          }
          while (next < more.size()) {
            out.write(more.at(next++).toBytes());
          }
        }
        cache.move(temporary, name);
      } finally {
        Files.deleteIfExists(temporary);
      }
    } catch (IOException e) {
      // The next session looks at their headers again.
    }
  }
}
