package dev.lifeboat.vault.index;

import dev.lifeboat.vault.seal.Kdf;
import dev.lifeboat.vault.seal.TenantId;
import dev.lifeboat.vault.seal.TenantWriteKeys;
import dev.lifeboat.vault.seal.VaultId;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Authenticates the segments of one tenant with HMAC-SHA-256: what was verified when it came out of
 * an index object stays verified, also against a disk that returns other bytes than were written.
 * The key is derived from a generation's index key and good for nothing else; the JDK gives no way
 * to wipe it.
 */
public final class SegmentKey {
  private static final String LABEL = "lifeboat v1 local segment";

  private final VaultId vault;
  private final TenantId tenant;
  private final int generation;
  private final Mac prototype;

  private SegmentKey(VaultId vault, TenantId tenant, int generation, Mac prototype) {
    this.vault = vault;
    this.tenant = tenant;
    this.generation = generation;
    this.prototype = prototype;
  }

  public static SegmentKey of(VaultId vault, TenantWriteKeys keys) {
    byte[] key = Kdf.derive(keys.indexKey().exposeSecret(), vault.toBytes(), LABEL, 32);
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(key, "HmacSHA256"));
      return new SegmentKey(vault, keys.id(), keys.generation(), mac);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("this JDK lacks HmacSHA256", e);
    } finally {
      Arrays.fill(key, (byte) 0);
    }
  }

  VaultId vault() {
    return vault;
  }

  TenantId tenant() {
    return tenant;
  }

  /** Of the index key that this one is derived from. */
  public int generation() {
    return generation;
  }

  /** A new computation. */
  Mac mac() {
    try {
      return (Mac) prototype.clone();
    } catch (CloneNotSupportedException e) {
      throw new IllegalStateException("the JDK's own HmacSHA256 can be copied", e);
    }
  }

  @Override
  public String toString() {
    return "SegmentKey[tenant %s, generation %d, redacted]".formatted(tenant, generation);
  }
}
