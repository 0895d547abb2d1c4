package dev.lifeboat.vault.index;

import dev.lifeboat.vault.chunk.ChunkId;
import dev.lifeboat.vault.pack.FrameEntry;
import dev.lifeboat.vault.pack.PackId;
import java.util.function.BooleanSupplier;

/** Selected packs of some segments, numbered through: a number once given stays. */
public final class SelectedIndex implements TenantIndex {
  private final Selection selection;
  private final BooleanSupplier missed;

  public SelectedIndex(Selection selection) {
    this(selection, () -> false);
  }

  /**
   * @param missed called when a chunk is not found: whether there is reason to look again. An error
   *     of the disk may hide a chunk, and whoever reads a snapshot knows that it must be there
   */
  public SelectedIndex(Selection selection, BooleanSupplier missed) {
    this.selection = selection;
    this.missed = missed;
  }

  @Override
  public int find(ChunkId chunk) {
    long found = selection.find(chunk);
    if (found == Selection.NONE && missed.getAsBoolean()) {
      found = selection.find(chunk);
    }
    return found == Selection.NONE
        ? NONE
        : selection.firstChunk(Selection.segmentOf(found)) + Selection.numberOf(found);
  }

  @Override
  public int chunks() {
    int last = selection.size() - 1;
    return last < 0 ? 0 : selection.firstChunk(last) + selection.segment(last).chunks();
  }

  @Override
  public int packs() {
    int last = selection.size() - 1;
    return last < 0 ? 0 : selection.firstPack(last) + selection.segment(last).packs();
  }

  @Override
  public int packOf(int chunk) {
    int i = selection.segmentOfChunk(chunk);
    return selection.firstPack(i) + selection.segment(i).packOf(chunk - selection.firstChunk(i));
  }

  @Override
  public int frameOf(int chunk) {
    int i = selection.segmentOfChunk(chunk);
    Segment segment = selection.segment(i);
    int number = chunk - selection.firstChunk(i);
    return segment.frameOf(number) - segment.firstFrame(segment.packOf(number));
  }

  @Override
  public int bytesOf(int chunk) {
    int i = selection.segmentOfChunk(chunk);
    return selection.segment(i).bytesOf(chunk - selection.firstChunk(i));
  }

  @Override
  public ChunkLocation locate(int chunk) {
    int i = selection.segmentOfChunk(chunk);
    Segment segment = selection.segment(i);
    int number = chunk - selection.firstChunk(i);
    int pack = segment.packOf(number);
    return new ChunkLocation(
        segment.pack(pack),
        segment.frameOf(number) - segment.firstFrame(pack),
        segment.offsetOf(number),
        segment.bytesOf(number));
  }

  @Override
  public int find(PackId pack) {
    long found = selection.find(pack);
    return found == Selection.NONE
        ? NONE
        : selection.firstPack(Selection.segmentOf(found)) + Selection.numberOf(found);
  }

  @Override
  public PackId pack(int pack) {
    int i = selection.segmentOfPack(pack);
    return selection.segment(i).pack(pack - selection.firstPack(i));
  }

  @Override
  public long packBytes(int pack) {
    int i = selection.segmentOfPack(pack);
    return selection.segment(i).packBytes(pack - selection.firstPack(i));
  }

  @Override
  public int frames(int pack) {
    int i = selection.segmentOfPack(pack);
    return selection.segment(i).frames(pack - selection.firstPack(i));
  }

  @Override
  public long frameOffset(int pack, int frame) {
    int i = selection.segmentOfPack(pack);
    return selection.segment(i).frameOffset(pack - selection.firstPack(i), frame);
  }

  @Override
  public int sealedBytes(int pack, int frame) {
    int i = selection.segmentOfPack(pack);
    Segment segment = selection.segment(i);
    return segment.sealedBytes(segment.firstFrame(pack - selection.firstPack(i)) + frame);
  }

  @Override
  public FrameEntry frame(int pack, int frame) {
    int i = selection.segmentOfPack(pack);
    return selection.segment(i).frame(pack - selection.firstPack(i), frame);
  }
}
