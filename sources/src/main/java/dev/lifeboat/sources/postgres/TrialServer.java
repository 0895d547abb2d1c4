package dev.lifeboat.sources.postgres;

import dev.lifeboat.sources.Secret;
import dev.lifeboat.sources.SourceException;
import dev.lifeboat.sources.fence.Children;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;

/** A server on which a snapshot is tried out, with nothing else in it. */
interface TrialServer extends AutoCloseable {
  /** Where a restorer finds it. */
  URI target();

  /** What it asks for, if anything. */
  Optional<Secret> password();

  Endpoint endpoint();

  /** For example {@code 15.20}. */
  String version();

  /** What is fenced off, to how. */
  SortedMap<String, String> isolation();

  /**
   * Runs a program of PostgreSQL's against it; empty if there is no such program here.
   *
   * @param database the one it connects to unless it is told another
   */
  Optional<Children.Result> run(
      String program, String database, List<String> arguments, Duration patience)
      throws IOException, InterruptedException;

  /**
   * Leaves it as it was found.
   *
   * @throws SourceException.Failed if something is still there, naming it
   */
  @Override
  void close() throws SourceException;
}
