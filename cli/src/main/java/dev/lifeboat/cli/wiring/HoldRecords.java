package dev.lifeboat.cli.wiring;

import dev.lifeboat.cli.CliException;
import dev.lifeboat.cli.ExitCode;
import dev.lifeboat.vault.VaultException;
import dev.lifeboat.vault.reclaim.Holds;
import dev.lifeboat.vault.reclaim.Records;
import dev.lifeboat.vault.seal.TenantName;
import dev.lifeboat.vault.seal.TenantWriteKeys;
import java.io.IOException;
import java.util.List;

/** Pins and holds of this vault, signed by this host. */
public final class HoldRecords {
  private final Workspace workspace;
  private final Records records;

  public HoldRecords(Workspace workspace) throws IOException {
    this.workspace = workspace;
    this.records = Records.of(workspace.keystore(), workspace.document());
  }

  /** Refuses to act without one. */
  public static void requireReason(String reason) {
    if (reason.isBlank()) {
      throw new CliException(ExitCode.USAGE, "say why: --reason TEXT");
    }
  }

  /** What a hold on a tenant is about. */
  public String scope(TenantName tenant) throws IOException {
    TenantWriteKeys keys =
        workspace
            .keystore()
            .newest(tenant)
            .orElseThrow(() ->
                new VaultException.NotFound(
                    "there are no keys of tenant %s here".formatted(tenant)));
    return Holds.scope(keys.id());
  }

  public Holds read() throws InterruptedException {
    return Holds.read(workspace.regions(), records);
  }

  /** Those about exactly this. */
  public List<Holds.Hold> active(String scope) throws InterruptedException {
    return read().active().stream().filter(hold -> hold.scope().equals(scope)).toList();
  }

  public Holds.Hold place(String scope, String reason) {
    return Holds.place(
        workspace.regions(),
        records,
        workspace.environment().random(),
        workspace.environment().clock().instant(),
        scope,
        reason);
  }

  public void release(List<Holds.Hold> holds, String reason) {
    holds.forEach(hold -> Holds.release(workspace.regions(), records, hold, reason));
  }

  /** What a hold is about, as people call it where its tenant is known here. */
  public String name(Holds.Hold hold) throws IOException {
    for (TenantName tenant : workspace.keystore().tenants()) {
      for (TenantWriteKeys keys : workspace.keystore().generations(tenant)) {
        if (hold.scope().equals(Holds.scope(keys.id()))) {
          return "tenant " + tenant;
        }
      }
    }
    return hold.isPin()
        ? "snapshot " + hold.scope().substring(hold.scope().lastIndexOf('-') + 1)
        : "tenant " + hold.scope();
  }
}
