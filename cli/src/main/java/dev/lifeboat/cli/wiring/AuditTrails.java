package dev.lifeboat.cli.wiring;

import dev.lifeboat.vault.reclaim.Records;
import dev.lifeboat.vault.reclaim.SealedDocuments;
import dev.lifeboat.vault.seal.VaultDocument;
import dev.lifeboat.verify.audit.AuditCopies;
import dev.lifeboat.verify.audit.AuditTrail;
import dev.lifeboat.verify.audit.CopiesWatch;
import java.io.IOException;
import java.util.Optional;

/** The audit trail of a home, and what of it and of others is in the vault. */
public final class AuditTrails {
  private AuditTrails() {}

  /** That of this home; there may be none yet. */
  public static AuditTrail local(Workspace workspace) {
    return new AuditTrail(
        workspace.home(), workspace.environment().clock(), workspace.environment().random());
  }

  /**
   * Those in the vault.
   *
   * @throws dev.lifeboat.vault.VaultException.KeyUnavailable if this host has no keystore
   */
  public static AuditCopies copies(Workspace workspace) throws IOException {
    return new AuditCopies(
        documents(workspace), workspace.keystore(), workspace.environment().clock());
  }

  /** The same, to be looked at again and again. */
  static CopiesWatch watch(Workspace workspace) throws IOException {
    VaultDocument document = workspace.document();
    return new CopiesWatch(
        documents(workspace),
        workspace.keystore(),
        (name, key) -> document.writer(key).equals(Optional.of(name)),
        workspace.vault().cache("audit").resolve("seen.json"));
  }

  private static SealedDocuments documents(Workspace workspace) throws IOException {
    return SealedDocuments.audit(
        workspace.regions(),
        Records.of(workspace.keystore(), workspace.document()),
        workspace.environment().random());
  }
}
