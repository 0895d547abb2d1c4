package dev.lifeboat.jobs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.jdbc.core.simple.JdbcClient;

final class StateDatabaseTest {
  @TempDir Path home;

  @Test
  void open_twice_keepsWhatWasWritten() {
    try (StateDatabase database = StateDatabase.open(home, 2)) {
      JdbcClient.create(database.dataSource())
          .sql(
              "INSERT INTO LIFEBOAT_NIGHT (NIGHT, JOB, STARTED, RUNS) VALUES ('n', 'nightly', CURRENT_TIMESTAMP, 1)")
          .update();
    }
    assertThat(JobRepositoryProbe.query(home, "SELECT NIGHT FROM LIFEBOAT_NIGHT"))
        .containsExactly("n");
  }

  @Test
  void open_leavesNothingOthersCanRead() throws Exception {
    StateDatabase.open(home, 2).close();

    assertThat(StateDatabase.file(home)).exists();
    assertThat(Files.getPosixFilePermissions(StateDatabase.file(home))).hasSize(2);
    assertThat(Files.getPosixFilePermissions(StateDatabase.file(home).getParent())).hasSize(3);
  }

  @Test
  void open_crashedWhileMaking_beginsAgain() throws Exception {
    Path making = home.resolve("state/making");
    Files.createDirectories(making);
    Files.write(making.resolve("lifeboat.mv.db"), new byte[5_000]);

    StateDatabase.open(home, 2).close();

    assertThat(JobRepositoryProbe.query(home, "SELECT VERSION FROM LIFEBOAT_STATE_VERSION"))
        .containsExactly("1");
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 100, 9_000})
  void open_truncated_saysSoAndHowToGoOn(long bytes) throws Exception {
    StateDatabase.open(home, 2).close();
    try (FileChannel file = FileChannel.open(StateDatabase.file(home), StandardOpenOption.WRITE)) {
      file.truncate(bytes);
    }
    assertDamagedAndMendable();
  }

  @Test
  void open_overwrittenWithNoise_saysSoAndHowToGoOn() throws Exception {
    StateDatabase.open(home, 2).close();
    byte[] noise = new byte[(int) Files.size(StateDatabase.file(home))];
    new Random(42).nextBytes(noise);
    try (FileChannel file = FileChannel.open(StateDatabase.file(home), StandardOpenOption.WRITE)) {
      file.write(ByteBuffer.wrap(noise));
    }
    assertDamagedAndMendable();
  }

  /** The remedy in the message is what is then done. */
  private void assertDamagedAndMendable() throws Exception {
    Path file = StateDatabase.file(home);
    assertThatThrownBy(() -> StateDatabase.open(home, 2))
        .isInstanceOf(StateDatabaseException.Damaged.class)
        .hasMessageContaining("no backups")
        .hasMessageContaining("mv '%s' '%s.damaged'".formatted(file, file));
    Process mv = new ProcessBuilder("mv", file.toString(), file + ".damaged").inheritIO().start();
    assertThat(mv.waitFor()).isZero();
    StateDatabase.open(home, 2).close();
    assertThat(file).exists();
  }

  @Test
  void open_newer_saysSo() {
    try (StateDatabase database = StateDatabase.open(home, 2)) {
      JdbcClient.create(database.dataSource())
          .sql("UPDATE LIFEBOAT_STATE_VERSION SET VERSION = 7")
          .update();
    }
    assertThatThrownBy(() -> StateDatabase.open(home, 2))
        .isInstanceOf(StateDatabaseException.Newer.class)
        .hasMessageContaining("version 7")
        .hasMessageContaining("use a newer lifeboat");
  }
}
