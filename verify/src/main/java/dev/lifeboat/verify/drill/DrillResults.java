package dev.lifeboat.verify.drill;

import java.io.IOException;
import java.util.List;

/** Where the reports of drills are kept. */
public interface DrillResults {
  /** Keeps a report, whole or not at all; one of the same id is replaced. */
  void save(DrillReport report) throws IOException;

  /**
   * All reports that are kept, oldest first.
   *
   * @throws IOException if one cannot be read: a list that silently lacks it would be a lie
   */
  List<DrillReport> all() throws IOException;
}
