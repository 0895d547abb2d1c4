package dev.lifeboat.vault.engine;

import dev.lifeboat.vault.VaultException;
import dev.lifeboat.vault.seal.Prologue;
import dev.lifeboat.vault.seal.TenantId;
import dev.lifeboat.vault.seal.TenantWriteKeys;
import dev.lifeboat.vault.seal.VaultId;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/** The generations of one tenant's write keys. They belong to the caller. */
final class KeyRing {
  private final VaultId vault;
  private final SortedMap<Integer, TenantWriteKeys> generations = new TreeMap<>();
  private final TenantId tenant;
  private final TenantWriteKeys newest;

  KeyRing(VaultId vault, List<TenantWriteKeys> keys) {
    if (keys.isEmpty()) {
      throw new IllegalArgumentException("no generation of keys");
    }
    this.vault = vault;
    this.tenant = keys.getFirst().id();
    TenantWriteKeys highest = keys.getFirst();
    for (TenantWriteKeys generation : keys) {
      if (!generation.id().equals(tenant)) {
        throw new IllegalArgumentException("keys of two tenants");
      }
      generations.put(generation.generation(), generation);
      highest = generation.generation() > highest.generation() ? generation : highest;
    }
    this.newest = highest;
  }

  VaultId vault() {
    return vault;
  }

  /** The keys of a generation, if they are here. */
  Optional<TenantWriteKeys> generation(int generation) {
    return Optional.ofNullable(generations.get(generation));
  }

  TenantId tenant() {
    return tenant;
  }

  TenantWriteKeys newest() {
    return newest;
  }

  /** The numbers of the generations, ascending. */
  Iterable<Integer> numbers() {
    return generations.keySet();
  }

  /** Whether an object is of this tenant and vault. */
  boolean owns(Prologue prologue) {
    return prologue.vault().equals(vault) && prologue.tenant().equals(tenant);
  }

  /**
   * The keys that an object was sealed with.
   *
   * @throws VaultException.Untrusted if it is another tenant's or vault's
   * @throws VaultException.KeyUnavailable if that generation is not here
   */
  TenantWriteKeys of(Prologue prologue, String what) {
    if (!owns(prologue)) {
      throw new VaultException.Untrusted(
          "%s is of tenant %s in vault %s, not of tenant %s in vault %s"
              .formatted(what, prologue.tenant(), prologue.vault(), tenant, vault));
    }
    TenantWriteKeys keys = generations.get(prologue.generation());
    if (keys == null) {
      throw new VaultException.KeyUnavailable(
          "%s needs key generation %d of tenant %s; here are generations %s"
              .formatted(what, prologue.generation(), newest().name(), generations.keySet()));
    }
    return keys;
  }
}
