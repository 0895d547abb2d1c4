package dev.lifeboat.vault.index;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lifeboat.vault.Digest;
import dev.lifeboat.vault.index.IndexFixture.Pack;
import dev.lifeboat.vault.pack.FrameEntry;
import dev.lifeboat.vault.pack.PackDirectory;
import dev.lifeboat.vault.pack.PackId;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SegmentTest {
  /** Every answer of a segment against a plain map of the same packs. */
  static void assertAnswers(List<Segment> segments, List<Pack> packs) {
    TenantIndex index = new SelectedIndex(IndexFixture.all(segments));
    Map<Digest, List<ChunkLocation>> model = IndexFixture.model(packs);
    model.forEach((id, locations) -> {
      int chunk = index.find(IndexFixture.chunk(id));
      assertThat(chunk).isNotEqualTo(TenantIndex.NONE);
      ChunkLocation location = index.locate(chunk);
      assertThat(locations).contains(location);
      assertThat(index.bytesOf(chunk)).isEqualTo(location.bytes());
      assertThat(index.frameOf(chunk)).isEqualTo(location.frame());
      assertThat(index.pack(index.packOf(chunk))).isEqualTo(location.pack());
    });
    for (Pack pack : packs) {
      int number = index.find(pack.id());
      assertThat(number).isNotEqualTo(TenantIndex.NONE);
      assertThat(index.pack(number)).isEqualTo(pack.id());
      assertThat(index.packBytes(number)).isEqualTo(pack.bytes());
      List<FrameEntry> frames = pack.directory().frames();
      assertThat(index.frames(number)).isEqualTo(frames.size());
      for (int i = 0; i < frames.size(); i++) {
        FrameEntry frame = index.frame(number, i);
        assertThat(frame.sealedBytes()).isEqualTo(frames.get(i).sealedBytes());
        assertThat(index.sealedBytes(number, i)).isEqualTo(frames.get(i).sealedBytes());
        assertThat(frame.rawBytes()).isEqualTo(frames.get(i).rawBytes());
        assertThat(frame.codec()).isEqualTo(frames.get(i).codec());
        assertThat(frame.chunkBytes()).isEqualTo(frames.get(i).chunkBytes());
        assertThat(index.frameOffset(number, i)).isEqualTo(pack.directory().offset(i));
        for (int c = 0; c < frame.chunks(); c++) {
          assertThat(Arrays.copyOfRange(frame.ids(), c * frame.idBytes(), (c + 1) * 24))
              .isEqualTo(Arrays.copyOf(frames.get(i).id(c).value().toBytes(), 24));
        }
      }
    }
    Random random = new Random(99);
    for (int i = 0; i < 2000; i++) {
      Digest other = IndexFixture.digest(random);
      assertThat(index.find(IndexFixture.chunk(other))).isEqualTo(TenantIndex.NONE);
      assertThat(index.find(new PackId(other))).isEqualTo(TenantIndex.NONE);
    }
    // What agrees in all but one of the bits that are kept is another chunk.
    model.keySet().stream()
        .limit(500)
        .forEach(id -> {
          byte[] bytes = id.toBytes();
          int bit = random.nextInt(8 * FrameEntry.SHORT_ID_BYTES);
          bytes[bit >>> 3] ^= (byte) (1 << (bit & 7));
          assertThat(index.find(IndexFixture.chunk(Digest.read(bytes, 0))))
              .isEqualTo(TenantIndex.NONE);
        });
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 10, 100, 1500})
  void open_whatWasWritten_answersAsAMapDoes(int count, @TempDir Path directory) {
    for (long seed = 0; seed < (count < 100 ? 20 : 2); seed++) {
      List<Pack> packs = IndexFixture.packs(seed * 1000 + count, count);
      SegmentStore store = IndexFixture.store(directory.resolve("s" + seed));
      assertThat(store.add(IndexFixture.fresh(packs), IndexFixture.KEY)).isTrue();
      List<Segment> segments = IndexFixture.open(store);
      assertThat(segments).hasSize(1);
      assertThat(segments.getFirst().objects())
          .isEqualTo((int) packs.stream().map(Pack::object).distinct().count());
      assertAnswers(segments, packs);
      assertAnswers(
          List.of(SegmentStore.inMemory(IndexFixture.fresh(packs), IndexFixture.KEY)), packs);
    }
  }

  @Test
  void open_nothing_knowsNothing(@TempDir Path directory) {
    FreshPacks empty = new FreshPacks();
    empty.cover(new Digest(1, 2, 3, 4));
    SegmentStore store = IndexFixture.store(directory);
    store.add(empty, IndexFixture.KEY);
    List<Segment> segments = IndexFixture.open(store);
    assertThat(segments.getFirst().objects()).isEqualTo(1);
    assertThat(segments.getFirst().object(0)).isEqualTo(new Digest(1, 2, 3, 4));
    assertAnswers(segments, List.of());
  }

  /** The lowest and the highest of everything that is sorted. */
  @Test
  void find_idsAtTheEdges_areFound() {
    Random random = new Random(3);
    List<Digest> ids = new ArrayList<>();
    for (long edge : new long[] {0, -1, Long.MIN_VALUE, Long.MAX_VALUE, 1}) {
      ids.add(new Digest(edge, edge, edge, edge));
      ids.add(new Digest(edge, 0, 0, 0));
      ids.add(new Digest(edge, -1, 7, -1));
    }
    List<Digest> distinct = ids.stream().distinct().toList();
    PackDirectory directory =
        new PackDirectory(
            List.of(
                IndexFixture.frame(random, distinct),
                IndexFixture.frame(random, List.of(IndexFixture.digest(random)))));
    List<Pack> packs = new ArrayList<>();
    for (Digest id : distinct) {
      packs.add(new Pack(new PackId(id), 5, new Digest(0, 0, 0, 0), directory));
    }
    Segment segment = SegmentStore.inMemory(IndexFixture.fresh(packs), IndexFixture.KEY);
    TenantIndex index = new SelectedIndex(IndexFixture.all(List.of(segment)));
    for (Digest id : distinct) {
      int chunk = index.find(IndexFixture.chunk(id));
      assertThat(chunk).isNotEqualTo(TenantIndex.NONE);
      assertThat(index.frame(index.packOf(chunk), 0).chunkBytes()).contains(index.bytesOf(chunk));
      assertThat(index.pack(index.find(new PackId(id)))).isEqualTo(new PackId(id));
    }
  }

  @Test
  void find_chunkInTwoPacks_isFoundInTheOneThatIsSelected() {
    Random random = new Random(4);
    Digest chunk = IndexFixture.digest(random);
    List<Pack> packs = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      packs.add(
          new Pack(
              new PackId(IndexFixture.digest(random)),
              10,
              new Digest(0, 0, 0, 0),
              new PackDirectory(List.of(IndexFixture.frame(random, List.of(chunk))))));
    }
    Segment segment = SegmentStore.inMemory(IndexFixture.fresh(packs), IndexFixture.KEY);
    for (int pack = 0; pack < 3; pack++) {
      Selection selection = new Selection(List.of(segment), (_, _) -> {});
      assertThat(selection.find(IndexFixture.chunk(chunk))).isEqualTo(Selection.NONE);
      selection.select(0, pack);
      long found = selection.find(IndexFixture.chunk(chunk));
      assertThat(segment.packOf(Selection.numberOf(found))).isEqualTo(pack);
    }
  }

  /** The same pack from two index objects, and one id with two lengths, as only an error makes. */
  @Test
  void add_packTwice_isThereOnce() {
    List<Pack> packs = IndexFixture.packs(5, 3);
    Pack first = packs.getFirst();
    List<Pack> twice = new ArrayList<>(packs);
    twice.add(new Pack(first.id(), first.bytes(), new Digest(9, 9, 9, 9), first.directory()));
    twice.add(new Pack(first.id(), 77, new Digest(9, 9, 9, 9), first.directory()));
    Segment segment = SegmentStore.inMemory(IndexFixture.fresh(twice), IndexFixture.KEY);
    assertThat(segment.packs()).isEqualTo(4);
    int right = segment.indexOf(first.id(), first.bytes());
    assertThat(segment.packBytes(right)).isEqualTo(first.bytes());
    assertThat(segment.packBytes(segment.indexOf(first.id(), 77))).isEqualTo(77);
    assertThat(segment.indexOf(first.id(), 78)).isEqualTo(Segment.NONE);
  }

  /** Sorting by way of the scratch file gives the same bytes as sorting in memory. */
  @Test
  void lookup_sortedInParts_isTheSame(@TempDir Path directory) throws IOException {
    Random random = new Random(6);
    SegmentLayout layout = new SegmentLayout(0, 1, 1, 50_000);
    List<ByteBuffer> made = new ArrayList<>();
    try (FileChannel scratch =
        FileChannel.open(
            directory.resolve("scratch"),
            StandardOpenOption.CREATE,
            StandardOpenOption.READ,
            StandardOpenOption.WRITE)) {
      long[] leading = random.longs(50_000).toArray();
      for (int parts : new int[] {50_000, 4000, 700}) {
        SegmentOutput.InMemory out = new SegmentOutput.InMemory();
        LookupBuilder builder = new LookupBuilder(layout, scratch, parts, parts);
        for (int i = 0; i < leading.length; i++) {
          builder.add(leading[i], (int) leading[i], i);
        }
        builder.finish(out);
        made.add(out.written());
      }
    }
    assertThat(made.get(1)).isEqualTo(made.get(0));
    assertThat(made.get(2)).isEqualTo(made.get(0));
  }

  /** One byte at a time, anywhere: what is found is right, and is refused rather than wrong. */
  @Test
  void open_anyByteFlipped_neverAnswersWrongly(@TempDir Path directory) throws IOException {
    List<Pack> packs = IndexFixture.packs(8, 12);
    SegmentStore store = IndexFixture.store(directory);
    store.add(IndexFixture.fresh(packs), IndexFixture.KEY);
    Path file = IndexFixture.open(store).getFirst().file();
    assertThat(file).isNotNull();
    byte[] whole = Files.readAllBytes(file);
    Map<Digest, List<ChunkLocation>> model = IndexFixture.model(packs);
    SegmentLayout layout = layout(whole);
    Random random = new Random(9);
    TreeSet<Integer> places = new TreeSet<>();
    for (int i = 0; i < 300; i++) {
      places.add(random.nextInt(whole.length));
    }
    for (int i = 0; i < SegmentLayout.HEADER_BYTES; i++) {
      places.add(i);
    }
    int refused = 0;
    int missed = 0;
    Path bad = directory.resolve("bad");
    for (int place : places) {
      byte[] flipped = whole.clone();
      flipped[place] ^= (byte) (1 << random.nextInt(8));
      Files.write(bad, flipped);
      Segment segment = open(bad);
      assertThat(segment == null).as("byte %d", place).isEqualTo(place < layout.headEnd());
      if (segment == null) {
        refused++;
        continue;
      }
      Selection selection = new Selection(List.of(), (_, _) -> {});
      selection.append(segment, true);
      TenantIndex index = new SelectedIndex(selection);
      for (Map.Entry<Digest, List<ChunkLocation>> chunk : model.entrySet()) {
        int found = index.find(IndexFixture.chunk(chunk.getKey()));
        if (found == TenantIndex.NONE) {
          missed++;
        } else {
          assertThat(chunk.getValue()).contains(index.locate(found));
        }
      }
    }
    assertThat(refused).isPositive();
    assertThat(missed).isPositive();
  }

  @Test
  void open_cutOffOrForeign_isAsGoodAsAbsent(@TempDir Path directory) throws IOException {
    SegmentStore store = IndexFixture.store(directory);
    store.add(IndexFixture.fresh(IndexFixture.packs(10, 5)), IndexFixture.KEY);
    Path file = IndexFixture.open(store).getFirst().file();
    assertThat(file).isNotNull();
    byte[] whole = Files.readAllBytes(file);
    Path bad = directory.resolve("bad");
    for (int length : new int[] {0, 1, 127, 128, 300, whole.length - 1, whole.length + 1}) {
      Files.write(bad, Arrays.copyOf(whole, length));
      assertThat(open(bad)).as("%d bytes", length).isNull();
    }
    byte[] other = whole.clone();
    other[8] ^= 1;
    Files.write(bad, other);
    assertThat(open(bad)).isNull();
    Files.write(bad, whole);
    assertThat(open(bad)).isNotNull();
  }

  private static @Nullable Segment open(Path file) throws IOException {
    return Segment.open(file, IndexFixture.VAULT, IndexFixture.TENANT, _ -> IndexFixture.KEY);
  }

  private static SegmentLayout layout(byte[] segment) {
    ByteBuffer header = ByteBuffer.wrap(segment).order(ByteOrder.LITTLE_ENDIAN);
    return new SegmentLayout(
        header.getInt(44), header.getInt(48), header.getInt(52), header.getInt(56));
  }
}
