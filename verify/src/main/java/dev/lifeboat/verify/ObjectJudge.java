package dev.lifeboat.verify;

import dev.lifeboat.vault.Digest;
import dev.lifeboat.vault.VaultException;
import dev.lifeboat.vault.index.IndexCodec;
import dev.lifeboat.vault.pack.PackId;
import dev.lifeboat.vault.reclaim.Records;
import dev.lifeboat.vault.region.ObjectKey;
import dev.lifeboat.vault.seal.KeyObjects;
import dev.lifeboat.vault.seal.Prologue;
import dev.lifeboat.vault.seal.TenantId;
import dev.lifeboat.vault.seal.TenantWriteKeys;
import dev.lifeboat.vault.seal.VaultDocument;
import dev.lifeboat.vault.snapshot.ManifestCodec;
import java.util.Optional;

/**
 * Tells from an object's bytes and its name alone whether they belong together: by hash where the
 * name is one, by signature elsewhere. Needs no key that opens contents.
 */
final class ObjectJudge {
  private final VaultDocument document;
  private final KeyRing keys;
  private final Records records;

  ObjectJudge(VaultDocument document, KeyRing keys, Records records) {
    this.document = document;
    this.keys = keys;
    this.records = records;
  }

  /** What is wrong with the bytes; empty if nothing is. */
  Optional<String> fault(ObjectKey key, byte[] bytes) {
    try {
      String kind = key.value().substring(0, key.value().indexOf('/') + 1);
      switch (kind) {
        case ObjectKey.PACKS -> {
          return packFault(key, Digest.of(bytes));
        }
        case "index/" ->
            require(
                IndexCodec.key(tenant(key), bytes).equals(key), "their SHA-256 is not the name");
        case VaultDocument.PREFIX ->
            require(
                VaultDocument.decode(bytes, Optional.of(document.root())).key().equals(key),
                "it is another generation's document");
        case KeyObjects.PREFIX -> KeyObjects.verify(key, bytes, document);
        case References.SNAPSHOTS -> judgeManifest(key, bytes);
        default -> records.verify(key, bytes);
      }
      return Optional.empty();
    } catch (VaultException | IllegalArgumentException e) {
      return Optional.of(String.valueOf(e.getMessage()));
    }
  }

  /** Whether it is something like a manifest that no writer of the vault signed as it is. */
  boolean isUnsigned(ObjectKey manifest, byte[] bytes) {
    try {
      judgeManifest(manifest, bytes);
      return false;
    } catch (VaultException.Untrusted e) {
      return true;
    } catch (VaultException | IllegalArgumentException e) {
      return false;
    }
  }

  /**
   * What is wrong with a pack, by the hash of its bytes; empty if nothing is.
   *
   * @param hash SHA-256 of all of it
   */
  static Optional<String> packFault(ObjectKey key, Digest hash) {
    return ObjectKey.of(new PackId(hash)).equals(key)
        ? Optional.empty()
        : Optional.of("their SHA-256 is not the name");
  }

  /** The tenant in the second segment of a name. */
  static TenantId tenant(ObjectKey key) {
    String[] segments = key.value().split("/", -1);
    return new TenantId(segments[1]);
  }

  private void judgeManifest(ObjectKey key, byte[] bytes) {
    Prologue prologue = ManifestCodec.prologue(key, bytes);
    Optional<TenantWriteKeys> opener = keys.find(prologue.tenant(), prologue.generation());
    if (opener.isPresent()) {
      ManifestCodec.header(key, bytes, document, opener.get());
    } else {
      ManifestCodec.verifySignature(key, bytes, document);
    }
  }

  private static void require(boolean right, String fault) {
    if (!right) {
      throw new VaultException.Damaged(fault);
    }
  }
}
