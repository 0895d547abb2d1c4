package dev.lifeboat.cli.wiring;

import dev.lifeboat.cli.Version;
import dev.lifeboat.vault.reclaim.Records;
import dev.lifeboat.vault.reclaim.SealedDocuments;
import dev.lifeboat.verify.evidence.EvidenceBook;
import java.io.IOException;

/** The evidence of this vault, signed by this host. */
public final class EvidenceBooks {
  private EvidenceBooks() {}

  /**
   * Opens it.
   *
   * @throws dev.lifeboat.vault.VaultException.KeyUnavailable if this host has no keystore: it could
   *     not sign
   */
  public static EvidenceBook of(Workspace workspace) throws IOException {
    return new EvidenceBook(
        SealedDocuments.evidence(
            workspace.regions(),
            Records.of(workspace.keystore(), workspace.document()),
            workspace.environment().random()),
        workspace.keystore(),
        workspace.document(),
        workspace.environment().clock(),
        "lifeboat " + Version.current());
  }
}
