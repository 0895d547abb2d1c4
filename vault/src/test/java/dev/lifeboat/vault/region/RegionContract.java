package dev.lifeboat.vault.region;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What every region keeps to. An implementation inherits it and says how to make an empty one. */
public abstract class RegionContract {
  private static final ObjectKey KEY = new ObjectKey("packs/ab/one");

  private Region region;

  /** A fresh, empty region. */
  protected abstract Region create() throws Exception;

  /** Another instance over the same objects, as another process would open it; or the same one. */
  protected abstract Region openAgain(Region first) throws Exception;

  /** How many bytes the large object of the contract has. */
  protected int largeObjectBytes() {
    return 48 << 20;
  }

  /** Whether a listing tells the right length of objects that come and go meanwhile. */
  protected boolean listsLengthsWhileOthersWrite() {
    return true;
  }

  @BeforeEach
  final void createRegion() throws Exception {
    region = create();
  }

  @AfterEach
  final void closeRegion() {
    region.close();
  }

  protected final Region region() {
    return region;
  }

  @Test
  void put_newKey_isReadStatedAndListed() throws Exception {
    Instant before = region.now();
    assertThat(region.put(KEY, bytes("hello"))).isTrue();

    assertThat(region.read(KEY)).isEqualTo("hello".getBytes(StandardCharsets.UTF_8));
    ObjectInfo info = region.stat(KEY).orElseThrow();
    assertThat(info.key()).isEqualTo(KEY);
    assertThat(info.bytes()).isEqualTo(5);
    // Clocks of file systems tick in steps of their own, up to 2 s on FAT.
    assertThat(info.modified())
        .isBetween(before.minusSeconds(2), region.now().plus(Duration.ofSeconds(2)));
    assertThat(list("")).containsExactly(info);
  }

