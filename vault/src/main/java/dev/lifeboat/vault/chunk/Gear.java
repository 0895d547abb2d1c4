package dev.lifeboat.vault.chunk;

import dev.lifeboat.vault.seal.Kdf;
import dev.lifeboat.vault.seal.SecretBytes;
import java.nio.ByteBuffer;

/** The 256 numbers that shape a tenant's cut points, derived from its chunk-id key. */
public final class Gear {
  private final long[] table;

  private Gear(long[] table) {
    this.table = table;
  }

  public static Gear of(SecretBytes chunkIdKey) {
    byte[] bytes =
        Kdf.derive(chunkIdKey.exposeSecret(), new byte[0], "lifeboat v1 gear", 256 * Long.BYTES);
    long[] table = new long[256];
    ByteBuffer.wrap(bytes).asLongBuffer().get(table);
    return new Gear(table);
  }

  long[] table() {
    return table;
  }

  /** The table tells of the key. */
  @Override
  public String toString() {
    return "Gear[redacted]";
  }
}
