package dev.lifeboat.cli.config;

import dev.lifeboat.cli.config.ConfigException.Problem;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.RecordComponent;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Binds a YAML document to records, and collects whatever does not fit instead of stopping at it.
 */
final class Binder {
  private final Path directory;
  private final List<Problem> problems;

  /**
   * A binder.
   *
   * @param directory what relative paths are relative to
   */
  Binder(Path directory, List<Problem> problems) {
    this.directory = directory;
    this.problems = problems;
  }

  /** The record, or nothing if a problem was found in it. */
  @Nullable Object bind(Class<?> type, YamlNode node, String path) {
    if (node instanceof YamlNode.Mapping mapping) {
      return record(type, mapping, path);
    }
    if (node instanceof YamlNode.Empty empty) {
      return record(type, new YamlNode.Mapping(empty.place(), new LinkedHashMap<>()), path);
    }
    String remedy =
        type == SecretSource.class
            ? "a secret never stands in this file: write {file: PATH}, {env: NAME} or {command: \"…\"}"
            : "needs keys (%s), not %s".formatted(keys(Shape.of(type)), node.kind());
    problems.add(new Problem(node.place(), path, remedy));
    return null;
  }

  private @Nullable Object record(Class<?> type, YamlNode.Mapping mapping, String path) {
    int before = problems.size();
    Shape shape = Shape.of(type);
    refuseUnknown(shape, mapping, path);
    checkChoices(shape, mapping, path);
    Map<String, @Nullable Object> values = new LinkedHashMap<>();
    for (Shape.Key key : shape.keys()) {
      values.put(key.component().getName(), value(key, mapping, path));
    }
    if (problems.size() > before) {
      return null;
    }
    RecordComponent[] components = type.getRecordComponents();
    Object[] arguments =
        Arrays.stream(components)
            .map(c -> c.getType() == Place.class ? mapping.place() : values.get(c.getName()))
            .toArray();
    return construct(type, components, arguments, mapping.place(), path);
  }

  private @Nullable Object construct(
      Class<?> type, RecordComponent[] components, Object[] arguments, Place place, String path) {
    Class<?>[] types =
        Arrays.stream(components).map(RecordComponent::getType).toArray(Class<?>[]::new);
    try {
      return type.getDeclaredConstructor(types).newInstance(arguments);
    } catch (InvocationTargetException e) {
      if (e.getCause() instanceof IllegalArgumentException refused) {
        problems.add(new Problem(place, path, String.valueOf(refused.getMessage())));
        return null;
      }
      throw new IllegalStateException("cannot make a " + type, e);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("cannot make a " + type, e);
    }
  }

  private void refuseUnknown(Shape shape, YamlNode.Mapping mapping, String path) {
    mapping
        .entries()
        .forEach((name, entry) -> {
          if (shape.keys().stream().noneMatch(key -> key.name().equals(name))) {
            String remedy =
                nearest(name, shape)
                    .map(known -> "unknown key; did you mean '%s'?".formatted(known))
                    .orElseGet(() -> "unknown key; here belong: " + keys(shape));
            problems.add(new Problem(entry.key(), join(path, name), remedy));
          }
        });
  }

  private void checkChoices(Shape shape, YamlNode.Mapping mapping, String path) {
    Map<String, List<Shape.Key>> choices =
        shape.keys().stream()
            .filter(key -> !key.doc().choice().isEmpty())
            .collect(Collectors.groupingBy(key -> key.doc().choice()));
    choices.forEach((choice, alternatives) -> {
      List<String> present =
          alternatives.stream()
              .map(Shape.Key::name)
              .filter(mapping.entries()::containsKey)
              .toList();
      String all = alternatives.stream().map(Shape.Key::name).collect(Collectors.joining(", "));
      if (present.isEmpty()) {
        problems.add(
            new Problem(mapping.place(), path, "lacks its %s: one of %s".formatted(choice, all)));
      } else if (present.size() > 1) {
        problems.add(
            new Problem(
                mapping.place(),
                path,
                "has %s; write only one of them".formatted(String.join(" and ", present))));
      }
    });
  }

  private @Nullable Object value(Shape.Key key, YamlNode.Mapping mapping, String path) {
    YamlNode.@Nullable Entry entry = mapping.entries().get(key.name());
    String here = join(path, key.name());
    YamlNode node = entry == null ? null : entry.value();
    // A key with nothing behind it is a key forgotten: an empty value never means the default.
    if (node instanceof YamlNode.Empty && key.form() == Shape.Form.SINGLE) {
      if (Scalars.of(key.value()) != null || key.required()) {
        problems.add(new Problem(node.place(), here, "has no value; write one or remove the key"));
        return null;
      }
    }
    Object value =
        switch (key.form()) {
          case SINGLE -> single(key, node, mapping.place(), path, here);
          case LIST -> list(key, node, here);
          case MAP -> map(key, node, here);
        };
    if (key.doc().notEmpty() && (value instanceof List<?> l && l.isEmpty())) {
      if (entry == null || node instanceof YamlNode.Empty || isEmptyList(node)) {
        problems.add(
            new Problem(
                entry == null ? mapping.place() : entry.key(), here, "needs at least one entry"));
      }
    }
    return value;
  }

