package dev.lifeboat.cli.config;

import dev.lifeboat.cli.config.ConfigException.Problem;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.TokenStreamLocation;
import tools.jackson.dataformat.yaml.YAMLFactory;
import tools.jackson.dataformat.yaml.YAMLParser;

/** Reads one YAML document. Aliases, several documents and repeated keys are refused. */
final class YamlReader {
  private final String file;
  private final List<Problem> problems;

  YamlReader(String file, List<Problem> problems) {
    this.file = file;
    this.problems = problems;
  }

  /**
   * Reads a document.
   *
   * @throws ConfigException if it is not YAML: nothing behind the error can be understood
   */
  YamlNode read(String text) {
    try (JsonParser parser =
        YAMLFactory.builder().build().createParser(ObjectReadContext.empty(), text)) {
      JsonToken first = parser.nextToken();
      if (first == null) {
        return new YamlNode.Empty(new Place(file, 1, 1));
      }
      YamlNode root = node(parser, first);
      if (parser.nextToken() != null) {
        problems.add(
            new Problem(place(parser), "", "a second document; write everything into the first"));
      }
      return root;
    } catch (JacksonException e) {
      TokenStreamLocation at = e.getLocation();
      Place place =
          at == null
              ? new Place(file, 1, 1)
              : new Place(file, Math.max(1, at.getLineNr()), Math.max(1, at.getColumnNr()));
      throw new ConfigException(
          place, "", "not YAML: " + firstLine(e.getOriginalMessage()) + "; check the indentation");
    }
  }

  private YamlNode node(JsonParser parser, JsonToken token) {
    Place place = place(parser);
    if (parser instanceof YAMLParser yaml && yaml.isCurrentAlias()) {
      problems.add(new Problem(place, "", "aliases (*name) are not understood; write it out"));
      return new YamlNode.Empty(place);
    }
    return switch (token) {
      case START_OBJECT -> mapping(parser, place);
      case START_ARRAY -> {
        List<YamlNode> items = new ArrayList<>();
        for (JsonToken next = parser.nextToken();
            next != JsonToken.END_ARRAY;
            next = parser.nextToken()) {
          items.add(node(parser, next));
        }
        yield new YamlNode.Sequence(place, items);
      }
      case VALUE_NULL -> new YamlNode.Empty(place);
      case VALUE_STRING, VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT, VALUE_TRUE, VALUE_FALSE ->
          scalar(place, parser.getString());
      case NOT_AVAILABLE, END_OBJECT, END_ARRAY, PROPERTY_NAME, VALUE_EMBEDDED_OBJECT ->
          throw new ConfigException(place, "", "this part of YAML is not understood: " + token);
    };
  }

  /** An empty string is a value forgotten: the parser tells no difference. */
  private static YamlNode scalar(Place place, String text) {
    return text.isEmpty() ? new YamlNode.Empty(place) : new YamlNode.Scalar(place, text);
  }

  private YamlNode mapping(JsonParser parser, Place place) {
    LinkedHashMap<String, YamlNode.Entry> entries = new LinkedHashMap<>();
    while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
      Place key = place(parser);
      String name = parser.currentName();
      YamlNode value = node(parser, parser.nextToken());
      YamlNode.Entry before = entries.putIfAbsent(name, new YamlNode.Entry(key, value));
      if (before != null) {
        problems.add(
            new Problem(
                key, name, "is here twice, first in line " + before.key().line() + "; remove one"));
      }
    }
    return new YamlNode.Mapping(place, entries);
  }

  private Place place(JsonParser parser) {
    TokenStreamLocation at = parser.currentTokenLocation();
    return new Place(file, at.getLineNr(), at.getColumnNr());
  }

  private static String firstLine(String message) {
    return message.lines().findFirst().orElse(message);
  }
}
