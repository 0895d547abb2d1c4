package dev.lifeboat.vault.pack;

import dev.lifeboat.vault.Digest;
import dev.lifeboat.vault.VaultException;
import dev.lifeboat.vault.cbor.CborReader;
import dev.lifeboat.vault.cbor.CborWriter;
import dev.lifeboat.vault.seal.Aead;
import java.util.ArrayList;
import java.util.List;

/** What lies where in a pack, as footers and index objects carry it. */
public record PackDirectory(List<FrameEntry> frames) {
  /** No writer makes larger frames; a reader takes no more memory for one. */
  public static final int MAX_FRAME_BYTES = 16 << 20;

  public PackDirectory {
    frames = List.copyOf(frames);
  }

  /** Offset of a frame's first byte in the pack. */
  public long offset(int frame) {
    long offset = PackFormat.HEADER_BYTES;
    for (int i = 0; i < frame; i++) {
      offset += frames.get(i).sealedBytes();
    }
    return offset;
  }

  /**
   * Appends the directory to {@code out}.
   *
   * @throws IllegalStateException if it has not the whole ids
   */
  public void encode(CborWriter out) {
    out.array(frames.size());
    for (FrameEntry frame : frames) {
      if (frame.idBytes() != Digest.BYTES) {
        throw new IllegalStateException("a directory without whole ids is not written");
      }
      out.array(5).integer(frame.sealedBytes()).integer(frame.rawBytes()).integer(frame.codec());
      out.array(frame.chunks());
      for (int bytes : frame.chunkBytes()) {
        out.integer(bytes);
      }
      out.bytes(frame.ids());
    }
  }

  /**
   * Reads what {@link #encode} wrote.
   *
   * @throws VaultException.Damaged if the numbers contradict each other
   */
  public static PackDirectory decode(CborReader in) {
    int count = in.array();
    List<FrameEntry> frames = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      frames.add(frame(in, i));
    }
    return new PackDirectory(frames);
  }

  private static FrameEntry frame(CborReader in, int number) {
    in.array(5);
    int sealed = (int) in.unsigned(MAX_FRAME_BYTES + Aead.TAG_BYTES);
    int raw = (int) in.unsigned(MAX_FRAME_BYTES);
    int codec = (int) in.unsigned(Integer.MAX_VALUE);
    if (codec != FrameCodec.RAW && codec != FrameCodec.ZSTD) {
      throw in.damaged("frame %d has the unknown codec %d".formatted(number, codec));
    }
    int[] chunkBytes = new int[in.array()];
    long sum = 0;
    for (int i = 0; i < chunkBytes.length; i++) {
      chunkBytes[i] = (int) in.unsigned(MAX_FRAME_BYTES);
      if (chunkBytes[i] == 0) {
        throw in.damaged("frame %d has an empty chunk".formatted(number));
      }
      sum += chunkBytes[i];
    }
    byte[] ids = in.bytes();
    boolean fits =
        chunkBytes.length > 0
            && sum == raw
            && ids.length == chunkBytes.length * Digest.BYTES
            && (codec == FrameCodec.RAW
                ? sealed == raw + Aead.TAG_BYTES
                : sealed > Aead.TAG_BYTES && sealed < raw + Aead.TAG_BYTES);
    if (!fits) {
      throw in.damaged("the lengths of frame %d contradict each other".formatted(number));
    }
    return new FrameEntry(sealed, raw, codec, chunkBytes, ids);
  }
}
