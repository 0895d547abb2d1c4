package dev.lifeboat.vault.seal;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import javax.crypto.KDF;
import javax.crypto.spec.HKDFParameterSpec;

/** HKDF-SHA-256 (RFC 5869) as the format uses it: one label for each purpose. */
public final class Kdf {
  private Kdf() {}

  /**
   * Derives {@code length} bytes.
   *
   * @param salt may be empty
   * @param label what the result is for, for example {@code "lifeboat v1 footer"}; UTF-8
   * @param length at most 8,160
   */
  public static byte[] derive(byte[] secret, byte[] salt, String label, int length) {
    try {
      HKDFParameterSpec spec =
          HKDFParameterSpec.ofExtract()
              .addIKM(secret)
              .addSalt(salt)
              .thenExpand(label.getBytes(StandardCharsets.UTF_8), length);
      return KDF.getInstance("HKDF-SHA256").deriveData(spec);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("this JDK lacks HKDF-SHA256", e);
    }
  }
}
