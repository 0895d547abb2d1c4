package dev.lifeboat.verify.drill;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a journal names is removed: it names only what its drill made. */
final class DrillJournalTest {
  @TempDir private Path directory;

  @Test
  void named_whatNoDrillMakes_isLeftAlone() throws Exception {
    Path journal =
        Files.writeString(
            directory.resolve("journal"),
            """
            directory /srv/scratch/lifeboat-drill-d1
            directory /tmp/lifeboat-drill-d1-t3
            directory /srv/scratch/lifeboat-drill-d2
            directory /srv/scratch/lifeboat-drill-d12
            directory /srv/lifeboat-drill-d1/customers
            directory /srv/customers
            directory /
            directory lifeboat-drill-d1
            directory /srv/unfinished/lifeboat-drill-d1\
            """);
    assertThat(DrillJournal.named(journal, "d1"))
        .containsExactly(
            Path.of("/srv/scratch/lifeboat-drill-d1"), Path.of("/tmp/lifeboat-drill-d1-t3"));
  }

  @Test
  void named_noJournal_isNothing() throws Exception {
    assertThat(DrillJournal.named(directory.resolve("journal"), "d1")).isEmpty();
  }
}
