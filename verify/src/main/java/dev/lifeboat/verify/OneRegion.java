package dev.lifeboat.verify;

import dev.lifeboat.vault.region.ForwardingRegion;
import dev.lifeboat.vault.region.Region;

/** A region lent to a vault of its own: closing that vault leaves the region open. */
final class OneRegion extends ForwardingRegion {
  OneRegion(Region lent) {
    super(lent);
  }

  @Override
  public void close() {}
}
