package dev.lifeboat.jobs;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.logging.FileHandler;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;

/**
 * While open, what the program and its libraries log goes to {@code <home>/logs/lifeboat.*.log} and
 * nowhere else: standard output belongs to the report, standard error to the command line.
 */
final class NightLog implements AutoCloseable {
  private static final int FILE_BYTES = 5_000_000;
  private static final int FILES = 5;

  private final FileHandler handler;
  private final List<Route> routes = new ArrayList<>();

  /**
   * A logger and how it was before. Held, because loggers that nobody holds lose their settings.
   */
  private record Route(Logger logger, boolean parent) {}

  NightLog(Path home) {
    try {
      // '%' begins a pattern in the name of a log file.
      String directory = Homes.directory(home.resolve("logs")).toString().replace("%", "%%");
      handler = new FileHandler(directory + "/lifeboat.%g.log", FILE_BYTES, FILES, true);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot log to " + home.resolve("logs"), e);
    }
    handler.setFormatter(new SimpleFormatter());
    handler.setLevel(Level.ALL);
    for (String name : List.of("dev.lifeboat", "org.springframework", "org.h2")) {
      Logger logger = Logger.getLogger(name);
      routes.add(new Route(logger, logger.getUseParentHandlers()));
      logger.setUseParentHandlers(false);
      logger.addHandler(handler);
    }
  }

  @Override
  public void close() {
    for (Route route : routes) {
      route.logger().removeHandler(handler);
      route.logger().setUseParentHandlers(route.parent());
    }
    handler.close();
  }
}
