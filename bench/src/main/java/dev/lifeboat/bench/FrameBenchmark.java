package dev.lifeboat.bench;

import dev.lifeboat.vault.cbor.CborReader;
import dev.lifeboat.vault.pack.FrameEntry;
import dev.lifeboat.vault.pack.FrameOpener;
import dev.lifeboat.vault.pack.PackBuilder;
import dev.lifeboat.vault.pack.PackDirectory;
import dev.lifeboat.vault.pack.PackFormat;
import dev.lifeboat.vault.pack.PackKey;
import dev.lifeboat.vault.seal.Prologue;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** Frames of 1 MiB on their way into a pack and out of it, in MiB of raw bytes a second. */
@State(Scope.Thread)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Fork(1)
@Warmup(iterations = 4, time = 1)
@Measurement(iterations = 5, time = 1)
public class FrameBenchmark {
  private static final int FRAMES = 24;
  private static final int FRAME_BYTES = 1 << 20;

  @Param({"random", "text"})
  public String content = "random";

  private final Packs packs = new Packs();
  private final FrameOpener opener = new FrameOpener();
  private final byte[] opened = new byte[FRAME_BYTES];
  private byte[] raw = new byte[0];
  private byte[] id = new byte[0];
  private int compressedBytes;
  private PackBuilder begun = packs.begin();
  private byte[] pack = new byte[0];
  private PackDirectory directory = new PackDirectory(List.of());
  private PackKey key;

  public FrameBenchmark() {
    PackBuilder empty = packs.begin();
    byte[] bytes = empty.finish().bytes().array();
    key = open(bytes);
  }

  private PackKey open(byte[] bytes) {
    Prologue prologue =
        new Prologue(
            Prologue.Kind.PACK,
            packs.vault,
            packs.tenant.write().id(),
            packs.tenant.write().generation());
    return PackKey.open(
        prologue, Arrays.copyOf(bytes, PackFormat.HEADER_BYTES), packs.tenant.privateKey());
  }

  @Setup
  public void fill() {
    raw = Samples.of(content, FRAME_BYTES);
    id = packs.hasher.hash(raw, 0, raw.length).value().toBytes();
    PackBuilder builder = packs.begin();
    for (int i = 0; i < FRAMES; i++) {
      packs.add(builder, raw, 0, raw.length, id, false);
    }
    var sealed = builder.finish();
    pack = Arrays.copyOf(sealed.bytes().array(), sealed.bytes().limit());
    directory = PackDirectory.decode(new CborReader("directory", sealed.encodedDirectory()));
    key = open(pack);
    compressedBytes = packs.codec.compress(raw, 0, raw.length);
  }

  @Setup(Level.Invocation)
  public void begin() {
    begun = packs.begin();
  }

  @TearDown
  public void close() {
    opener.close();
    packs.codec.close();
  }

  @Benchmark
  public int compress() {
    return packs.codec.compress(raw, 0, raw.length);
  }

  @Benchmark
  @OperationsPerInvocation(FRAMES)
  public boolean seal() {
    return sealAll(false);
  }

  @Benchmark
  @OperationsPerInvocation(FRAMES)
  public boolean sealAndCheck() {
    return sealAll(true);
  }

  private boolean sealAll(boolean check) {
    boolean room = true;
    for (int i = 0; i < FRAMES; i++) {
      room &= packs.seal(begun, raw, 0, raw.length, id, compressedBytes, check);
    }
    return room;
  }

  @Benchmark
  @OperationsPerInvocation(FRAMES)
  public boolean open() {
    boolean sound = true;
    long at = PackFormat.HEADER_BYTES;
    for (int i = 0; i < FRAMES; i++) {
      FrameEntry entry = directory.frames().get(i);
      sound &= key.open(opener, packs.hasher, i, entry, pack, (int) at, opened, 0);
      at += entry.sealedBytes();
    }
    if (!sound) {
      throw new IllegalStateException("a frame did not open");
    }
    return sound;
  }
}
