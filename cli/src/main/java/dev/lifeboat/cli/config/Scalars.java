package dev.lifeboat.cli.config;

import dev.lifeboat.vault.region.RegionName;
import dev.lifeboat.vault.seal.DatasetName;
import dev.lifeboat.vault.seal.TenantName;
import java.math.BigDecimal;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.LocalTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The types of single values: how each is read, shown, and described in the schema. */
final class Scalars {
  /**
   * Reads one type.
   *
   * @param jsonType {@code string}, {@code integer}, {@code number} or {@code boolean}
   * @param pattern a regular expression every value matches; empty for none
   */
  record Type<T>(String jsonType, String pattern, Parser<T> parser) {}

  /** Throws {@link IllegalArgumentException} with the remedy in its message. */
  @FunctionalInterface
  interface Parser<T> {
    T parse(String text, Path directory);
  }

  private static final Map<Class<?>, Type<?>> TYPES =
      Map.ofEntries(
          Map.entry(String.class, new Type<>("string", "", (text, _) -> text)),
          Map.entry(int.class, new Type<>("integer", "", (text, _) -> integer(text))),
          Map.entry(Integer.class, new Type<>("integer", "", (text, _) -> integer(text))),
          Map.entry(boolean.class, new Type<>("boolean", "", (text, _) -> bool(text))),
          Map.entry(Boolean.class, new Type<>("boolean", "", (text, _) -> bool(text))),
          Map.entry(
              LocalTime.class,
              new Type<>("string", "^([01][0-9]|2[0-3]):[0-5][0-9]$", (text, _) -> time(text))),
          Map.entry(Path.class, new Type<>("string", "", Scalars::path)),
          Map.entry(
              Duration.class,
              new Type<>(
                  "string", "^" + Durations.SHAPE + "$", (text, _) -> Durations.parse(text))),
          Map.entry(
              ByteSize.class,
              new Type<>("string", "^" + ByteSize.SHAPE + "$", (text, _) -> ByteSize.parse(text))),
          Map.entry(
              Percentage.class,
              new Type<>(
                  "string", "^" + Percentage.SHAPE + "$", (text, _) -> Percentage.parse(text))),
          Map.entry(BigDecimal.class, new Type<>("number", "", (text, _) -> decimal(text))),
          Map.entry(ZoneId.class, new Type<>("string", "", (text, _) -> zone(text))),
          Map.entry(
              RegionName.class,
              new Type<>(
                  "string", "^[a-z0-9][a-z0-9._-]{0,62}$", (text, _) -> new RegionName(text))),
          Map.entry(
              TenantName.class,
              new Type<>(
                  "string",
                  "^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$",
                  (text, _) -> new TenantName(text))),
          Map.entry(
              DatasetName.class,
              new Type<>(
                  "string",
                  "^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$",
                  (text, _) -> new DatasetName(text))));

  private Scalars() {}

  static @Nullable Type<?> of(Class<?> type) {
    return type.isEnum()
        ? new Type<>("string", "", (text, _) -> constant(type, text))
        : TYPES.get(type);
  }

  /** As it would be written in the file. */
  static String show(Object value) {
    return switch (value) {
      case Duration duration -> Durations.format(duration);
      case BigDecimal number -> number.toPlainString();
      case Enum<?> constant -> kebab(constant.name());
      default -> value.toString();
    };
  }

  /** {@code maxFileSize} and {@code MAX_FILE_SIZE} to {@code max-file-size}. */
  static String kebab(String name) {
    return name.equals(name.toUpperCase(Locale.ROOT))
        ? name.toLowerCase(Locale.ROOT).replace('_', '-')
        : name.replaceAll("([A-Z])", "-$1").toLowerCase(Locale.ROOT);
  }

  /** What can be written, in the order of the alphabet. */
  static String names(Class<? extends Enum<?>> type) {
    return Arrays.stream(type.getEnumConstants())
        .map(Scalars::show)
        .sorted()
        .collect(Collectors.joining(", "));
  }

  private static Object constant(Class<?> type, String text) {
    Object[] constants = type.getEnumConstants();
    for (Object constant : constants) {
      if (show(constant).equals(text)) {
        return constant;
      }
    }
    throw new IllegalArgumentException(
        "'%s' is none of %s"
            .formatted(
                text,
                Arrays.stream(constants).map(Scalars::show).collect(Collectors.joining(", "))));
  }

  private static int integer(String text) {
    try {
      return Integer.parseInt(text);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException("'%s' is no whole number".formatted(text), e);
    }
  }

  private static BigDecimal decimal(String text) {
    try {
      return new BigDecimal(text);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException("'%s' is no number".formatted(text), e);
    }
  }

  private static boolean bool(String text) {
    return switch (text) {
      case "true" -> true;
      case "false" -> false;
      default ->
          throw new IllegalArgumentException("'%s' is neither true nor false".formatted(text));
    };
  }

  private static Path path(String text, Path directory) {
    if (text.isEmpty()) {
      throw new IllegalArgumentException("a path is not empty");
    }
    if (text.startsWith("~")) {
      throw new IllegalArgumentException(
          "'%s' is no path: write out the home directory instead of ~".formatted(text));
    }
    try {
      return directory.resolve(text).normalize();
    } catch (InvalidPathException e) {
      throw new IllegalArgumentException("'%s' is no path".formatted(text), e);
    }
  }

  private static LocalTime time(String text) {
    try {
      return LocalTime.parse(text, DateTimeFormatter.ofPattern("HH:mm", Locale.ROOT));
    } catch (DateTimeException e) {
      throw new IllegalArgumentException(
          "'%s' is no time of day; write for example \"08:00\"".formatted(text), e);
    }
  }

  private static ZoneId zone(String text) {
    try {
      return ZoneId.of(text);
    } catch (DateTimeException e) {
      throw new IllegalArgumentException(
          "'%s' is no time zone; write for example Europe/London or UTC".formatted(text), e);
    }
  }
}
