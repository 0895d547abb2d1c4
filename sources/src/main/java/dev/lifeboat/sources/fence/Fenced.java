package dev.lifeboat.sources.fence;

import dev.lifeboat.sources.Secret;
import dev.lifeboat.sources.SourceException;
import dev.lifeboat.vault.snapshot.Expectations;
import dev.lifeboat.vault.snapshot.SnapshotView;
import java.net.URI;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;

/** A place of its own for one snapshot. For one thread. */
public interface Fenced extends AutoCloseable {
  /** Where to bring back to; {@code file:} for a directory. */
  URI target();

  /** What the target asks for, if anything; closed by whoever gave it. */
  default Optional<Secret> password() {
    return Optional.empty();
  }

  /** What is fenced off, to how. */
  SortedMap<String, String> isolation();

  /** Name to version of the programs that run here. */
  SortedMap<String, String> tools();

  /**
   * Uses what was brought back, as its users would. Comes after the comparison with what was
   * sealed: a trial may leave traces.
   *
   * @throws SourceException if it cannot be tried; something found wrong is a {@link Trial}
   */
  Trials tryOut(SnapshotView snapshot) throws SourceException, InterruptedException;

  /**
   * The first column of the first row that a question in SQL has as its answer; {@code (no row)}
   * and {@code (null)} for nothing.
   *
   * @param database empty for the only one
   * @throws SourceException.Refused if there is nobody here to ask
   * @throws SourceException.Failed if the question cannot be answered
   */
  String ask(String database, String sql) throws SourceException;

  /**
   * Faults that can be made here, each of which a comparison with these expectations must find. In
   * the order in which they can be made one after the other.
   */
  List<TargetFault> faults(Expectations sealed) throws SourceException;

  /**
   * Stops everything and removes what lies outside of the directory that was given.
   *
   * @throws SourceException.Failed if something is still there, naming it
   */
  @Override
  void close() throws SourceException;
}
