package dev.lifeboat.bench;

import dev.lifeboat.vault.chunk.ChunkHasher;
import dev.lifeboat.vault.chunk.ChunkId;
import dev.lifeboat.vault.chunk.Chunker;
import dev.lifeboat.vault.chunk.Gear;
import dev.lifeboat.vault.seal.SecretBytes;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** Cutting and naming chunks, in MiB a second; the bytes come from memory, not from a cache. */
@State(Scope.Thread)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class ChunkBenchmark {
  private static final int MEBIBYTES = 64;

  @Param({"random", "text"})
  public String content = "random";

  private byte[] bytes = new byte[0];
  private Chunker chunker = new Chunker(Gear.of(Samples.key()));
  private ChunkHasher hasher = new ChunkHasher(Samples.key());

  @Setup
  public void fill() {
    bytes = Samples.of(content, MEBIBYTES << 20);
    try (SecretBytes key = Samples.key()) {
      chunker = new Chunker(Gear.of(key));
      hasher = new ChunkHasher(key);
    }
  }

  @Benchmark
  @OperationsPerInvocation(MEBIBYTES)
  public int cut() {
    int at = 0;
    int chunks = 0;
    for (int cut = chunker.next(bytes, 0, bytes.length);
        cut > 0;
        cut = chunker.next(bytes, at, bytes.length)) {
      at += cut;
      chunks++;
    }
    chunker.reset();
    return chunks;
  }

  @Benchmark
  @OperationsPerInvocation(MEBIBYTES)
  public ChunkId name512KiB() {
    return name(512 << 10);
  }

  @Benchmark
  @OperationsPerInvocation(MEBIBYTES)
  public ChunkId name4KiB() {
    return name(4 << 10);
  }

  private ChunkId name(int length) {
    ChunkId last = hasher.hash(bytes, 0, length);
    for (int at = length; at < bytes.length; at += length) {
      last = hasher.hash(bytes, at, length);
    }
    return last;
  }
}
