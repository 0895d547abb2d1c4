package dev.lifeboat.vault.index;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lifeboat.vault.Digest;
import dev.lifeboat.vault.index.IndexFixture.Pack;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SegmentStoreTest {
  @TempDir Path directory;

  private static void merge(SegmentStore store) {
    store.merge(IndexFixture.open(store), SegmentStoreTest::all, IndexFixture.KEY);
  }

  private static BitSet all(Segment segment) {
    BitSet all = new BitSet();
    all.set(0, segment.objects());
    return all;
  }

  private List<String> files() throws IOException {
    try (var files = Files.list(directory)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }

  private static Path file(Segment segment) {
    Path file = segment.file();
    if (file == null) {
      throw new AssertionError(segment + " is in no file");
    }
    return file;
  }

  @Test
  void merge_manySegments_keepsEveryAnswer() throws IOException {
    SegmentStore store = IndexFixture.store(directory);
    List<Pack> packs = new ArrayList<>();
    for (int night = 0; night < 40; night++) {
      List<Pack> more = IndexFixture.packs(night, 1 + night % 7);
      packs.addAll(more);
      store.add(IndexFixture.fresh(more), IndexFixture.KEY);
      if (night % 3 == 0) {
        merge(store);
        assertThat(IndexFixture.open(store)).hasSize(1);
      }
      SegmentTest.assertAnswers(IndexFixture.open(store), packs);
    }
    merge(store);
    assertThat(IndexFixture.open(store)).hasSize(1);
    SegmentTest.assertAnswers(IndexFixture.open(store), packs);
    // And for whoever comes later.
    SegmentTest.assertAnswers(IndexFixture.open(IndexFixture.store(directory)), packs);
    assertThat(files()).hasSize(4).contains("current", "lock", "merging");
  }

  /** An index object that another one replaces, with packs that both tell of. */
  @Test
  void merge_samePacksTwice_keepsThemOnce() {
    SegmentStore store = IndexFixture.store(directory);
    List<Pack> packs = IndexFixture.packs(1, 20);
    store.add(IndexFixture.fresh(packs), IndexFixture.KEY);
    List<Pack> again =
        packs.stream()
            .map(
                pack -> new Pack(pack.id(), pack.bytes(), new Digest(1, 1, 1, 1), pack.directory()))
            .toList();
    store.add(IndexFixture.fresh(again), IndexFixture.KEY);
    merge(store);
    Segment merged = IndexFixture.open(store).getFirst();
    assertThat(merged.packs()).isEqualTo(20);
    SegmentTest.assertAnswers(List.of(merged), packs);
  }

  @Test
  void merge_indexObjectsThatAreGone_dropsTheirPacks() {
    SegmentStore store = IndexFixture.store(directory);
    List<Pack> packs = IndexFixture.packs(2, 60);
    store.add(IndexFixture.fresh(packs), IndexFixture.KEY);
    Segment before = IndexFixture.open(store).getFirst();
    BitSet kept = new BitSet();
    kept.set(0, before.objects() / 3);
    store.merge(List.of(before), _ -> kept, IndexFixture.KEY);
    Segment after = IndexFixture.open(store).getFirst();
    List<Pack> left =
        packs.stream()
            .filter(pack -> before.objectNames().lowerBound(pack.object()) < kept.cardinality())
            .toList();
    assertThat(after.objects()).isEqualTo(kept.cardinality());
    assertThat(after.packs()).isEqualTo(left.size()).isLessThan(packs.size());
    SegmentTest.assertAnswers(List.of(after), left);
  }

  @Test
  void merge_sourceDamaged_dropsItAndKeepsTheOthers() throws IOException {
    SegmentStore store = IndexFixture.store(directory);
    List<Pack> good = IndexFixture.packs(3, 20);
    store.add(IndexFixture.fresh(good), IndexFixture.KEY);
    Segment sound = IndexFixture.open(store).getFirst();
    store.add(IndexFixture.fresh(IndexFixture.packs(4, 20)), IndexFixture.KEY);
    Segment bad =
        IndexFixture.open(store).stream().filter(one -> one != sound).findFirst().orElseThrow();
    flip(file(bad), Files.size(file(bad)) / 2);
    merge(store);
    assertThat(IndexFixture.open(store)).containsExactly(sound);
    SegmentTest.assertAnswers(IndexFixture.open(store), good);
  }

  private static void flip(Path file, long place) throws IOException {
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      ByteBuffer one = ByteBuffer.allocate(1);
      channel.read(one, place);
      one.put(0, (byte) (one.get(0) ^ 4)).clear();
      channel.write(one, place);
    }
  }

  @Test
  void open_damagedSegment_isDroppedForAll() throws IOException {
    SegmentStore store = IndexFixture.store(directory);
    store.add(IndexFixture.fresh(IndexFixture.packs(5, 9)), IndexFixture.KEY);
    flip(file(IndexFixture.open(store).getFirst()), 200);
    assertThat(IndexFixture.open(IndexFixture.store(directory))).isEmpty();
    assertThat(files()).containsExactly("current", "lock");
  }

  @Test
  void open_fileGone_isDropped() throws IOException {
    SegmentStore store = IndexFixture.store(directory);
    store.add(IndexFixture.fresh(IndexFixture.packs(6, 9)), IndexFixture.KEY);
    Segment open = IndexFixture.open(store).getFirst();
    Files.delete(file(open));
    assertThat(IndexFixture.open(IndexFixture.store(directory))).isEmpty();
    // What is mapped stays.
    SegmentTest.assertAnswers(List.of(open), IndexFixture.packs(6, 9));
  }

  @Test
  void open_keysOfAnotherGeneration_leavesTheSegmentAlone() {
    SegmentStore store = IndexFixture.store(directory);
    store.add(IndexFixture.fresh(IndexFixture.packs(7, 9)), IndexFixture.KEY);
    assertThat(IndexFixture.store(directory).open(_ -> null)).isEmpty();
    assertThat(IndexFixture.open(IndexFixture.store(directory))).hasSize(1);
  }

  /** Killed behind the rename of a segment and before it was in the list, and while writing one. */
  @Test
  void add_leftoversOfAKilledProcess_areRemovedAndHarmless() throws IOException {
    SegmentStore store = IndexFixture.store(directory);
    List<Pack> packs = IndexFixture.packs(8, 9);
    store.add(IndexFixture.fresh(packs), IndexFixture.KEY);
    Path whole = file(IndexFixture.open(store).getFirst());
    Path unlisted = directory.resolve("0123456789abcdef0123456789abcdef.segment");
    Files.copy(whole, unlisted);
    Files.write(directory.resolve("new-1.tmp"), new byte[1000]);
    Path writing = directory.resolve("new-2.tmp");
    SegmentTest.assertAnswers(IndexFixture.open(IndexFixture.store(directory)), packs);
    try (FileChannel busy =
        FileChannel.open(writing, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      assertThat(busy.lock().isValid()).isTrue();
      List<Pack> more = IndexFixture.packs(9, 4);
      store.add(IndexFixture.fresh(more), IndexFixture.KEY);
      assertThat(files()).doesNotContain(unlisted.getFileName().toString(), "new-1.tmp");
      assertThat(files()).contains("new-2.tmp");
      packs = new ArrayList<>(packs);
      packs.addAll(more);
      SegmentTest.assertAnswers(IndexFixture.open(IndexFixture.store(directory)), packs);
    }
  }

  @Test
  void add_whereNoFileCanBeWritten_staysInMemory() throws IOException {
    Path file = directory.resolve("in-the-way");
    Files.write(file, new byte[1]);
    SegmentStore store = IndexFixture.store(file);
    List<Pack> packs = IndexFixture.packs(10, 30);
    assertThat(store.add(IndexFixture.fresh(packs), IndexFixture.KEY)).isFalse();
    SegmentTest.assertAnswers(IndexFixture.open(store), packs);
    merge(store);
    SegmentTest.assertAnswers(IndexFixture.open(store), packs);
  }

  /**
   * Stores of several processes, as far as one process can have them: each sees all that it added.
   */
  @Test
  void add_bySeveralAtOnce_losesNothing() throws Exception {
    int writers = 4;
    int nights = 12;
    List<Callable<Void>> work = new ArrayList<>();
    for (int writer = 0; writer < writers; writer++) {
      int number = writer;
      work.add(() -> {
        SegmentStore own = IndexFixture.store(directory);
        List<Pack> added = new ArrayList<>();
        for (int night = 0; night < nights; night++) {
          List<Pack> more = IndexFixture.packs(100 * number + night, 3);
          added.addAll(more);
          assertThat(own.add(IndexFixture.fresh(more), IndexFixture.KEY)).isTrue();
          SegmentTest.assertAnswers(IndexFixture.open(own), added);
          merge(own);
          SegmentTest.assertAnswers(IndexFixture.open(own), added);
        }
        return null;
      });
    }
    try (ExecutorService threads = Executors.newFixedThreadPool(writers)) {
      for (Future<Void> done : threads.invokeAll(work)) {
        done.get();
      }
    }
    SegmentStore last = IndexFixture.store(directory);
    merge(last);
    Segment merged = IndexFixture.open(last).getFirst();
    assertThat(merged.packs()).isEqualTo(writers * nights * 3);
    assertThat(files()).containsExactlyInAnyOrder("current", "lock", "merging", merged.name());
  }

  @Test
  void find_manyThreads_allSeeTheSame() throws Exception {
    List<Pack> packs = IndexFixture.packs(11, 200);
    Map<Digest, List<ChunkLocation>> model = IndexFixture.model(packs);
    SegmentStore store = IndexFixture.store(directory);
    store.add(IndexFixture.fresh(packs), IndexFixture.KEY);
    TenantIndex index = new SelectedIndex(IndexFixture.all(IndexFixture.open(store)));
    try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
      List<Future<?>> running = new ArrayList<>();
      for (int thread = 0; thread < 4; thread++) {
        running.add(
            threads.submit(() ->
                model.forEach((id, locations) ->
                    assertThat(locations)
                        .contains(index.locate(index.find(IndexFixture.chunk(id)))))));
      }
      for (Future<?> done : running) {
        done.get();
      }
    }
  }

  /** A pack that the disk damaged is told of once, and another copy takes its place. */
  @Test
  void selection_packDamaged_isReplacedForAllThreads() throws Exception {
    List<Pack> packs = IndexFixture.packs(12, 1);
    SegmentStore store = IndexFixture.store(directory);
    store.add(IndexFixture.fresh(packs), IndexFixture.KEY);
    Segment segment = IndexFixture.open(store).getFirst();
    SegmentLayout layout =
        new SegmentLayout(segment.objects(), segment.packs(), segment.frames(), segment.chunks());
    // The length of the last chunk: everything is found as before.
    flip(file(segment), layout.framesAt() - 3);
    AtomicInteger told = new AtomicInteger();
    Selection[] selection = new Selection[1];
    selection[0] =
        new Selection(
            List.of(segment),
            (_, _) -> {
              told.incrementAndGet();
              selection[0].append(
                  SegmentStore.inMemory(IndexFixture.fresh(packs), IndexFixture.KEY), true);
            });
    selection[0].select(0, 0);
    TenantIndex index = new SelectedIndex(selection[0]);
    Map<Digest, List<ChunkLocation>> model = IndexFixture.model(packs);
    try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
      List<Future<?>> running = new ArrayList<>();
      for (int thread = 0; thread < 4; thread++) {
        running.add(
            threads.submit(() ->
                model.forEach((id, locations) ->
                    assertThat(locations)
                        .contains(index.locate(index.find(IndexFixture.chunk(id)))))));
      }
      for (Future<?> done : running) {
        done.get();
      }
    }
    assertThat(told).hasValue(1);
  }

  /** Sizes of segments as nights go by; each chunk is copied few times, and segments stay few. */
  @Test
  void plan_manyNights_keepsSegmentsFewAndCopiesFew() {
    Random random = new Random(13);
    List<Segment> segments = new ArrayList<>();
    long added = 0;
    long copied = 0;
    for (int night = 0; night < 120; night++) {
      Segment more =
          SegmentStore.inMemory(
              IndexFixture.fresh(IndexFixture.packs(random.nextLong(), 1 + random.nextInt(4))),
              IndexFixture.KEY);
      added += more.chunks();
      segments.add(more);
      while (true) {
        List<SegmentMerge.Source> group =
            MergePlan.next(segments.stream().map(SegmentMerge.Source::whole).toList(), 64);
        if (group.isEmpty()) {
          break;
        }
        SegmentMerge merge = new SegmentMerge(group);
        SegmentOutput.InMemory out = new SegmentOutput.InMemory();
        try {
          SegmentWriter.write(out, IndexFixture.KEY, merge.objects(), merge.packs(), null);
        } catch (IOException e) {
          throw new AssertionError(e);
        }
        Segment merged = Segment.inMemory(out.written(), IndexFixture.KEY);
        copied += merged.chunks();
        group.forEach(source -> segments.remove(source.segment()));
        segments.add(merged);
      }
      assertThat(segments.size()).isLessThanOrEqualTo(8);
    }
    assertThat(segments.stream().mapToLong(Segment::chunks).sum()).isEqualTo(added);
    assertThat(copied).isLessThan(8 * added);
  }
}
