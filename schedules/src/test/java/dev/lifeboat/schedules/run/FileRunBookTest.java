package dev.lifeboat.schedules.run;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class FileRunBookTest extends RunBookContract {
  @TempDir private Path home;

  @Override
  RunBook open() {
    return RunBook.ofHome(home);
  }

  @Test
  void list_withAFileThatIsNoRun_leavesItOut() throws Exception {
    Run run = run(runner((_, _) -> 0));
    Files.writeString(home.resolve("runs/broken.json"), "{\"id\": ");

    assertThat(book().list()).containsExactly(run);
  }

  /** By its content it may go; that it was written since says that it may not, without a look. */
  @Test
  void prune_ofWhatWasWrittenSince_doesNotLookAtIt() throws Exception {
    Run run = run(runner((_, _) -> 0));
    Instant later = run.ended().orElseThrow().plus(Duration.ofDays(1));
    Path file = home.resolve("runs").resolve(run.id() + ".json");
    Files.setLastModifiedTime(file, FileTime.from(later));

    book().prune(later);
    assertThat(book().find(run.id())).isEqualTo(Optional.of(run));

    Files.setLastModifiedTime(file, FileTime.from(later.minusSeconds(1)));
    book().prune(later);
    assertThat(book().list()).isEmpty();
  }
}
