package dev.lifeboat.vault.seal;

import dev.lifeboat.vault.VaultException;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.PrettyPrinter;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.core.util.DefaultPrettyPrinter;
import tools.jackson.core.util.JsonRecyclerPools;

/**
 * A JSON object as it was read, strictly: no member twice, nothing behind it, binary members in
 * unpadded base64url (RFC 4648) in their one canonical spelling. Members nobody asks for are
 * ignored. Every refusal is a {@link VaultException.Damaged} that names the file and the member.
 *
 * <p>Written over the streaming parser: data binding would double the time to start.
 */
final class Json {
  // Buffers that held secrets are left to the collector rather than handed to the next user.
  private static final JsonFactory FACTORY =
      JsonFactory.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .recyclerPool(JsonRecyclerPools.nonRecyclingPool())
          .build();

  private static final ObjectWriteContext PRETTY =
      new ObjectWriteContext.Base() {
        @Override
        public PrettyPrinter getPrettyPrinter() {
          return new DefaultPrettyPrinter();
        }
      };

  private final String what;
  private final Map<String, Object> members;

  private Json(String what, Map<String, Object> members) {
    this.what = what;
    this.members = members;
  }

  /** Parses one object; {@code what} names it in messages. */
  static Json parse(byte[] bytes, String what) {
    try (JsonParser parser = FACTORY.createParser(ObjectReadContext.empty(), bytes)) {
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        throw new VaultException.Damaged(what + " is not a JSON object");
      }
      Json object = object(parser, what);
      if (parser.nextToken() != null) {
        throw new VaultException.Damaged(what + " goes on behind its end");
      }
      return object;
    } catch (JacksonException e) {
      // Without the cause: the parser's message quotes the text around the fault.
      throw new VaultException.Damaged(
          "%s is not readable: the JSON is broken in line %d, column %d"
              .formatted(what, e.getLocation().getLineNr(), e.getLocation().getColumnNr()));
    }
  }

  /** The bytes of an object, on one line without a blank. */
  static byte[] compact(Consumer<JsonGenerator> members) {
    return write(ObjectWriteContext.empty(), members);
  }

  /** The bytes of an object, for people, with a line end behind it. */
  static byte[] pretty(Consumer<JsonGenerator> members) {
    byte[] text = write(PRETTY, members);
    byte[] file = Arrays.copyOf(text, text.length + 1);
    Arrays.fill(text, (byte) 0);
    file[text.length] = '\n';
    return file;
  }

  private static byte[] write(ObjectWriteContext context, Consumer<JsonGenerator> members) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (JsonGenerator generator = FACTORY.createGenerator(context, out)) {
      generator.writeStartObject();
      members.accept(generator);
      generator.writeEndObject();
    }
    return out.toByteArray();
  }

  /** Unpadded base64url. */
  static String base64(byte[] bytes) {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }

  private static Json object(JsonParser parser, String what) {
    Map<String, Object> members = new LinkedHashMap<>();
    while (parser.nextToken() != JsonToken.END_OBJECT) {
      String name = parser.currentName();
      Object value = value(parser.nextToken(), parser, what);
      if (value != null) {
        members.put(name, value);
      }
    }
    return new Json(what, members);
  }

  private static @Nullable Object value(@Nullable JsonToken token, JsonParser parser, String what) {
    if (token == JsonToken.START_OBJECT) {
      return object(parser, what);
    }
    if (token == JsonToken.START_ARRAY) {
      List<Object> elements = new ArrayList<>();
      for (JsonToken next = parser.nextToken();
          next != JsonToken.END_ARRAY;
          next = parser.nextToken()) {
        Object element = value(next, parser, what);
        if (element != null) {
          elements.add(element);
        }
      }
      return elements;
    }
    if (token == JsonToken.VALUE_STRING) {
      return parser.getString();
    }
    if (token == JsonToken.VALUE_NUMBER_INT) {
      return parser.getLongValue();
    }
    // Nothing here has fractions, truth values or nulls: as good as absent.
    return null;
  }

  String text(String name) {
    return member(name, String.class, "a string");
  }

  int integer(String name, int least, int most) {
    long value = member(name, Long.class, "an integer");
    if (value < least || value > most) {
      throw new VaultException.Damaged(
          "%s: '%s' is %d, outside %d to %d".formatted(what, name, value, least, most));
    }
    return (int) value;
  }

  Json object(String name) {
    return member(name, Json.class, "an object");
  }

  List<Json> objects(String name) {
    List<Json> objects = new ArrayList<>();
    for (Object element : member(name, List.class, "an array")) {
      if (!(element instanceof Json object)) {
        throw new VaultException.Damaged("%s: '%s' has other than objects".formatted(what, name));
      }
      objects.add(object);
    }
    return objects;
  }

  /** Exactly {@code length} bytes. */
  byte[] binary(String name, int length) {
    byte[] bytes = binary(name);
    if (bytes.length != length) {
      throw new VaultException.Damaged(
          "%s: '%s' has %d bytes instead of %d".formatted(what, name, bytes.length, length));
    }
    return bytes;
  }

  byte[] binary(String name) {
    String text = text(name);
    byte[] bytes;
    try {
      bytes = Base64.getUrlDecoder().decode(text);
    } catch (IllegalArgumentException e) {
      bytes = new byte[0];
    }
    if (!base64(bytes).equals(text)) {
      throw new VaultException.Damaged("%s: '%s' is not base64url".formatted(what, name));
    }
    return bytes;
  }

  /** 32 secret bytes; the copy in between is wiped. */
  SecretBytes secret(String name) {
    byte[] bytes = binary(name, SecretBytes.BYTES);
    try {
      return SecretBytes.copyOf(bytes);
    } finally {
      Arrays.fill(bytes, (byte) 0);
    }
  }

  /** A string as a value that may refuse it. */
  <T> T named(String name, Function<String, T> constructor) {
    try {
      return constructor.apply(text(name));
    } catch (IllegalArgumentException e) {
      throw new VaultException.Damaged("%s: '%s': %s".formatted(what, name, e.getMessage()), e);
    }
  }

  /** The names of all members, in the order they came. */
  List<String> names() {
    return List.copyOf(members.keySet());
  }

  private <T> T member(String name, Class<T> type, String kind) {
    Object value = members.get(name);
    if (!type.isInstance(value)) {
      throw new VaultException.Damaged("%s: '%s' is not %s".formatted(what, name, kind));
    }
    return type.cast(value);
  }
}
