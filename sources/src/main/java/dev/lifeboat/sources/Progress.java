package dev.lifeboat.sources;

/** Told how far some work is. Called from many threads; must return quickly. */
public interface Progress {
  Progress NONE = new Progress() {};

  /** What is being worked on now: a path, a table, a stage. */
  default void at(String what) {}

  /** More bytes were read from the source or written to the target. */
  default void bytes(long more) {}

  /** More files, tables or repositories are done. */
  default void items(long more) {}
}
