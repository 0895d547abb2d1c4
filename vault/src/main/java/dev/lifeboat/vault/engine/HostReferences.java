package dev.lifeboat.vault.engine;

import dev.lifeboat.vault.Digest;
import dev.lifeboat.vault.VaultException;
import dev.lifeboat.vault.cbor.CborWriter;
import dev.lifeboat.vault.index.IndexCodec;
import dev.lifeboat.vault.pack.PackDirectory;
import dev.lifeboat.vault.pack.PackId;
import dev.lifeboat.vault.reclaim.IndexReferences;
import dev.lifeboat.vault.region.ObjectKey;
import dev.lifeboat.vault.seal.HostKeystore;
import dev.lifeboat.vault.seal.Prologue;
import dev.lifeboat.vault.seal.TenantName;
import dev.lifeboat.vault.seal.TenantWriteKeys;
import dev.lifeboat.vault.seal.VaultDocument;
import dev.lifeboat.vault.snapshot.ManifestCodec;
import dev.lifeboat.vault.snapshot.ManifestReferences;
import dev.lifeboat.vault.snapshot.PackReference;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/** What manifests and index objects refer to, read with the index keys of a host. */
public final class HostReferences {
  private final VaultDocument document;
  private final HostKeystore host;

  public HostReferences(VaultDocument document, HostKeystore host) {
    this.document = document;
    this.host = host;
  }

  public ManifestReferences manifests() {
    return this::ofManifest;
  }

  public IndexReferences indexes() {
    return this::ofIndex;
  }

  /** Changes with whatever decides how an object is understood and whether it is trusted. */
  public Digest binding() {
    CborWriter all = new CborWriter();
    all.bytes(document.vault().toBytes()).integer(document.generation());
    document.writers().forEach((writer, key) -> all.text(writer.value()).bytes(key.toBytes()));
    for (TenantName tenant : host.tenants()) {
      for (TenantWriteKeys keys : host.generations(tenant)) {
        all.text(tenant.value()).text(keys.id().hex()).integer(keys.generation());
      }
    }
    return ManifestCodec.digest(all.toBytes());
  }

  private Collection<PackReference> ofManifest(ObjectKey key, byte[] manifest) {
    TenantWriteKeys keys = keys(ManifestCodec.prologue(key, manifest), key);
    return ManifestCodec.open(key, manifest, document, keys).packs();
  }

  private Collection<PackId> ofIndex(ObjectKey key, byte[] index) {
    Prologue prologue = Prologue.read(index, Prologue.Kind.INDEX, key.value());
    List<PackId> packs = new ArrayList<>();
    IndexCodec.open(
        key.value(),
        prologue,
        index,
        keys(prologue, key),
        new IndexCodec.Visitor() {
          @Override
          public boolean wants(PackId pack, long bytes) {
            packs.add(pack);
            return false;
          }

          @Override
          public void pack(PackId pack, long bytes, PackDirectory directory) {}
        });
    return packs;
  }

  private TenantWriteKeys keys(Prologue prologue, ObjectKey key) {
    if (!prologue.vault().equals(document.vault())) {
      throw new VaultException.Untrusted(
          "%s is of vault %s, not of %s".formatted(key, prologue.vault(), document.vault()));
    }
    for (TenantName tenant : host.tenants()) {
      for (TenantWriteKeys keys : host.generations(tenant)) {
        if (keys.id().equals(prologue.tenant()) && keys.generation() == prologue.generation()) {
          return keys;
        }
      }
    }
    throw new VaultException.KeyUnavailable(
        "host %s has no keys of tenant %s, generation %d, which %s needs"
            .formatted(host.writer(), prologue.tenant(), prologue.generation(), key));
  }
}
