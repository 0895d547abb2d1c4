package dev.lifeboat.vault.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lifeboat.vault.VaultException;
import dev.lifeboat.vault.pack.PackFormat;
import dev.lifeboat.vault.pack.PackId;
import dev.lifeboat.vault.region.ObjectKey;
import dev.lifeboat.vault.region.RegionException;
import dev.lifeboat.vault.snapshot.FrameSink;
import dev.lifeboat.vault.snapshot.OpenedFrame;
import dev.lifeboat.vault.snapshot.PackFrames;
import dev.lifeboat.vault.snapshot.PackReference;
import dev.lifeboat.vault.tree.Content;
import dev.lifeboat.vault.tree.Node;
import java.io.IOException;
import java.io.InputStream;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class FramePumpTest {
  private static final int THREADS = 3;

  private final VaultFixture fixture =
      VaultFixture.inMemory().with(EngineSettings.DEFAULT.withPackBytes(4 << 20));
  private final Map<String, byte[]> files = new LinkedHashMap<>();
  private Vault vault = fixture.open();
  private List<PackReference> packs = List.of();

  @BeforeEach
  void oneNight() {
    for (int i = 0; i < 12; i++) {
      files.put("large" + i, VaultFixture.bytes(i, 1 << 20));
    }
    for (int i = 0; i < 40; i++) {
      files.put("small" + i, VaultFixture.bytes(100 + i, 20_000));
    }
    packs = List.copyOf(fixture.references(fixture.night(vault, files).snapshot()));
    vault = fixture.open();
    assertThat(packs).hasSizeGreaterThan(2);
  }

  @AfterEach
  void close() {
    fixture.close();
  }

  /** Counts, and finds every frame to be what its directory says. */
  private static class Counting implements FrameSink {
    final Set<String> frames = ConcurrentHashMap.newKeySet();
    final Set<String> damaged = ConcurrentHashMap.newKeySet();
    final AtomicInteger opened = new AtomicInteger();

    @Override
    public void opened(PackId pack, int frame, OpenedFrame opened) {
      assertThat(opened.isSound()).isTrue();
      this.opened.incrementAndGet();
      frames.add(pack + "/" + frame);
    }

    @Override
    public void damaged(PackId pack, int frame, VaultException.Damaged why) {
      assertThat(why.getMessage()).contains(pack.toString()).contains("frame " + frame);
      damaged.add(pack + "/" + frame);
    }
  }

  @Test
  void read_everything_fetchesEveryByteOnceInFewRequests() throws Exception {
    try (StoredSnapshot snapshot = snapshot()) {
      long bytesBefore = fixture.region(0).readBytes();
      long readsBefore = fixture.region(0).reads();
      Counting sink = new Counting();

      snapshot.read(all(), THREADS, sink);

      long live = packs.stream().mapToLong(pack -> pack.live().cardinality()).sum();
      assertThat(sink.frames).hasSize((int) live);
      assertThat(sink.opened).hasValue((int) live);
      assertThat(sink.damaged).isEmpty();
      long packBytes = packs.stream().mapToLong(PackReference::bytes).sum();
      assertThat(fixture.region(0).readBytes() - bytesBefore).isLessThanOrEqualTo(packBytes);
      assertThat(fixture.region(0).reads() - readsBefore)
          .isLessThanOrEqualTo(2L * packs.size() + 2 * packBytes / FramePump.RANGE_BYTES);
      assertThat(fixture.region(1).reads()).isZero();
    }
  }

  @Test
  void read_unwantedFrames_areNotFetched() throws Exception {
    try (StoredSnapshot snapshot = snapshot()) {
      long before = fixture.region(0).reads();

      snapshot.read(
          all(),
          THREADS,
          new Counting() {
            @Override
            public boolean wants(PackId pack, int frame) {
              return false;
            }
          });

      assertThat(fixture.region(0).reads()).isEqualTo(before);
    }
  }

  @Test
  void read_onePackDamagedInOneRegion_comesFromTheOther() throws Exception {
    damage(0, packs.getFirst(), PackFormat.HEADER_BYTES + 1000);
    Counting sink = new Counting();

    try (StoredSnapshot snapshot = snapshot()) {
      snapshot.read(all(), THREADS, sink);
    }

    assertThat(sink.damaged).isEmpty();
    assertThat(sink.frames).hasSize(live());
    assertThat(fixture.region(1).reads()).isPositive();
  }

  @Test
  void read_differentFramesDamagedInEachRegion_allComeBack() throws Exception {
    damage(0, packs.getFirst(), PackFormat.HEADER_BYTES + 1000);
    damage(1, packs.getFirst(), (int) packs.getFirst().bytes() / 2);
    Counting sink = new Counting();

    try (StoredSnapshot snapshot = snapshot()) {
      snapshot.read(all(), THREADS, sink);
    }

    assertThat(sink.damaged).isEmpty();
    assertThat(sink.frames).hasSize(live());
  }

  @Test
  void read_frameDamagedEverywhere_isToldAndCostsNoOther() throws Exception {
    damage(0, packs.getFirst(), PackFormat.HEADER_BYTES + 1000);
    damage(1, packs.getFirst(), PackFormat.HEADER_BYTES + 1000);
    Counting sink = new Counting();

    try (StoredSnapshot snapshot = snapshot()) {
      snapshot.read(all(), THREADS, sink);
    }

    assertThat(sink.damaged).containsExactly(packs.getFirst().pack() + "/0");
    assertThat(sink.frames).hasSize(live() - 1);
  }

  @Test
  void read_headerDamagedEverywhere_costsThatPackOnly() throws Exception {
    damage(0, packs.getFirst(), 100);
    damage(1, packs.getFirst(), 100);
    AtomicInteger damaged = new AtomicInteger();
    AtomicInteger opened = new AtomicInteger();

    try (StoredSnapshot snapshot = snapshot()) {
      snapshot.read(
          all(),
          THREADS,
          new FrameSink() {
            @Override
            public void opened(PackId pack, int frame, OpenedFrame frameOpened) {
              opened.incrementAndGet();
            }

            @Override
            public void damaged(PackId pack, int frame, VaultException.Damaged why) {
              assertThat(pack).isEqualTo(packs.getFirst().pack());
              damaged.incrementAndGet();
            }
          });
    }

    int first = packs.getFirst().live().cardinality();
    assertThat(damaged).hasValue(first);
    assertThat(opened).hasValue(live() - first);
  }

  @Test
  void read_regionGoesDownHalfWay_comesFromTheOther() throws Exception {
    Counting sink =
        new Counting() {
          @Override
          public void opened(PackId pack, int frame, OpenedFrame opened) {
            super.opened(pack, frame, opened);
            fixture.region(0).down();
          }
        };

    try (StoredSnapshot snapshot = snapshot()) {
      snapshot.read(all(), THREADS, sink);
    }

    assertThat(sink.frames).hasSize(live());
  }

  @Test
  void read_allRegionsGoDown_endsWithTheReason() {
    Counting sink =
        new Counting() {
          @Override
          public void opened(PackId pack, int frame, OpenedFrame opened) {
            fixture.region(0).down();
            fixture.region(1).down();
          }
        };

    try (StoredSnapshot snapshot = snapshot()) {
      assertThatThrownBy(() -> snapshot.pump(2 << 20, all(), sink).run(1))
          .isInstanceOf(VaultException.Unreachable.class);
    }
  }

  @Test
  void read_sinkFails_endsWithItsReason() {
    try (StoredSnapshot snapshot = snapshot()) {
      assertThatThrownBy(() ->
              snapshot.read(
                  all(),
                  THREADS,
                  new Counting() {
                    @Override
                    public void opened(PackId pack, int frame, OpenedFrame opened) {
                      throw new IllegalArgumentException("the disk is full");
                    }
                  }))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("the disk is full");
    }
  }

  /** A sink that stands still: fetching goes on to the budget and no further. */
  @Test
  void read_slowSink_fetchesNoMoreThanTheBudget() throws Exception {
    int budget = 3 << 20;
    CountDownLatch goOn = new CountDownLatch(1);
    AtomicInteger entered = new AtomicInteger();
    Counting sink =
        new Counting() {
          @Override
          public void opened(PackId pack, int frame, OpenedFrame opened) {
            entered.incrementAndGet();
            try {
              goOn.await();
            } catch (InterruptedException e) {
              throw new IllegalStateException(e);
            }
            super.opened(pack, frame, opened);
          }
        };
    try (StoredSnapshot snapshot = snapshot()) {
      long before = fixture.region(0).readBytes();
      FramePump pump = snapshot.pump(budget, all(), sink);
      AtomicReference<Throwable> failure = new AtomicReference<>();
      Thread reading =
          Thread.ofPlatform()
              .start(() -> {
                try {
                  pump.run(2);
                } catch (Throwable e) {
                  failure.set(e);
                }
              });
      while (entered.get() < 2) {
        Thread.sleep(10);
      }
      Thread.sleep(200);
      long headers = (long) packs.size() * PackFormat.HEADER_BYTES;
      assertThat(fixture.region(0).readBytes() - before).isLessThanOrEqualTo(budget + headers);
      goOn.countDown();
      reading.join();

      assertThat(failure).hasValue(null);
      assertThat(sink.frames).hasSize(live());
      assertThat(pump.mostOutstandingBytes()).isPositive().isLessThanOrEqualTo(budget);
    }
  }

  /** Smaller than any range: then there is one at a time, and it comes to an end all the same. */
  @Test
  void read_tinyBudget_stillGetsThrough() throws Exception {
    Counting sink = new Counting();
    try (StoredSnapshot snapshot = snapshot()) {
      snapshot.pump(1, all(), sink).run(THREADS);
    }
    assertThat(sink.frames).hasSize(live());
  }

  @Test
  void read_interrupted_ends() throws Exception {
    CountDownLatch entered = new CountDownLatch(1);
    AtomicReference<Throwable> failure = new AtomicReference<>();
    fixture
        .region(0)
        .hook((operation, what) -> {
          if (operation == HookedRegion.Operation.READ && what.startsWith(ObjectKey.PACKS)) {
            entered.countDown();
            try {
              new CountDownLatch(1).await();
            } catch (InterruptedException e) {
              throw new RegionException.Transient(fixture.region(0).name(), "interrupted", e);
            }
          }
        });
    try (StoredSnapshot snapshot = snapshot()) {
      Thread reading =
          Thread.ofPlatform()
              .start(() -> {
                try {
                  snapshot.read(all(), THREADS, new Counting());
                } catch (Throwable e) {
                  failure.set(e);
                }
              });
      entered.await();
      reading.interrupt();
      reading.join();
    }
    assertThat(failure.get()).isInstanceOf(InterruptedException.class);
  }

  @Test
  void open_longContent_isReadAheadAndFetchedOnce() throws IOException {
    byte[] content = VaultFixture.bytes(77, 40 << 20);
    fixture.night(vault, Map.of("long", content));
    vault = fixture.open();
    try (StoredSnapshot snapshot = snapshot()) {
      Content stored = ((Node.File) snapshot.list(snapshot.root()).getFirst()).content();
      long before = fixture.region(0).readBytes();

      try (InputStream in = snapshot.open(stored)) {
        assertThat(in.readAllBytes()).isEqualTo(content);
      }

      assertThat(fixture.region(0).readBytes() - before).isLessThan(content.length + (1 << 20));
    }
  }

  private int live() {
    return packs.stream().mapToInt(pack -> pack.live().cardinality()).sum();
  }

  private Iterator<PackFrames> all() {
    return packs.stream()
        .map(pack -> new PackFrames(pack.pack(), pack.live().stream().toArray()))
        .iterator();
  }

  private StoredSnapshot snapshot() {
    return (StoredSnapshot)
        vault.open(vault.snapshots(fixture.tenant().write()).getLast(), fixture.tenant());
  }

  private void damage(int region, PackReference pack, int at) {
    ObjectKey key = ObjectKey.of(pack.pack());
    byte[] bad = Objects.requireNonNull(fixture.objects(region).get(key)).clone();
    bad[at] ^= 1;
    fixture.memory(region).tamper(key, bad);
  }
}
