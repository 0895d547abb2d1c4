package dev.lifeboat.jobs;

import java.util.List;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/** Nightly verification: an inventory of every region, and a budgeted share of ciphertext. */
@FunctionalInterface
public interface NightVerification {
  /**
   * Verifies as much as the night's budget allows.
   *
   * @throws InterruptedException if the night is being stopped
   */
  Result verify() throws InterruptedException;

  /**
   * What came of it.
   *
   * @param counts what was looked at, by name: {@code objects}, {@code bytes hashed}. Nothing
   *     counted means that verification did not run, whatever else is said
   * @param findings one line for each thing that is not as it should be, with the command that
   *     mends it
   * @param unreachable regions that could not be asked
   */
  record Result(
      SortedMap<String, Long> counts, List<String> findings, SortedSet<String> unreachable) {
    public Result {
      counts = new TreeMap<>(counts);
      findings = List.copyOf(findings);
      unreachable = new TreeSet<>(unreachable);
    }

    /** Whether anything at all was looked at. */
    public boolean ran() {
      return counts.values().stream().anyMatch(count -> count > 0);
    }
  }
}
