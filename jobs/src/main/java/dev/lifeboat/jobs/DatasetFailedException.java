package dev.lifeboat.jobs;

/** A dataset was not captured; fails its partition. */
final class DatasetFailedException extends Exception {
  DatasetFailedException(String message) {
    super(message);
  }
}
