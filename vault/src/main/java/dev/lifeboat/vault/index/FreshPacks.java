package dev.lifeboat.vault.index;

import dev.lifeboat.vault.Digest;
import dev.lifeboat.vault.pack.PackDirectory;
import dev.lifeboat.vault.pack.PackId;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;

/** Packs as index objects or footers tell of them, collected until they make a segment. */
public final class FreshPacks {
  private final List<Digest> objects = new ArrayList<>();
  private final List<Pack> packs = new ArrayList<>();
  private long chunks;

  private record Pack(
      Digest id, long bytes, Digest object, PackDirectory directory, int frames, int chunks) {}

  /** Notes that an index object is covered, also if all of its packs are known otherwise. */
  public void cover(Digest object) {
    objects.add(object);
  }

  /** Adds a pack of a covered index object. */
  public void add(PackId pack, long bytes, Digest object, PackDirectory directory) {
    int count = PackContents.chunks(directory);
    packs.add(new Pack(pack.value(), bytes, object, directory, directory.frames().size(), count));
    chunks += count;
  }

  public boolean isEmpty() {
    return objects.isEmpty() && packs.isEmpty();
  }

  /** How many chunks, counting those of a pack that was added twice. */
  public long chunks() {
    return chunks;
  }

  /** Names of the covered index objects, ascending. */
  List<Digest> objects() {
    return objects.stream().sorted().distinct().toList();
  }

  /** The packs, each once. */
  SegmentWriter.Packs packs() {
    List<Pack> sorted = new ArrayList<>(packs);
    sorted.sort(
        Comparator.comparing(Pack::id).thenComparingLong(Pack::bytes).thenComparing(Pack::object));
    List<Digest> names = objects();
    return () -> new Cursor(sorted, names);
  }

  private static final class Cursor implements PackCursor {
    private final List<Pack> packs;
    private final List<Digest> objects;
    private int at = -1;

    private Cursor(List<Pack> packs, List<Digest> objects) {
      this.packs = packs;
      this.objects = objects;
    }

    @Override
    public boolean next() {
      int before = at++;
      while (before >= 0
          && at < packs.size()
          && packs.get(at).id().equals(packs.get(before).id())
          && packs.get(at).bytes() == packs.get(before).bytes()) {
        at++;
      }
      return at < packs.size();
    }

    @Override
    public Digest id() {
      return packs.get(at).id();
    }

    @Override
    public long bytes() {
      return packs.get(at).bytes();
    }

    @Override
    public int object() {
      int object = Collections.binarySearch(objects, packs.get(at).object());
      if (object < 0) {
        throw new IllegalStateException("a pack of an index object that is not covered");
      }
      return object;
    }

    @Override
    public int frames() {
      return packs.get(at).frames();
    }

    @Override
    public int chunks() {
      return packs.get(at).chunks();
    }

    @Override
    public void fill(PackContents contents) {
      contents.fill(packs.get(at).directory());
    }
  }
}
