package dev.lifeboat.sources.directory;

/**
 * What a restore does with what already exists under the same name. A directory is never replaced
 * by something else, and nothing but an empty directory is ever lost to a directory's name.
 */
public enum Overwrite {
  /** Leave it; what was not restored is reported. */
  NEVER,
  /** Replace it if the snapshot's modification time is later; report it otherwise. */
  IF_NEWER,
  /** Replace it. */
  ALWAYS
}
