package dev.lifeboat.verify.audit;

import dev.lifeboat.vault.Digest;
import dev.lifeboat.vault.VaultException;
import dev.lifeboat.vault.seal.HostKeystore;
import dev.lifeboat.verify.evidence.EvidenceFile;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * A record as it lies in a file: {@code {"unsigned":S}}, or signed as evidence without a page is.
 *
 * @param text without a line end
 * @param signed by whom; absent if the key was not at hand when it was written
 */
public record AuditLine(String text, AuditRecord record, Optional<EvidenceFile> signed) {
  private static final String UNSIGNED = "{\"unsigned\":";

  static AuditLine write(AuditRecord record, Optional<HostKeystore> host) {
    String statement = record.statement();
    if (host.isEmpty()) {
      return new AuditLine(UNSIGNED + statement + "}", record, Optional.empty());
    }
    EvidenceFile file =
        EvidenceFile.signWithoutPage(statement, host.get().writer(), host.get().signingKey());
    return new AuditLine(file.json().strip(), record, Optional.of(file));
  }

  /**
   * Reads a line.
   *
   * @param what names it in messages
   * @throws VaultException.Damaged if it is no record
   * @throws VaultException.Untrusted if its signature does not fit it
   */
  public static AuditLine read(String what, String text) {
    if (text.indexOf('\r') >= 0) {
      // JSON would take it for a space, and readers of lines for the end of one.
      throw new VaultException.Damaged(what + " has the end of a line in it");
    }
    if (text.startsWith(UNSIGNED) && text.endsWith("}")) {
      String statement = text.substring(UNSIGNED.length(), text.length() - 1);
      AuditRecord record = AuditRecord.of(statement);
      if (!record.statement().equals(statement)) {
        throw new VaultException.Damaged(what + " is not as records are written");
      }
      return new AuditLine(text, record, Optional.empty());
    }
    EvidenceFile file = EvidenceFile.read(what, text.getBytes(StandardCharsets.UTF_8));
    return new AuditLine(text, AuditRecord.of(file.statement()), Optional.of(file));
  }

  /** What the next record names. */
  String digest() {
    return digest(text);
  }

  static String digest(String line) {
    return Digest.of(line.getBytes(StandardCharsets.UTF_8)).toString();
  }
}
