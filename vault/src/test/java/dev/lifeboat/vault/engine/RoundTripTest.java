package dev.lifeboat.vault.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lifeboat.vault.VaultException;
import dev.lifeboat.vault.chunk.ChunkId;
import dev.lifeboat.vault.index.ChunkLocation;
import dev.lifeboat.vault.pack.PackId;
import dev.lifeboat.vault.seal.DatasetName;
import dev.lifeboat.vault.snapshot.PackReference;
import dev.lifeboat.vault.snapshot.Problem;
import dev.lifeboat.vault.snapshot.SnapshotRecord;
import dev.lifeboat.vault.snapshot.SnapshotView;
import dev.lifeboat.vault.tree.Content;
import dev.lifeboat.vault.tree.Node;
import dev.lifeboat.vault.tree.TreePath;
import java.io.ByteArrayInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RoundTripTest {
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void commit_anyFiles_comeBackAsTheyWere(long seed) throws IOException {
    Random random = new Random(seed);
    Map<String, byte[]> files = new LinkedHashMap<>();
    for (int i = 0; i < 200; i++) {
      files.put("small-" + i, compressible(random, random.nextInt(30_000)));
    }
    files.put("empty", new byte[0]);
    files.put("large", VaultFixture.bytes(seed, 9_000_000));
    files.put("zeros", new byte[5_000_000]);
    files.put("text", compressible(random, 3_000_000));
    EngineSettings settings = EngineSettings.DEFAULT.withPackBytes(1 << 20).withPacksPerIndex(2);
    try (VaultFixture fixture = VaultFixture.inMemory().with(settings)) {
      Committed committed = fixture.night(fixture.open(), files);

      assertThat(committed.durable()).isTrue();
      assertThat(committed.missing()).isEmpty();
      Vault vault = fixture.open();
      List<SnapshotRecord> snapshots = vault.snapshots(fixture.tenant().write());
      assertThat(snapshots).containsExactly(committed.snapshot());
      try (SnapshotView view = vault.open(snapshots.getFirst(), fixture.tenant())) {
        assertHolds(view, files);
        assertThat(view.expectations().facts()).containsEntry("files", "" + files.size());
        assertThat(view.problems()).isEmpty();
      }
    }
  }

  @Test
  void store_dribblingStream_cutsTheSameChunks() throws IOException {
    byte[] bytes = VaultFixture.bytes(5, 6_000_000);
    try (VaultFixture fixture = VaultFixture.inMemory()) {
      Vault vault = fixture.open();
      try (SnapshotWriter writer = fixture.begin(vault);
          MeasuringSink measure = new MeasuringSink(fixture.tenant().write())) {
        Content whole = writer.store(new ByteArrayInputStream(bytes));
        Content dribbled = writer.store(dribble(bytes, new Random(5)));

        assertThat(dribbled).isEqualTo(whole);
        assertThat(measure.store(dribble(bytes, new Random(6)))).isEqualTo(whole);
      }
    }
  }

  @Test
  void store_moreChunksThanAnEntryHolds_listsThemDeeper() throws IOException {
    // 70 chunks of 2 MiB: zeros never cut.
    long length = 70L * (2 << 20) + 5;
    try (VaultFixture fixture = VaultFixture.inMemory()) {
      Vault vault = fixture.open();
      Content content;
      Committed committed;
      try (SnapshotWriter writer = fixture.begin(vault);
          MeasuringSink measure = new MeasuringSink(fixture.tenant().write())) {
        content = writer.store(new ByteArrayInputStream(new byte[(int) length]));
        assertThat(measure.store(new ByteArrayInputStream(new byte[(int) length])))
            .isEqualTo(content);
        Content root = writer.storeDirectory(List.of(VaultFixture.file("f", content)));
        committed = writer.commit(fixture.captured(root, 1, length));
      }
      assertThat(content.depth()).isEqualTo(1);
      assertThat(content.chunks()).hasSize(1);
      try (SnapshotView view = vault.open(committed.snapshot(), fixture.tenant());
          InputStream in = view.open(content)) {
        assertThat(view.chunks().flatten(content)).hasSize(71);
        assertThat(in.readAllBytes()).isEqualTo(new byte[(int) length]);
      }
      long before = fixture.region(0).packBytes();
      try (SnapshotWriter writer = fixture.begin(vault)) {
        assertThat(writer.reuse(content)).isTrue();
        Content root = writer.storeDirectory(List.of(VaultFixture.file("f", content)));
        writer.commit(fixture.captured(root, 1, length));
      }
      assertThat(fixture.region(0).packBytes()).isEqualTo(before);
      // Without the cache nobody but a reader knows the ids.
      try (SnapshotWriter writer = fixture.begin(fixture.open())) {
        assertThat(writer.reuse(content)).isFalse();
      }
    }
  }

  @Test
  void commit_sameDataEveryNight_addsNothing() {
    Map<String, byte[]> files = files(20);
    try (VaultFixture fixture = VaultFixture.inMemory()) {
      Vault vault = fixture.open();
      fixture.night(vault, files);
      long first = fixture.region(0).packBytes();
      Committed second = fixture.night(vault, files);
      Committed third = fixture.night(fixture.open(), files);

      assertThat(fixture.region(0).packBytes()).isEqualTo(first);
      assertThat(second.snapshot().header().counts().bytesAdded()).isZero();
      assertThat(second.snapshot().header().sequence()).isEqualTo(2);
      assertThat(third.snapshot().header().sequence()).isEqualTo(3);
      assertThat(third.snapshot().header().previous()).isEqualTo(second.snapshot().digest());
      assertThat(second.snapshot().header().previous())
          .isEqualTo(vault.snapshots(fixture.tenant().write()).getFirst().digest());
    }
  }

  @Test
  void commit_oneChangedFile_refersToTheLiveFramesOnly() {
    EngineSettings settings = EngineSettings.DEFAULT.withPackBytes(1 << 20);
    Map<String, byte[]> files = new LinkedHashMap<>();
    for (int i = 0; i < 8; i++) {
      files.put("f" + i, VaultFixture.bytes(i, 400_000));
    }
    try (VaultFixture fixture = VaultFixture.inMemory().with(settings)) {
      Vault vault = fixture.open();
      fixture.night(vault, files);
      files.keySet().removeIf(name -> !name.equals("f3"));
      Committed committed = fixture.night(vault, files);

      try (SnapshotView view = vault.open(committed.snapshot(), fixture.tenant())) {
        Node.File file = (Node.File) view.find(TreePath.parse("f3")).orElseThrow();
        Collection<PackReference> packs = fixture.references(committed.snapshot());
        for (ChunkId id : file.content().chunks()) {
          ChunkLocation location = view.chunks().locate(id);
          assertThat(packs)
              .filteredOn(pack -> pack.pack().equals(location.pack()))
              .singleElement()
              .satisfies(pack -> assertThat(pack.live().get(location.frame())).isTrue());
        }
        long live = packs.stream().mapToLong(pack -> pack.live().cardinality()).sum();
        // The frames of one file, and that of the new directory.
        assertThat(live).isLessThanOrEqualTo(file.content().chunks().size() + 1L);
      }
    }
  }

  @Test
  void store_sameDataFromManyThreads_isStoredOnce() throws Exception {
    byte[] bytes = VaultFixture.bytes(9, 4_000_000);
    try (VaultFixture fixture = VaultFixture.inMemory();
        ExecutorService threads = Executors.newFixedThreadPool(8)) {
      Vault vault = fixture.open();
      Committed committed;
      try (SnapshotWriter writer = fixture.begin(vault)) {
        List<Future<Content>> stored = new ArrayList<>();
        for (int i = 0; i < 16; i++) {
          stored.add(threads.submit(() -> writer.store(new ByteArrayInputStream(bytes))));
        }
        List<Node> nodes = new ArrayList<>();
        for (int i = 0; i < 16; i++) {
          nodes.add(VaultFixture.file("f" + i, stored.get(i).get()));
        }
        Content root = writer.storeDirectory(nodes);
        committed = writer.commit(fixture.captured(root, 16, 16L * bytes.length));
      }
      assertThat(fixture.region(0).packBytes()).isBetween(4_000_000L, 4_100_000L);
      try (SnapshotView view = vault.open(committed.snapshot(), fixture.tenant())) {
        for (Node node : view.list(view.root())) {
          try (InputStream in = view.open(((Node.File) node).content())) {
            assertThat(in.readAllBytes()).isEqualTo(bytes);
          }
        }
      }
    }
  }

  @Test
  void store_failingStream_leavesTheSessionUsable() throws IOException {
    byte[] bytes = VaultFixture.bytes(9, 4_000_000);
    try (VaultFixture fixture = VaultFixture.inMemory()) {
      Vault vault = fixture.open();
      try (SnapshotWriter writer = fixture.begin(vault)) {
        assertThatThrownBy(() -> writer.store(failing(bytes, 3_000_000)))
            .isInstanceOf(IOException.class)
            .hasMessage("bad sector");
        Content content = writer.store(new ByteArrayInputStream(bytes));
        Content root = writer.storeDirectory(List.of(VaultFixture.file("f", content)));
        Committed committed = writer.commit(fixture.captured(root, 1, bytes.length));
        try (SnapshotView view = vault.open(committed.snapshot(), fixture.tenant());
            InputStream in = view.open(content)) {
          assertThat(in.readAllBytes()).isEqualTo(bytes);
        }
      }
    }
  }

  @Test
  void commit_withProblems_isPartial() {
    try (VaultFixture fixture = VaultFixture.inMemory()) {
      Vault vault = fixture.open();
      Committed committed;
      Problem problem = new Problem("a/b", Problem.Kind.VANISHED, "No such file");
      try (SnapshotWriter writer = fixture.begin(vault)) {
        var captured = fixture.captured(writer.storeDirectory(List.of()), 0, 0);
        committed =
            writer.commit(
                new dev.lifeboat.vault.snapshot.Captured(
                    captured.time(),
                    captured.rootAttributes(),
                    captured.root(),
                    captured.counts(),
                    captured.expectations(),
                    List.of(problem),
                    captured.tools()));
      }
      assertThat(committed.snapshot().header().complete()).isFalse();
      assertThat(committed.snapshot().header().packs()).isZero();
      try (SnapshotView view = vault.open(committed.snapshot(), fixture.tenant())) {
        assertThat(view.problems()).containsExactly(problem);
        assertThat(view.list(view.root())).isEmpty();
      }
    }
  }

  @Test
  void frame_ofAnotherPack_isNotFound() {
    try (VaultFixture fixture = VaultFixture.inMemory()) {
      Vault vault = fixture.open();
      Committed committed = fixture.night(vault, files(1));
      try (SnapshotView view = vault.open(committed.snapshot(), fixture.tenant())) {
        assertThatThrownBy(() -> view.chunks().frame(PackId.parse("00".repeat(32)), 0))
            .isInstanceOf(VaultException.NotFound.class);
        assertThatThrownBy(() -> view.chunks().locate(ChunkId.read(new byte[32], 0)))
            .isInstanceOf(VaultException.Damaged.class)
            .hasMessageContaining("in no index object and no footer");
      }
    }
  }

  @Test
  void open_manySmallFiles_fetchesEachFrameOnce() throws IOException {
    Map<String, byte[]> files = files(300);
    try (VaultFixture fixture = VaultFixture.inMemory()) {
      Committed committed = fixture.night(fixture.open(), files);
      Vault vault = fixture.open();
      try (SnapshotView view = vault.open(committed.snapshot(), fixture.tenant())) {
        long before = fixture.region(0).reads();
        assertHolds(view, files);
        long frames =
            fixture.references(committed.snapshot()).stream()
                .mapToLong(pack -> pack.live().cardinality())
                .sum();
        assertThat(fixture.region(0).reads() - before).isLessThanOrEqualTo(frames + 1);
      }
    }
  }

  @Test
  void snapshots_ofTwoDatasets_areListedOldestFirst() {
    try (VaultFixture fixture = VaultFixture.inMemory()) {
      Vault vault = fixture.open();
      Committed first = fixture.night(vault, files(1));
      Committed second;
      try (SnapshotWriter writer =
          vault.begin(fixture.host(), VaultFixture.TENANT, new DatasetName("other"), "test")) {
        second = writer.commit(fixture.captured(writer, files(1)));
      }
      assertThat(second.snapshot().header().sequence()).isEqualTo(1);
      assertThat(vault.snapshots(fixture.tenant().write()))
          .containsExactly(first.snapshot(), second.snapshot());
    }
  }

  static Map<String, byte[]> files(int count) {
    Map<String, byte[]> files = new LinkedHashMap<>();
    for (int i = 0; i < count; i++) {
      files.put("f" + i, VaultFixture.bytes(i, 20_000 + 7 * i));
    }
    return files;
  }

  static void assertHolds(SnapshotView view, Map<String, byte[]> files) throws IOException {
    List<Node> nodes = view.list(view.root());
    assertThat(nodes).hasSize(files.size());
    for (Node node : nodes) {
      try (InputStream in = view.open(((Node.File) node).content())) {
        assertThat(Arrays.equals(in.readAllBytes(), files.get(node.name().toString())))
            .as(node.name().toString())
            .isTrue();
      }
    }
  }

  private static byte[] compressible(Random random, int length) {
    byte[] bytes = new byte[length];
    for (int i = 0; i < length; i++) {
      bytes[i] = (byte) ('a' + random.nextInt(4));
    }
    return bytes;
  }

  private static InputStream dribble(byte[] bytes, Random random) {
    return new FilterInputStream(new ByteArrayInputStream(bytes)) {
      @Override
      public int read(byte[] target, int offset, int length) throws IOException {
        return super.read(target, offset, Math.min(length, 1 + random.nextInt(100_000)));
      }
    };
  }

  private static InputStream failing(byte[] bytes, int after) {
    return new FilterInputStream(new ByteArrayInputStream(bytes, 0, after)) {
      @Override
      public int read(byte[] target, int offset, int length) throws IOException {
        int read = super.read(target, offset, length);
        if (read < 0) {
          throw new IOException("bad sector");
        }
        return read;
      }
    };
  }
}
