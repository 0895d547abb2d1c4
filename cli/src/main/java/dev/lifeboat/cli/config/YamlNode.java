package dev.lifeboat.cli.config;

import java.util.LinkedHashMap;
import java.util.List;

/** A YAML document with the place of everything in it. */
sealed interface YamlNode {
  Place place();

  /** What it is, for error messages. */
  default String kind() {
    return switch (this) {
      case Scalar _ -> "a single value";
      case Sequence _ -> "a list";
      case Mapping _ -> "a group of keys";
      case Empty _ -> "nothing";
    };
  }

  /**
   * A single value.
   *
   * @param text as written, without quotes
   */
  record Scalar(Place place, String text) implements YamlNode {}

  record Sequence(Place place, List<YamlNode> items) implements YamlNode {}

  record Mapping(Place place, LinkedHashMap<String, Entry> entries) implements YamlNode {}

  /** A key without a value. */
  record Empty(Place place) implements YamlNode {}

  /** A value and where its key stands. */
  record Entry(Place key, YamlNode value) {}
}
