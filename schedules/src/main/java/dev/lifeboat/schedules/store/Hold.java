package dev.lifeboat.schedules.store;

/** Something that one has at a time, until it is closed; good to close twice. */
public interface Hold extends AutoCloseable {
  /** Of one that shares with nobody: always held. */
  Hold OWN =
      new Hold() {
        @Override
        public boolean isHeld() {
          return true;
        }

        @Override
        public void close() {}
      };

  /** Whether it still has it: not if others took it for dead. */
  boolean isHeld();

  /** Lets others have it: now, or when the database answers again. */
  @Override
  void close();
}
