package dev.lifeboat.verify.drill;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lifeboat.vault.Digest;
import dev.lifeboat.vault.region.MemoryRegion;
import dev.lifeboat.vault.region.ObjectKey;
import dev.lifeboat.vault.region.Region;
import dev.lifeboat.vault.region.RegionException;
import dev.lifeboat.vault.region.RegionName;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.nio.ByteBuffer;
import java.time.Clock;
import java.time.Instant;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

class ReadOnlyRegionTest {
  private static final ObjectKey KEY = new ObjectKey("leases/0123456789abcdef/end");

  /** Whatever else a region can do leaves it as it is. */
  private static final Set<String> READS =
      Set.of(
          "name",
          "read",
          "stat",
          "list",
          "lock",
          "lockedUntil",
          "now",
          "ping",
          "place",
          "close",
          "listOverlays",
          "readBeneath");

  private static final Map<Class<?>, Object> ARGUMENTS =
      Map.of(
          ObjectKey.class,
          KEY,
          ByteBuffer.class,
          ByteBuffer.wrap(new byte[1]),
          Collection.class,
          List.of(KEY),
          Instant.class,
          Instant.EPOCH,
          Digest.class,
          Digest.of(new byte[1]),
          Region.class,
          new MemoryRegion(new RegionName("other"), Clock.systemUTC()));

  @TestFactory
  List<DynamicTest> whateverChangesARegion_isRefused() {
    List<Method> changes =
        Arrays.stream(Region.class.getMethods())
            .filter(method -> !READS.contains(method.getName()))
            .toList();
    assertThat(changes).hasSizeGreaterThanOrEqualTo(5);
    return changes.stream()
        .map(method -> DynamicTest.dynamicTest(method.getName(), () -> assertRefused(method)))
        .toList();
  }

  private static void assertRefused(Method method) throws RegionException {
    try (MemoryRegion bare = new MemoryRegion(new RegionName("r"), Clock.systemUTC());
        Region region = new ReadOnlyRegion(bare) {}) {
      boolean _ = bare.put(KEY, ByteBuffer.wrap(new byte[] {7}));
      Object[] arguments = Arrays.stream(method.getParameterTypes()).map(ARGUMENTS::get).toArray();

      assertThatThrownBy(() -> method.invoke(region, arguments))
          .isInstanceOf(InvocationTargetException.class)
          .cause()
          .isInstanceOf(RegionException.Permanent.class)
          .hasMessageContaining("a drill changes nothing");

      assertThat(bare.read(KEY)).containsExactly(7);
    }
  }
}