  @Test
  void put_sameLengthAgain_keepsTheFirst() throws Exception {
    assertThat(region.put(KEY, bytes("first"))).isTrue();
    assertThat(region.put(KEY, bytes("other"))).isFalse();
    assertThat(region.read(KEY)).isEqualTo("first".getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void put_otherLength_isAConflictAndChangesNothing() throws Exception {
    region.put(KEY, bytes("first"));
    assertThatThrownBy(() -> region.put(KEY, bytes("longer than the first")))
        .isInstanceOf(RegionException.Conflict.class)
        .hasMessageContaining(KEY.value())
        .hasMessageContaining("5 bytes");
    assertThatThrownBy(() -> region.put(KEY, bytes("")))
        .isInstanceOf(RegionException.Conflict.class);
    assertThat(region.read(KEY)).isEqualTo("first".getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void put_partOfABuffer_storesThatPartAndLeavesTheBufferAlone() throws Exception {
    ByteBuffer buffer = ByteBuffer.wrap("..middle..".getBytes(StandardCharsets.UTF_8), 2, 6);
    assertThat(region.put(KEY, buffer)).isTrue();
    assertThat(region.put(KEY, buffer)).isFalse();
    assertThat(buffer.position()).isEqualTo(2);
    assertThat(buffer.limit()).isEqualTo(8);
    assertThat(region.read(KEY)).isEqualTo("middle".getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void put_directAndReadOnlyBuffers_areStored() throws Exception {
    ByteBuffer direct = ByteBuffer.allocateDirect(3).put(new byte[] {1, 2, 3}).flip();
    region.put(KEY, direct);
    region.put(key("packs/ab/two"), ByteBuffer.wrap(new byte[] {4, 5}).asReadOnlyBuffer());
    assertThat(region.read(KEY)).containsExactly(1, 2, 3);
    assertThat(region.read(key("packs/ab/two"))).containsExactly(4, 5);
  }

  @Test
  void put_emptyObject_isThere() throws Exception {
    assertThat(region.put(KEY, bytes(""))).isTrue();
    assertThat(region.put(KEY, bytes(""))).isFalse();
    assertThat(region.read(KEY)).isEmpty();
    assertThat(region.read(KEY, 0, 0)).isEmpty();
    assertThat(region.stat(KEY).orElseThrow().bytes()).isZero();
  }

  @Test
  void put_largeObject_comesBackWholeAndInParts() throws Exception {
    byte[] large = new byte[largeObjectBytes()];
    new Random(1).nextBytes(large);
    region.put(KEY, ByteBuffer.wrap(large));
    assertThat(Arrays.equals(region.read(KEY), large)).isTrue();
    int middle = large.length / 2;
    assertThat(region.read(KEY, middle, 1000))
        .isEqualTo(Arrays.copyOfRange(large, middle, middle + 1000));
    assertThat(region.read(KEY, large.length - 1L, 1)).containsExactly(large[large.length - 1]);
  }

  @Test
  void read_absent_isMissing() {
    for (String key : List.of("packs/ab/none", "none", "packs/none/none")) {
      assertThatThrownBy(() -> region.read(key(key)))
          .isInstanceOf(RegionException.Missing.class)
          .hasMessageContaining(key)
          .hasMessageContaining(region.name().value());
      assertThatThrownBy(() -> region.read(key(key), 0, 0))
          .isInstanceOf(RegionException.Missing.class);
    }
  }

  @Test
  void read_prefixOfAKeyOrBelowAKey_isMissing() throws Exception {
    region.put(KEY, bytes("x"));
    for (String key : List.of("packs", "packs/ab", "packs/ab/one/more")) {
      assertThatThrownBy(() -> region.read(key(key))).isInstanceOf(RegionException.Missing.class);
      assertThat(region.stat(key(key))).isEmpty();
      region.delete(key(key));
    }
    assertThat(region.read(KEY)).hasSize(1);
  }

  @Test
  void read_beyondTheEnd_isMissingNeverShort() throws Exception {
    region.put(KEY, bytes("0123456789"));
    assertThat(region.read(KEY, 4, 6)).isEqualTo("456789".getBytes(StandardCharsets.UTF_8));
    assertThat(region.read(KEY, 10, 0)).isEmpty();
    assertThatThrownBy(() -> region.read(KEY, 4, 7)).isInstanceOf(RegionException.Missing.class);
    assertThatThrownBy(() -> region.read(KEY, 11, 0)).isInstanceOf(RegionException.Missing.class);
    assertThatThrownBy(() -> region.read(KEY, 5_000_000_000L, 1))
        .isInstanceOf(RegionException.Missing.class);
    assertThatIllegalArgumentException().isThrownBy(() -> region.read(KEY, -1, 1));
    assertThatIllegalArgumentException().isThrownBy(() -> region.read(KEY, 0, -1));
  }

  @Test
  void stat_absent_isEmpty() throws Exception {
    assertThat(region.stat(KEY)).isEmpty();
  }

  @Test
  void list_manyKeys_areInAscendingOrderWhateverTheOrderOfPuts() throws Exception {
    // Characters around the slash: '-' and '.' sort before it, digits and letters behind.
    List<String> keys =
        new ArrayList<>(
            List.of(
                "a-b/x", "a-c", "a.b/x", "a.c", "a/0", "a/b/c", "a/b-c", "a/b.c", "a/bb", "a0/x",
                "aa", "Z", "_", "zz/9", "zz/A", "zz/a"));
    Random random = new Random(2);
    for (int i = 0; i < 300; i++) {
      keys.add("many/%02x/%08x".formatted(random.nextInt(256), random.nextInt()));
    }
    List<String> shuffled = new ArrayList<>(keys);
    Collections.shuffle(shuffled, random);
    for (String key : shuffled) {
      region.put(key(key), bytes(key));
    }
    List<ObjectInfo> listed = list("");
    assertThat(listed)
        .extracting(info -> info.key().value())
        .containsExactlyElementsOf(keys.stream().sorted().toList());
    assertThat(listed).allSatisfy(i -> assertThat(i.bytes()).isEqualTo(i.key().value().length()));
  }

  @Test
  void list_prefix_showsWholeSegmentsOnly() throws Exception {
    for (String key : List.of("packs/ab/1", "packs/ab/2", "packs/abc/3", "packs-old/4", "q")) {
      region.put(key(key), bytes(key));
    }
    assertThat(keys("packs/ab/")).containsExactly("packs/ab/1", "packs/ab/2");
    assertThat(keys("packs/")).containsExactly("packs/ab/1", "packs/ab/2", "packs/abc/3");
    assertThat(keys("none/")).isEmpty();
    assertThat(keys("q/")).isEmpty();
    assertThat(keys("packs/ab/1/")).isEmpty();
    for (String prefix : List.of("packs", "/", "packs//", "../", "packs/ab/1", ".tmp/")) {
      assertThatIllegalArgumentException().isThrownBy(() -> list(prefix));
    }
  }

  @Test
  void list_emptyRegion_isEmpty() throws Exception {
    assertThat(list("")).isEmpty();
  }

  @Test
  void list_deletingWhatIsListed_reachesEveryObject() throws Exception {
    for (int i = 0; i < 50; i++) {
      region.put(key("leases/%04x/%d".formatted(i % 7, i)), bytes("x"));
    }
    List<String> seen = new ArrayList<>();
    region.list(
        "leases/",
        info -> {
          seen.add(info.key().value());
          try {
            region.delete(info.key());
          } catch (RegionException e) {
            throw new AssertionError(e);
          }
        });
    assertThat(seen).hasSize(50);
    assertThat(list("")).isEmpty();
  }

  @Test
  void deleteAll_someNotThere_removesThoseAndNoOther() throws Exception {
    List<ObjectKey> gone = new ArrayList<>();
    for (int i = 0; i < 30; i++) {
      ObjectKey key = key("leases/%02d/end".formatted(i));
      region.put(key, bytes("x"));
      if (i % 3 != 0) {
        gone.add(key);
      }
    }
    gone.add(key("never/there"));

    region.deleteAll(gone);
    region.deleteAll(gone);
    region.deleteAll(List.of());

    assertThat(keys(""))
        .hasSize(10)
        .doesNotContainAnyElementsOf(gone.stream().map(ObjectKey::value).toList());
  }

  @Test
  void delete_twice_succeedsAndTheKeyIsFreeAgain() throws Exception {
    region.put(KEY, bytes("first"));
    region.delete(KEY);
    region.delete(KEY);
    region.delete(key("never/there"));
    assertThat(region.stat(KEY)).isEmpty();
    assertThat(list("")).isEmpty();
    assertThat(region.put(KEY, bytes("another length"))).isTrue();
    assertThat(region.read(KEY)).hasSize(14);
  }

  @Test
  void keys_atTheirLimits_areStored() throws Exception {
    String segment = "s".repeat(255);
    List<String> keys =
        List.of(
            segment + "/" + segment,
            "a/".repeat(255) + "ab",
            "-._A",
            "_",
            "0/1/2/3/4/5/6/7/8/9/a/b/c/d/e/f");
    for (String key : keys) {
      assertThat(region.put(key(key), bytes(key))).isTrue();
    }
    for (String key : keys) {
      assertThat(region.read(key(key))).isEqualTo(key.getBytes(StandardCharsets.UTF_8));
    }
    assertThat(keys("")).containsExactlyElementsOf(keys.stream().sorted().toList());
  }

  @Test
  void put_racingForOneKey_exactlyOneCreatesAndTheBytesAreItsOwn() throws Exception {
    Region other = openAgain(region);
    try (ExecutorService threads = Executors.newFixedThreadPool(8)) {
      for (int round = 0; round < 30; round++) {
        ObjectKey key = key("race/%d/x".formatted(round));
        CountDownLatch start = new CountDownLatch(1);
        List<Future<Boolean>> puts = new ArrayList<>();
        for (int writer = 0; writer < 8; writer++) {
          byte[] mine = new byte[20_000];
          Arrays.fill(mine, (byte) writer);
          Region through = writer % 2 == 0 ? region : other;
          puts.add(
              threads.submit(() -> {
                start.await();
                return through.put(key, ByteBuffer.wrap(mine));
              }));
        }
        start.countDown();
        int winner = -1;
        for (int writer = 0; writer < 8; writer++) {
          if (puts.get(writer).get()) {
            assertThat(winner).as("second winner").isEqualTo(-1);
            winner = writer;
          }
        }
        byte[] expected = new byte[20_000];
        Arrays.fill(expected, (byte) winner);
        assertThat(region.read(key)).isEqualTo(expected);
      }
    }
  }

  @Test
  void putReadListDelete_fromManyThreads_neverShowsHalfAnObject() throws Exception {
    AtomicInteger done = new AtomicInteger();
    List<Callable<Void>> work = new ArrayList<>();
    for (int worker = 0; worker < 4; worker++) {
      Random random = new Random(worker);
      work.add(() -> {
        for (int i = 0; i < 100; i++) {
          // Few names, so that workers meet; each name has its own length and its own bytes.
          int number = random.nextInt(12);
          ObjectKey key = key("meet/%d/x".formatted(number));
          byte[] content = new byte[1000 * (number + 1)];
          Arrays.fill(content, (byte) number);
          switch (random.nextInt(3)) {
            case 0 -> region.put(key, ByteBuffer.wrap(content));
            case 1 -> region.delete(key);
            default -> {
              try {
                assertThat(region.read(key)).isEqualTo(content);
              } catch (RegionException.Missing e) {
                // Deleted by another worker: fine.
              }
              region.list(
                  "meet/",
                  info -> {
                    String name = info.key().value();
                    int n = Integer.parseInt(name.substring(5, name.lastIndexOf('/')));
                    if (listsLengthsWhileOthersWrite()) {
                      assertThat(info.bytes()).isEqualTo(1000L * (n + 1));
                    }
                  });
            }
          }
          done.incrementAndGet();
        }
        return null;
      });
    }
    try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
      for (Future<Void> future : threads.invokeAll(work)) {
        future.get();
      }
    }
    assertThat(done).hasValue(400);
  }

  @Test
  void openAgain_afterPuts_seesThem() throws Exception {
    region.put(KEY, bytes("hello"));
    Region other = openAgain(region);
    assertThat(other.read(KEY)).hasSize(5);
    assertThat(other.put(KEY, bytes("world"))).isFalse();
  }

  @Test
  void now_twice_doesNotGoBackAndLeavesNothing() throws Exception {
    Instant first = region.now();
    assertThat(region.now()).isAfterOrEqualTo(first);
    assertThat(list("")).isEmpty();
  }

  @Test
  void close_thenAnything_isRefusedForGood() throws Exception {
    region.put(KEY, bytes("x"));
    region.close();
    region.close();
    assertThatThrownBy(() -> region.put(KEY, bytes("x")))
        .isInstanceOf(RegionException.Permanent.class)
        .hasMessageContaining("closed");
    assertThatThrownBy(() -> region.read(KEY)).isInstanceOf(RegionException.Permanent.class);
    assertThatThrownBy(() -> region.stat(KEY)).isInstanceOf(RegionException.Permanent.class);
    assertThatThrownBy(() -> list("")).isInstanceOf(RegionException.Permanent.class);
    assertThatThrownBy(() -> region.delete(KEY)).isInstanceOf(RegionException.Permanent.class);
    assertThatThrownBy(region::now).isInstanceOf(RegionException.Permanent.class);
  }

  protected static ObjectKey key(String value) {
    return new ObjectKey(value);
  }

  protected static ByteBuffer bytes(String text) {
    return ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
  }

  protected final List<ObjectInfo> list(String prefix) throws RegionException {
    List<ObjectInfo> found = new ArrayList<>();
    region.list(prefix, found::add);
    return found;
  }

  protected final List<String> keys(String prefix) throws RegionException {
    return list(prefix).stream().map(info -> info.key().value()).toList();
  }
}
