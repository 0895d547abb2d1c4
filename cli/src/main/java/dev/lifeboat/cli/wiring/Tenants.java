package dev.lifeboat.cli.wiring;

import dev.lifeboat.vault.VaultException;
import dev.lifeboat.vault.region.ObjectKey;
import dev.lifeboat.vault.region.Region;
import dev.lifeboat.vault.region.RegionException;
import dev.lifeboat.vault.region.RegionSet;
import dev.lifeboat.vault.seal.HostKeystore;
import dev.lifeboat.vault.seal.KeyObjects;
import dev.lifeboat.vault.seal.Recipient;
import dev.lifeboat.vault.seal.RecipientName;
import dev.lifeboat.vault.seal.SecretBytes;
import dev.lifeboat.vault.seal.TenantKeys;
import dev.lifeboat.vault.seal.TenantName;
import dev.lifeboat.vault.seal.TenantReadKeys;
import dev.lifeboat.vault.seal.TenantWriteKeys;
import dev.lifeboat.vault.seal.VaultDocument;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/** The keys of tenants in the regions: made, found, granted, rotated. */
public final class Tenants {
  private final RegionSet regions;
  private final VaultDocument document;
  private final SecureRandom random;

  public Tenants(RegionSet regions, VaultDocument document, SecureRandom random) {
    this.regions = regions;
    this.document = document;
    this.random = random;
  }

  /**
   * Makes the tenants this host does not know yet. Their private keys are sealed to every recipient
   * and forgotten; the keystore is not saved.
   *
   * @return those that were made
   */
  public List<TenantName> ensure(HostKeystore host, Collection<TenantName> wanted) {
    List<TenantName> made = new ArrayList<>();
    for (TenantName tenant : new TreeSet<>(wanted)) {
      if (host.newest(tenant).isEmpty()) {
        try (TenantReadKeys keys = TenantKeys.create(tenant, random)) {
          publish(host, keys);
        }
        made.add(tenant);
      }
    }
    return made;
  }

  /** Makes the next generation of a tenant's keys. The keystore is not saved. */
  public int rotate(HostKeystore host, TenantName tenant) {
    TenantWriteKeys newest =
        host.newest(tenant)
            .orElseThrow(
                () -> new VaultException.NotFound("this host has no keys of tenant " + tenant));
    try (TenantReadKeys next = TenantKeys.rotate(newest, random)) {
      publish(host, next);
      return next.write().generation();
    }
  }

  /** First sealed to everyone who must be able to read, then used: never the other way round. */
  private void publish(HostKeystore host, TenantReadKeys keys) {
    for (Recipient recipient : document.recipients().values()) {
      seal(host, keys, recipient);
    }
    host.add(keys.write());
  }

  private void seal(HostKeystore host, TenantReadKeys keys, Recipient recipient) {
    Documents.store(
        regions,
        KeyObjects.key(keys, recipient),
        KeyObjects.seal(keys, recipient, document.vault(), host.signingKey()));
  }

  /** Seals all generations of a tenant's keys to one more recipient. */
  public int grant(HostKeystore host, List<TenantReadKeys> generations, Recipient recipient) {
    SortedSet<ObjectKey> present = listed();
    int sealed = 0;
    for (TenantReadKeys keys : generations) {
      if (!present.contains(KeyObjects.key(keys, recipient))) {
        seal(host, keys, recipient);
        sealed++;
      }
    }
    return sealed;
  }

  /** Which generations of which tenants are sealed to whom, as far as the regions answer. */
  public List<KeyObjects.Address> addresses() {
    return listed().stream().map(KeyObjects.Address::parse).toList();
  }

  private SortedSet<ObjectKey> listed() {
    TreeSet<ObjectKey> keys = new TreeSet<>();
    List<RegionException> failures = new ArrayList<>();
    for (Region region : regions.regions()) {
      try {
        region.list(KeyObjects.PREFIX, info -> keys.add(info.key()));
      } catch (RegionException e) {
        failures.add(e);
      }
    }
    if (failures.size() == regions.regions().size()) {
      throw new VaultException.Unreachable(
          "no region answers: " + failures.getFirst().getMessage(), failures);
    }
    return keys;
  }

  /**
   * Opens everything that is sealed to a recipient: all generations, oldest first, by tenant. The
   * caller closes them.
   */
  public SortedMap<TenantName, List<TenantReadKeys>> open(
      RecipientName recipient, SecretBytes privateKey) {
    SortedMap<TenantName, List<TenantReadKeys>> tenants = new TreeMap<>();
    for (ObjectKey key : listed()) {
      if (KeyObjects.Address.parse(key).recipient().equals(recipient)) {
        byte[] object = regions.read(key, bytes -> KeyObjects.isIntact(key, bytes, document));
        TenantReadKeys keys = KeyObjects.open(key, object, privateKey, document);
        tenants.computeIfAbsent(keys.write().name(), _ -> new ArrayList<>()).add(keys);
      }
    }
    return tenants;
  }
}
