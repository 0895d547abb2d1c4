package dev.lifeboat.cli.wiring;

import dev.lifeboat.vault.VaultException;
import dev.lifeboat.vault.region.ObjectKey;
import dev.lifeboat.vault.region.PutReport;
import dev.lifeboat.vault.region.Region;
import dev.lifeboat.vault.region.RegionException;
import dev.lifeboat.vault.region.RegionSet;
import dev.lifeboat.vault.seal.SigningKey;
import dev.lifeboat.vault.seal.VaultDocument;
import dev.lifeboat.vault.seal.VerifyKey;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;

/** The vault document in the regions: the newest generation that any of them has. */
public final class Documents {
  private final RegionSet regions;

  public Documents(RegionSet regions) {
    this.regions = regions;
  }

  /**
   * The newest document, if any region has one.
   *
   * @param root the key it must be signed with, where one is known
   * @throws VaultException.Unreachable if no region can be asked; one that can is enough, because
   *     the host keystore notices a document that is older than one seen
   */
  public Optional<VaultDocument> newest(Optional<VerifyKey> root) {
    TreeSet<ObjectKey> keys = new TreeSet<>();
    List<RegionException> failures = new ArrayList<>();
    for (Region region : regions.regions()) {
      try {
        region.list(VaultDocument.PREFIX, info -> keys.add(info.key()));
      } catch (RegionException e) {
        failures.add(e);
      }
    }
    if (keys.isEmpty()) {
      if (!failures.isEmpty()) {
        throw new VaultException.Unreachable(
            failures.size() == regions.regions().size()
                ? "no region answers: " + failures.getFirst().getMessage()
                : "no vault in the regions that answer, and " + failures.getFirst().getMessage(),
            failures);
      }
      return Optional.empty();
    }
    byte[] bytes = regions.read(keys.last(), candidate -> isDocument(candidate, root));
    return Optional.of(VaultDocument.decode(bytes, root));
  }

  private static boolean isDocument(byte[] candidate, Optional<VerifyKey> root) {
    try {
      VaultDocument.decode(candidate, root);
      return true;
    } catch (VaultException.Damaged | VaultException.Untrusted e) {
      return false;
    }
  }

  /**
   * Signs and stores a document.
   *
   * @throws VaultException.Unreachable if fewer regions than the quorum took it
   */
  public void store(VaultDocument document, SigningKey rootKey) {
    store(regions, document.key(), document.encode(rootKey));
  }

  /** Stores a small object that must not be lost. */
  static void store(RegionSet regions, ObjectKey key, byte[] bytes) {
    PutReport report = regions.put(key, ByteBuffer.wrap(bytes));
    if (!report.reaches(regions.quorum())) {
      throw new VaultException.Unreachable(
          "%s is in %d regions, %d are needed: %s"
              .formatted(
                  key,
                  report.held().size(),
                  regions.quorum(),
                  String.join(
                      "; ", report.failed().values().stream().map(Throwable::getMessage).toList())),
          List.copyOf(report.failed().values()));
    }
  }
}
