package dev.lifeboat.sources.h2;

import dev.lifeboat.sources.Secret;
import dev.lifeboat.sources.SourceException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Optional;
import java.util.Properties;
import org.h2.api.ErrorCode;

/** How to reach an H2 database. */
record H2Database(String url, String user) {
  /**
   * Opens it.
   *
   * @param mustExist whether to refuse one that is not there: H2 would make an empty one
   */
  Connection open(Optional<Secret> password, boolean mustExist) throws SourceException.Unreachable {
    Properties properties = new Properties();
    properties.setProperty("user", user);
    properties.setProperty("password", password.map(Secret::exposeSecret).orElse(""));
    if (mustExist) {
      properties.setProperty("IFEXISTS", "TRUE");
    }
    try {
      return DriverManager.getConnection(url, properties);
    } catch (SQLException e) {
      String remedy =
          switch (e.getErrorCode()) {
            case ErrorCode.DATABASE_ALREADY_OPEN_1 ->
                "another process has it open: add ;AUTO_SERVER=TRUE to its url there and here, or"
                    + " run an H2 server and use jdbc:h2:tcp:, or stop that process";
            case ErrorCode.DATABASE_NOT_FOUND_WITH_IF_EXISTS_1 -> "check the path: there is none";
            case ErrorCode.WRONG_USER_OR_PASSWORD -> "check user '%s' and password".formatted(user);
            default -> "check the url, and that the server runs if it names one";
          };
      throw new SourceException.Unreachable(
          "H2 %s: %s; %s".formatted(url, e.getMessage(), remedy), e);
    }
  }
}
