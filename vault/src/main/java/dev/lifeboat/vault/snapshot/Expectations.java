package dev.lifeboat.vault.snapshot;

import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What must be found in whatever is restored from a snapshot, taken by its source from the same
 * instant as the data: row counts and checksums, refs and object ids, file counts and root hash.
 *
 * <p>A check gathers the same facts from what was brought back and compares them one by one. A fact
 * that was not taken (a checksum of a table too large) says so in its value and stands in {@code
 * limits}, never in {@code facts}.
 *
 * @param source kind of source that took them, for example {@code postgres}
 * @param version of the meaning of the facts; facts of different versions are not compared
 * @param facts name to value, for example {@code table/crm/public.orders/rows} to {@code 4711}
 * @param limits what was left out, to the reason
 */
public record Expectations(
    String source, int version, SortedMap<String, String> facts, SortedMap<String, String> limits) {
  public Expectations {
    facts = Collections.unmodifiableSortedMap(new TreeMap<>(facts));
    limits = Collections.unmodifiableSortedMap(new TreeMap<>(limits));
  }
}
