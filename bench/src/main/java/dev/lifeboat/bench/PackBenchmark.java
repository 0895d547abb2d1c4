package dev.lifeboat.bench;

import dev.lifeboat.vault.pack.PackBuilder;
import dev.lifeboat.vault.pack.PackDirectory;
import dev.lifeboat.vault.pack.PackFormat;
import dev.lifeboat.vault.pack.SealedPack;
import java.util.Arrays;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** Beginning, finishing and reading the directory of a pack of 32 MiB, in packs a second. */
@State(Scope.Thread)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class PackBenchmark {
  private static final int FRAME_BYTES = 256 << 10;

  private final Packs packs = new Packs();
  private final byte[] raw = Samples.random(FRAME_BYTES);
  private final byte[] id = packs.hasher.hash(raw, 0, raw.length).value().toBytes();
  private PackBuilder full = packs.begin();
  private SealedPack sealed = full.finish();
  private byte[] bytes = new byte[0];
  private byte[] headerHash = new byte[0];

  @Setup
  public void fill() {
    fillOne();
    sealed = full.finish();
    bytes = Arrays.copyOf(sealed.bytes().array(), sealed.bytes().limit());
    headerHash = PackFormat.headerHash(Arrays.copyOf(bytes, PackFormat.HEADER_BYTES));
  }

  @Setup(Level.Invocation)
  public void fillOne() {
    full = packs.begin();
    while (packs.seal(full, raw, 0, raw.length, id, -1, false)) {
      // Until there is no room.
    }
  }

  @TearDown
  public void close() {
    packs.codec.close();
  }

  /** Key exchange and header. */
  @Benchmark
  public PackBuilder begin() {
    return packs.begin();
  }

  /** Footer, and the hash of the whole pack. */
  @Benchmark
  public SealedPack finish() {
    return full.finish();
  }

  @Benchmark
  public PackDirectory openFooter() {
    int length =
        PackFormat.footerBytes(
            Arrays.copyOfRange(bytes, bytes.length - PackFormat.TRAILER_BYTES, bytes.length),
            bytes.length);
    return Objects.requireNonNull(
        PackFormat.openFooter(
            sealed.id(),
            packs.tenant.write().indexKey().exposeSecret(),
            headerHash,
            bytes,
            bytes.length - PackFormat.TRAILER_BYTES - length,
            length,
            bytes.length));
  }
}
