package dev.lifeboat.verify.drill;

import java.time.Duration;

/**
 * When a drill shows that it would notice a broken copy, by seeding faults.
 *
 * @param within for {@link When#WHEN_DUE}: how long it stays shown
 */
public record SelfTestPlan(When when, Duration within) {
  /** How long it stays shown where nothing else is said. */
  public static final Duration WITHIN = Duration.ofDays(30);

  /** In every run, and in none. */
  public static final SelfTestPlan ALWAYS = new SelfTestPlan(When.ALWAYS, WITHIN);

  public static final SelfTestPlan NEVER = new SelfTestPlan(When.NEVER, WITHIN);

  /** Which runs seed faults. Names are words of the configuration. */
  public enum When {
    /** The first, and others when it is due again, or when something changed that matters. */
    WHEN_DUE,
    /** Every one. */
    ALWAYS,
    /** None: nothing is proven then. */
    NEVER
  }

  public SelfTestPlan {
    if (!within.isPositive()) {
      throw new IllegalArgumentException(
          "a self-test that counts for no time never counts: write a longer one, or always");
    }
  }
}
