package dev.lifeboat.bench;

import dev.lifeboat.vault.chunk.ChunkId;
import dev.lifeboat.vault.tree.Attributes;
import dev.lifeboat.vault.tree.Content;
import dev.lifeboat.vault.tree.Name;
import dev.lifeboat.vault.tree.Node;
import dev.lifeboat.vault.tree.TreeCodec;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** A directory of 1,000 files as bytes, and the way back, in entries a second. */
@State(Scope.Thread)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class TreeBenchmark {
  private static final int ENTRIES = 1000;

  private final List<Node> nodes = nodes();
  private final byte[] encoded = TreeCodec.encode(nodes);

  private static List<Node> nodes() {
    byte[] ids = Samples.random(ENTRIES * 32);
    List<Node> nodes = new ArrayList<>();
    for (int i = 0; i < ENTRIES; i++) {
      Attributes attributes =
          new Attributes(0644, 1000, 1000, "user", "users", 1_790_000_000L + i, i, List.of());
      Content content = new Content(10_000 + i, 0, List.of(ChunkId.read(ids, i * 32)));
      Name name = Name.of("file-%05d.txt".formatted(i));
      nodes.add(new Node.File(name, attributes, content.bytes(), content, null, null));
    }
    return nodes;
  }

  @Benchmark
  @OperationsPerInvocation(ENTRIES)
  public byte[] encode() {
    return TreeCodec.encode(nodes);
  }

  @Benchmark
  @OperationsPerInvocation(ENTRIES)
  public List<Node> decode() {
    return TreeCodec.decode("a directory", encoded);
  }
}
