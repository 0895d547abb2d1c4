package dev.lifeboat.vault.seal;

import dev.lifeboat.vault.Digest;
import dev.lifeboat.vault.VaultException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * All keys that a backup host has, in the file {@code host.keys}: its signing key, the vault's root
 * public key, and for each tenant what is needed to write. No private key of a tenant is ever in
 * it.
 *
 * <p>Safe for use by many threads; one process at a time saves.
 */
public final class HostKeystore implements AutoCloseable {
  /** The file's usual name. */
  public static final String FILE_NAME = "host.keys";

  private final WriterName writer;
  private final SigningKey signingKey;
  private final VaultId vault;
  private final VerifyKey root;
  private int documentGeneration;

  /** SHA-256 of the file that this was read from or written to; {@code null} if there is none. */
  private @Nullable Digest onDisk;

  private final SortedMap<TenantName, TreeMap<Integer, TenantWriteKeys>> tenants = new TreeMap<>();

  /**
   * A keystore without tenants.
   *
   * @param signingKey taken over: closed with this
   * @param document pins the vault and its root key
   */
  public HostKeystore(WriterName writer, SigningKey signingKey, VaultDocument document) {
    this(writer, signingKey, document.vault(), document.root(), document.generation(), null);
  }

  HostKeystore(
      WriterName writer,
      SigningKey signingKey,
      VaultId vault,
      VerifyKey root,
      int documentGeneration,
      @Nullable Digest onDisk) {
    this.writer = writer;
    this.signingKey = signingKey;
    this.vault = vault;
    this.root = root;
    this.documentGeneration = documentGeneration;
    this.onDisk = onDisk;
  }

  public WriterName writer() {
    return writer;
  }

  public SigningKey signingKey() {
    return signingKey;
  }

  public VaultId vault() {
    return vault;
  }

  /** The key that every vault document must be signed with. */
  public VerifyKey root() {
    return root;
  }

  /** The highest generation of the vault document seen: an older one is a replay. */
  public synchronized int documentGeneration() {
    return documentGeneration;
  }

  /**
   * Notes a document. {@link #save} makes it last.
   *
   * @throws VaultException.Untrusted if it is of another vault or root key, or older than one seen
   */
  public synchronized void saw(VaultDocument document) {
    if (!document.root().equals(root)) {
      throw new VaultException.Untrusted(
          "the vault document is signed by %s, but this host trusts %s"
              .formatted(document.root(), root));
    }
    documentGeneration = document.require(vault, documentGeneration).generation();
  }

  public synchronized SortedSet<TenantName> tenants() {
    return Collections.unmodifiableSortedSet(new TreeSet<>(tenants.keySet()));
  }

  /** The newest generation of a tenant's keys; closed with this keystore, not by the caller. */
  public synchronized Optional<TenantWriteKeys> newest(TenantName tenant) {
    return Optional.ofNullable(tenants.get(tenant)).map(all -> all.lastEntry().getValue());
  }

  /** All generations, oldest first; closed with this keystore. Empty for an unknown tenant. */
  public synchronized List<TenantWriteKeys> generations(TenantName tenant) {
    return Optional.ofNullable(tenants.get(tenant))
        .map(all -> List.copyOf(all.values()))
        .orElse(List.of());
  }

  /**
   * Adds a tenant, or a generation of one. {@link #save} makes it last.
   *
   * @param keys copied
   * @throws VaultException.Conflict if that generation is there with other keys, or the name
   *     belongs to another id
   */
  public synchronized void add(TenantWriteKeys keys) {
    TreeMap<Integer, TenantWriteKeys> all = tenants.get(keys.name());
    if (all != null && !all.firstEntry().getValue().id().equals(keys.id())) {
      throw new VaultException.Conflict(
          "this host knows tenant %s as %s, not as %s"
              .formatted(keys.name(), all.firstEntry().getValue().id(), keys.id()));
    }
    TenantWriteKeys same = all == null ? null : all.get(keys.generation());
    if (same == null) {
      tenants
          .computeIfAbsent(keys.name(), _ -> new TreeMap<>())
          .put(keys.generation(), keys.copy());
    } else if (!same.sameAs(keys)) {
      throw new VaultException.Conflict(
          "this host has other keys of tenant %s, generation %d"
              .formatted(keys.name(), keys.generation()));
    }
  }

  /**
   * Removes all keys of a tenant. {@link #save} makes it last.
   *
   * @throws VaultException.NotFound if there is no such tenant
   */
  public synchronized void remove(TenantName tenant) {
    TreeMap<Integer, TenantWriteKeys> all = tenants.remove(tenant);
    if (all == null) {
      throw new VaultException.NotFound("this host has no keys of tenant " + tenant);
    }
    all.values().forEach(TenantWriteKeys::close);
  }

  /**
   * Reads a keystore. The caller closes it.
   *
   * @throws VaultException.KeyUnavailable if it is not there, or others than its owner could read
   *     it
   * @throws VaultException.UnsupportedFormat if a newer program wrote it
   * @throws VaultException.Damaged if a byte of it is wrong
   */
  public static HostKeystore load(Path file) throws IOException {
    return KeystoreFile.load(file);
  }

  /**
   * Writes it, mode 0600, in place of what was there: after a crash the file is the old or the new
   * one, whole.
   *
   * @throws VaultException.Conflict if the file is not the one that this was loaded from or last
   *     saved to: another process changed it, or a new keystore would replace an old one
   */
  public synchronized void save(Path file) throws IOException {
    onDisk = KeystoreFile.save(this, file, onDisk);
  }

  @Override
  public synchronized void close() {
    signingKey.close();
    tenants.values().forEach(all -> all.values().forEach(TenantWriteKeys::close));
  }

  @Override
  public String toString() {
    return "HostKeystore[of %s in vault %s, redacted]".formatted(writer, vault);
  }
}
