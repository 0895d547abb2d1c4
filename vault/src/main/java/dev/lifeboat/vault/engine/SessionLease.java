package dev.lifeboat.vault.engine;

/** What keeps reclamation away from the packs that a session counts on. */
interface SessionLease extends AutoCloseable {
  /**
   * Renews the lease.
   *
   * @throws dev.lifeboat.vault.VaultException.Conflict if it was lost
   */
  void check();

  @Override
  void close();
}
