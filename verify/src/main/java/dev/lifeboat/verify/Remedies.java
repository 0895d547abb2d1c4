package dev.lifeboat.verify;

import dev.lifeboat.vault.region.RegionName;
import java.util.Optional;

/** Commands that mend. */
final class Remedies {
  private Remedies() {}

  /** What brings a good copy of an object into a region. */
  static Optional<String> copy(RegionName region, boolean elsewhere) {
    return elsewhere ? Optional.of("lifeboat verify --heal --region " + region) : Optional.empty();
  }
}
