package dev.lifeboat.schedules;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LocalTimetableStoreTest {
  @TempDir private Path directory;

  @Test
  void write_onAThreadThatIsInterrupted_isKept() throws Exception {
    LocalTimetableStore store = LocalTimetableStore.open(directory);
    try (Connection connection = store.getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute("CREATE TABLE TOLD (NUMBER INT)");
      for (int i = 0; i < 5; i++) {
        Thread.currentThread().interrupt();
        statement.execute("INSERT INTO TOLD VALUES (" + i + ")");
        boolean _ = Thread.interrupted();
      }
    } finally {
      store.shutdown();
    }

    LocalTimetableStore again = LocalTimetableStore.open(directory);
    try (Connection connection = again.getConnection();
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("SELECT COUNT(*) FROM TOLD")) {
      assertThat(row.next()).isTrue();
      assertThat(row.getInt(1)).isEqualTo(5);
    } finally {
      again.shutdown();
    }
  }
}
