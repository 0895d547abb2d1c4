package dev.lifeboat.cli.config;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Describes a key. A key is required unless it has a {@link #fallback}, is an {@link
 * java.util.Optional}, a list or a map, or is one of several {@link #choice alternatives}.
 */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.RECORD_COMPONENT)
@interface Doc {
  /** One sentence for people; it goes into the schema. */
  String value();

  /** What stands for an absent key, as it would be written in the file. */
  String fallback() default "";

  /** Keys with the same choice exclude each other, and exactly one of them must be there. */
  String choice() default "";

  /** For lists and maps: that there must be an entry. */
  boolean notEmpty() default false;

  /** For whole numbers: the smallest. */
  int atLeast() default 0;
}
