package dev.lifeboat.verify;

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
      // Something else under the prefix is needed by nobody.
      return key.pack().map(pack -> references.hurt(List.of(pack))).orElse(Hurt.NONE);
    }
    if (name.startsWith(References.SNAPSHOTS)) {
      return Hurt.of(List.of(references.name(key)));
    }
    boolean everything =
        name.startsWith(VaultDocument.PREFIX) || name.startsWith(KeyObjects.PREFIX);
    return everything ? Hurt.EVERYTHING : Hurt.NONE;
  }
}