  private static boolean isEmptyList(@Nullable YamlNode node) {
    return node instanceof YamlNode.Sequence sequence && sequence.items().isEmpty();
  }

  private @Nullable Object single(
      Shape.Key key, @Nullable YamlNode node, Place parent, String path, String here) {
    if (node == null) {
      if (key.required()) {
        problems.add(
            new Problem(
                parent,
                path,
                "lacks '%s': %s".formatted(key.name(), lowerFirst(key.doc().value()))));
        return null;
      }
      if (key.doc().fallback().isEmpty()) {
        return Optional.empty();
      }
      YamlNode fallback =
          key.value().isRecord() && Scalars.of(key.value()) == null
              ? new YamlNode.Empty(parent)
              : new YamlNode.Scalar(parent, key.doc().fallback());
      return one(key, fallback, here);
    }
    Object value = one(key, node, here);
    return key.optional() && value != null ? Optional.of(value) : value;
  }

  private @Nullable Object one(Shape.Key key, YamlNode node, String here) {
    Scalars.@Nullable Type<?> scalar = Scalars.of(key.value());
    if (scalar == null) {
      return bind(key.value(), node, here);
    }
    if (!(node instanceof YamlNode.Scalar(Place place, String text))) {
      problems.add(new Problem(node.place(), here, "needs a single value, not " + node.kind()));
      return null;
    }
    try {
      Object value = scalar.parser().parse(text, directory);
      if (value instanceof Integer number && number < key.doc().atLeast()) {
        problems.add(
            new Problem(
                place,
                here,
                "%d is too small: at least %d".formatted(number, key.doc().atLeast())));
      }
      return value;
    } catch (IllegalArgumentException e) {
      problems.add(new Problem(place, here, String.valueOf(e.getMessage())));
      return null;
    }
  }

  private List<Object> list(Shape.Key key, @Nullable YamlNode node, String here) {
    List<Object> values = new ArrayList<>();
    switch (node) {
      case null -> {}
      case YamlNode.Empty _ -> {}
      case YamlNode.Sequence sequence -> {
        for (int i = 0; i < sequence.items().size(); i++) {
          Object value = one(key, sequence.items().get(i), "%s[%d]".formatted(here, i));
          if (value != null) {
            values.add(value);
          }
        }
      }
      case YamlNode.Scalar scalar -> problems.add(needsList(scalar, here));
      case YamlNode.Mapping mapping -> problems.add(needsList(mapping, here));
    }
    return values;
  }

  private static Problem needsList(YamlNode node, String here) {
    return new Problem(
        node.place(),
        here,
        "needs a list, not %s: begin each entry with '- '".formatted(node.kind()));
  }

  private Map<String, Object> map(Shape.Key key, @Nullable YamlNode node, String here) {
    Map<String, Object> values = new TreeMap<>();
    switch (node) {
      case null -> {}
      case YamlNode.Empty _ -> {}
      case YamlNode.Mapping mapping ->
          mapping
              .entries()
              .forEach((name, entry) -> {
                Object value = one(key, entry.value(), join(here, name));
                if (value != null) {
                  values.put(name, value);
                }
              });
      case YamlNode.Scalar scalar -> problems.add(needsKeys(scalar, here));
      case YamlNode.Sequence sequence -> problems.add(needsKeys(sequence, here));
    }
    return Collections.unmodifiableMap(values);
  }

  private static Problem needsKeys(YamlNode node, String here) {
    return new Problem(node.place(), here, "needs names with values, not " + node.kind());
  }

  private static String join(String path, String key) {
    return path.isEmpty() ? key : path + "." + key;
  }

  private static String keys(Shape shape) {
    return shape.keys().stream().map(Shape.Key::name).collect(Collectors.joining(", "));
  }

  private static String lowerFirst(String sentence) {
    String text = sentence.endsWith(".") ? sentence.substring(0, sentence.length() - 1) : sentence;
    return Character.toLowerCase(text.charAt(0)) + text.substring(1);
  }

  private static Optional<String> nearest(String name, Shape shape) {
    String best = null;
    int least = 3;
    for (Shape.Key key : shape.keys()) {
      int distance = Spelling.distance(name, key.name());
      if (distance < Math.min(least, key.name().length())) {
        least = distance;
        best = key.name();
      }
    }
    return Optional.ofNullable(best);
  }
}
