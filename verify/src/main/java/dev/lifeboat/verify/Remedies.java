package dev.lifeboat.verify;

import dev.lifeboat.vault.region.ObjectKey;
import dev.lifeboat.vault.region.RegionName;
import java.util.Optional;

/** Commands that mend. */
final class Remedies {
  private Remedies() {}

  /** Whether an object that no region has unharmed can be made anew from others. */
  static boolean isRebuilt(ObjectKey key) {
    return key.value().startsWith(IndexCover.PREFIX);
  }

  /** What brings a good copy of an object into a region. */
  static Optional<String> copy(RegionName region, boolean elsewhere) {
    return elsewhere ? Optional.of("lifeboat verify --heal --region " + region) : Optional.empty();
  }
}
