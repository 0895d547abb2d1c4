package dev.lifeboat.cli.config;

import java.lang.reflect.InvocationTargetException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** A configuration as it is understood: defaults filled in, paths absolute, secrets masked. */
public final class ConfigView {
  private static final Pattern PLAIN = Pattern.compile("[A-Za-z0-9/._@%+-][A-Za-z0-9/._@%+:=-]*");

  private ConfigView() {}

  /** As maps, lists and single values. What a command would print is not run, so nothing leaks. */
  public static Map<String, Object> of(Configuration configuration) {
    Map<String, Object> view = record(configuration);
    @SuppressWarnings("unchecked") // record() made it a moment ago
    Map<String, Object> vault = (Map<String, Object>) view.get("vault");
    if (vault != null) {
      vault.put("quorum", configuration.vault().effectiveQuorum());
    }
    return view;
  }

  private static Map<String, Object> record(Object value) {
    Map<String, Object> view = new LinkedHashMap<>();
    for (Shape.Key key : Shape.of(value.getClass()).keys()) {
      Object component = component(key, value);
      if (component instanceof Optional<?> optional) {
        component = optional.orElse(null);
      }
      if (component != null && !(component instanceof List<?> list && list.isEmpty())) {
        view.put(
            key.name(),
            (value instanceof SecretSource || value instanceof S3Section.Credentials)
                    && key.name().equals("command")
                ? "(masked)"
                : view(component));
      }
    }
    return view;
  }

  private static Object view(Object value) {
    return switch (value) {
      case List<?> list -> list.stream().map(ConfigView::view).toList();
      case Map<?, ?> map -> {
        Map<String, Object> view = new LinkedHashMap<>();
        map.forEach((name, entry) -> view.put(name.toString(), view(entry)));
        yield view;
      }
      case Integer number -> number;
      case Boolean flag -> flag;
      default ->
          Scalars.of(value.getClass()) == null && value.getClass().isRecord()
              ? record(value)
              : value instanceof java.nio.file.Path || value instanceof java.time.ZoneId
                  ? value.toString()
                  : Scalars.show(value);
    };
  }

  private static @Nullable Object component(Shape.Key key, Object value) {
    try {
      var accessor = key.component().getAccessor();
      accessor.setAccessible(true);
      return accessor.invoke(value);
    } catch (IllegalAccessException | InvocationTargetException e) {
      throw new IllegalStateException("cannot read " + key.component(), e);
    }
  }

  /** As YAML that {@link ConfigLoader} reads back to the same configuration. */
  public static String yaml(Map<String, Object> view) {
    StringBuilder out = new StringBuilder();
    write(out, view, 0);
    return out.toString();
  }

  private static void write(StringBuilder out, Map<?, ?> map, int depth) {
    map.forEach((name, value) -> {
      out.repeat("  ", depth).append(scalar(name)).append(':');
      writeValue(out, value, depth);
    });
  }

  private static void writeValue(StringBuilder out, Object value, int depth) {
    switch (value) {
      case Map<?, ?> map when map.isEmpty() -> out.append(" {}\n");
      case Map<?, ?> map -> {
        out.append('\n');
        write(out, map, depth + 1);
      }
      case List<?> list -> {
        out.append('\n');
        for (Object item : list) {
          if (item instanceof Map<?, ?> map) {
            StringBuilder block = new StringBuilder();
            write(block, map, depth + 2);
            // The dash takes the place of the first line's last indentation.
            block.replace(0, 2 * (depth + 2), "  ".repeat(depth + 1) + "- ");
            out.append(block);
          } else {
            out.repeat("  ", depth + 1).append("- ").append(scalar(item)).append('\n');
          }
        }
      }
      default -> out.append(' ').append(scalar(value)).append('\n');
    }
  }

  private static String scalar(Object value) {
    String text = value.toString();
    if (!(value instanceof String) || (PLAIN.matcher(text).matches() && !looksTyped(text))) {
      return text;
    }
    return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n") + '"';
  }

  /** What YAML would read as something else than a string. */
  private static boolean looksTyped(String text) {
    return text.matches("(?i)true|false|null|yes|no|on|off|~|[-+.0-9][-+.0-9eE_:xo]*")
        || text.endsWith(":");
  }
}
