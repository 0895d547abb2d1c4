package dev.lifeboat.vault.chunk;

import dev.lifeboat.vault.Digest;

/** HMAC-SHA-256 of a chunk's plaintext under its tenant's chunk-id key. */
public record ChunkId(Digest value) implements Comparable<ChunkId> {
  /** The id at {@code offset} of {@code bytes}. */
  public static ChunkId read(byte[] bytes, int offset) {
    return new ChunkId(Digest.read(bytes, offset));
  }

  @Override
  public int compareTo(ChunkId other) {
    return value.compareTo(other.value);
  }

  @Override
  public int hashCode() {
    return value.hashCode();
  }

  @Override
  public String toString() {
    return value.toString();
  }
}
