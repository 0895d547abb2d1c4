package dev.lifeboat.verify;

import dev.lifeboat.vault.pack.PackId;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;

/**
 * Frames of one region that cannot be used. Safe for use by many threads.
 *
 * <p>Memory: what is bad, up to a limit. Beyond it, whole packs are remembered and nothing of them.
 */
final class BadFrames {
  private static final int MOST_FRAMES = 100_000;

  private final Map<PackId, Pack> packs = new HashMap<>();
  private int frames;

  /**
   * @param whole what is wrong with all of it; empty if only some frames are bad
   */
  private record Pack(Optional<String> whole, Map<Integer, String> frames) {}

  synchronized boolean isEmpty() {
    return packs.isEmpty();
  }

  synchronized boolean has(PackId pack) {
    return packs.containsKey(pack);
  }

  /** All of a pack is bad. */
  synchronized void add(PackId pack, String why) {
    packs.put(pack, new Pack(Optional.of(why), Map.of()));
  }

  /** Some frames are. */
  synchronized void add(PackId pack, SortedMap<Integer, String> bad) {
    if (bad.isEmpty()) {
      return;
    }
    frames += bad.size();
    if (frames > MOST_FRAMES) {
      add(pack, "has frames that cannot be used");
      return;
    }
    packs.put(pack, new Pack(Optional.empty(), Map.copyOf(bad)));
  }

  /** What is wrong with a frame; empty if nothing is. */
  synchronized Optional<String> why(PackId pack, int frame) {
    Pack bad = packs.get(pack);
    if (bad == null) {
      return Optional.empty();
    }
    return bad.whole
        .map(why -> "pack %s %s".formatted(pack, why))
        .or(() ->
            Optional.ofNullable(bad.frames.get(frame))
                .map(why -> "frame %d of pack %s %s".formatted(frame, pack, why)));
  }
}
