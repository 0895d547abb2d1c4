package dev.lifeboat.cli;

import java.util.Arrays;

/** How the program ends. The numbers are a promise to scripts and schedulers. */
public enum ExitCode {
  DONE(0, "done"),
  FAILED(1, "failed"),
  USAGE(2, "wrong usage or configuration"),
  INCOMPLETE(3, "incomplete: a snapshot is partial"),
  REFUSED(4, "refused before anything was changed"),
  INTERRUPTED(5, "interrupted"),
  NOT_FOUND(6, "not found"),
  CONFLICT(7, "locked or in conflict"),
  UNREACHABLE(8, "a region or source is unreachable"),
  UNPROVEN(9, "verification or drill failed"),
  KEY_UNAVAILABLE(10, "key missing or wrong");

  private final int code;
  private final String meaning;

  ExitCode(int code, String meaning) {
    this.code = code;
    this.meaning = meaning;
  }

  /** The one with this number; {@link #FAILED} for a number that has none. */
  public static ExitCode of(int code) {
    return Arrays.stream(values()).filter(known -> known.code == code).findFirst().orElse(FAILED);
  }

  public int code() {
    return code;
  }

  public String meaning() {
    return meaning;
  }
}
