package dev.lifeboat.vault.region;

/**
 * Something that lies over an object in a region that keeps versions: nothing that Lifeboat does.
 *
 * @param kind what it is
 * @param detail in words, for people
 */
public record Overlay(ObjectKey key, Kind kind, String detail) {
  /** Kinds of overlays. */
  public enum Kind {
    /** The object is hidden, as if it had been deleted. Lifeboat looks through it. */
    DELETE_MARKER,
    /** There are several versions with different bytes; the newest is what is read first. */
    OTHER_BYTES
  }
}
