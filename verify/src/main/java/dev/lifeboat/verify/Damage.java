package dev.lifeboat.verify;

import dev.lifeboat.vault.pack.PackId;
import dev.lifeboat.vault.region.ObjectKey;
import dev.lifeboat.vault.seal.KeyObjects;
import dev.lifeboat.vault.seal.VaultDocument;
import java.util.List;

/** Tells which snapshots are hurt when an object is damaged. */
final class Damage {
  private final References references;

  Damage(References references) {
    this.references = references;
  }

  Hurt of(ObjectKey key) {
    String name = key.value();
    if (name.startsWith(ObjectKey.PACKS)) {
      return references.hurt(List.of(PackId.parse(key.lastSegment())));
    }
    if (name.startsWith(References.SNAPSHOTS)) {
      return Hurt.of(List.of(references.name(key)));
    }
    boolean everything =
        name.startsWith(VaultDocument.PREFIX) || name.startsWith(KeyObjects.PREFIX);
    return everything ? Hurt.EVERYTHING : Hurt.NONE;
  }
}
