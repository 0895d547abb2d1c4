package dev.lifeboat.bench.scale;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.stream.IntStream;

/**
 * The manifests of a synthetic vault in one file, made before anything is measured: signing them
 * takes longer than all that is done with them. Safe for use by many threads.
 */
final class Manifests implements AutoCloseable {
  private final SyntheticVault vault;
  private final FileChannel file;
  private final long[] offsets = new long[Size.SNAPSHOTS_PER_DATASET + 1];

  private Manifests(SyntheticVault vault, FileChannel file) {
    this.vault = vault;
    this.file = file;
    for (int n = 0; n < Size.SNAPSHOTS_PER_DATASET; n++) {
      offsets[n + 1] = offsets[n] + vault.manifestBytes(n);
    }
  }

  /** Makes them with all cores, in a new file. */
  static void make(SyntheticVault vault, Path path) throws IOException {
    try (Manifests made =
        new Manifests(
            vault,
            FileChannel.open(path, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE))) {
      IntStream.range(0, vault.size().datasets()).parallel().forEach(made::write);
    }
  }

  /** Opens those that were made. */
  static Manifests open(SyntheticVault vault, Path path) throws IOException {
    return new Manifests(vault, FileChannel.open(path, StandardOpenOption.READ));
  }

  private void write(int place) {
    for (int n = 0; n < Size.SNAPSHOTS_PER_DATASET; n++) {
      ByteBuffer bytes = ByteBuffer.wrap(vault.manifestAt(place, n));
      if (bytes.remaining() != vault.manifestBytes(n)) {
        throw new IllegalStateException("manifest %d of %d has another size".formatted(n, place));
      }
      try {
        long at = at(place, n);
        while (bytes.hasRemaining()) {
          at += file.write(bytes, at);
        }
      } catch (IOException e) {
        throw new UncheckedIOException("cannot keep a manifest", e);
      }
    }
  }

  private long at(int place, int n) {
    return place * offsets[offsets.length - 1] + offsets[n];
  }

  /** A manifest, as it is in every region. */
  byte[] read(int place, int n) {
    ByteBuffer bytes = ByteBuffer.allocate(vault.manifestBytes(n));
    try {
      long from = at(place, n);
      while (bytes.hasRemaining()) {
        if (file.read(bytes, from + bytes.position()) < 0) {
          throw new IllegalStateException("the file of manifests is too short");
        }
      }
      return bytes.array();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read a manifest", e);
    }
  }

  @Override
  public void close() throws IOException {
    file.close();
  }
}
