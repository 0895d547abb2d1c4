package dev.lifeboat.vault.engine;

import dev.lifeboat.vault.VaultException;
import dev.lifeboat.vault.region.ObjectKey;
import dev.lifeboat.vault.region.RegionName;
import java.util.Collections;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * A manifest that is listed and of which no region has good bytes.
 *
 * @param regions that list it
 */
public record Unreadable(ObjectKey key, SortedSet<RegionName> regions, VaultException why) {
  public Unreadable {
    regions = Collections.unmodifiableSortedSet(new TreeSet<>(regions));
  }
}
