package dev.lifeboat.schedules.alert;

import java.util.Locale;

/** Why somebody is told of an alert. The names, in lower case with hyphens, are a promise. */
public enum AlertEvent {
  /** It is new, or has become worse. */
  RAISED,
  /** It is as it was, and nobody has acknowledged it. */
  REPEATED,
  /** Others were told, and nobody has acknowledged it. */
  ESCALATED,
  /** Others should have been told, and their channel takes no message. */
  HANDED_ON,
  /** Somebody sees to it. */
  ACKNOWLEDGED,
  /** It is over. */
  RESOLVED;

  /** As it is printed. */
  public String text() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** Whether the alert is still there. */
  public boolean isFiring() {
    return switch (this) {
      case RAISED, REPEATED, ESCALATED, HANDED_ON -> true;
      case ACKNOWLEDGED, RESOLVED -> false;
    };
  }
}
