package dev.lifeboat.verify;

import dev.lifeboat.vault.seal.TenantId;
import dev.lifeboat.vault.seal.TenantWriteKeys;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** The index keys at hand: every generation of every tenant this host knows. */
final class KeyRing {
  private final Map<TenantId, TreeMap<Integer, TenantWriteKeys>> tenants = new HashMap<>();

  KeyRing(Collection<TenantWriteKeys> keys) {
    for (TenantWriteKeys key : keys) {
      tenants.computeIfAbsent(key.id(), _ -> new TreeMap<>()).put(key.generation(), key);
    }
  }

  Optional<TenantWriteKeys> find(TenantId tenant, int generation) {
    return Optional.ofNullable(tenants.getOrDefault(tenant, new TreeMap<>()).get(generation));
  }

  boolean knows(TenantId tenant) {
    return tenants.containsKey(tenant);
  }

  List<TenantWriteKeys> all() {
    return tenants.values().stream().flatMap(keys -> keys.values().stream()).toList();
  }

  /** All generations of each tenant. */
  List<List<TenantWriteKeys>> byTenant() {
    return tenants.values().stream().map(keys -> List.copyOf(keys.values())).toList();
  }
}
