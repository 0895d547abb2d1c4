package dev.lifeboat.cli.config;

/**
 * Where in a configuration file something stands. As a component of a configuration record it is no
 * key of the file: the binder fills it in.
 *
 * @param file as it was named on the command line
 * @param line from 1
 * @param column from 1
 */
public record Place(String file, int line, int column) {
  /** {@code file:line:column}, as editors and terminals make links of it. */
  @Override
  public String toString() {
    return "%s:%d:%d".formatted(file, line, column);
  }
}
