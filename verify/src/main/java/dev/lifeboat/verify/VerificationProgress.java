package dev.lifeboat.verify;

/** Told how far a verification is. Must return quickly. */
public interface VerificationProgress {
  VerificationProgress NONE = new VerificationProgress() {};

  /** What is being done now. */
  default void at(String stage) {}

  /** More objects with so many bytes were read. */
  default void objects(long more, long bytes) {}

  /** More frames were decoded. */
  default void frames(long more) {}
}
