package dev.lifeboat.vault.snapshot;

import dev.lifeboat.vault.VaultException;
import dev.lifeboat.vault.pack.PackId;

/** Takes frames in as they arrive. Called from several threads at once. */
public interface FrameSink {
  /** Whether a frame is still wanted; asked once, before it is fetched. Must return quickly. */
  default boolean wants(PackId pack, int frame) {
    return true;
  }

  /** A frame has arrived. The bytes are used again when this returns. */
  void opened(PackId pack, int frame, OpenedFrame opened);

  /** No region has the frame unharmed. */
  void damaged(PackId pack, int frame, VaultException.Damaged why);
}
