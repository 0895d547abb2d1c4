package dev.lifeboat.vault.region.s3;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The first line and the fields of an HTTP/1.1 message, in the words in which they came: signatures
 * depend on them.
 */
record HttpHead(String firstLine, List<String> fields) {
  HttpHead {
    fields = List.copyOf(fields);
  }

  /** Reads one, or nothing if the stream has ended. */
  static Optional<HttpHead> read(InputStream in) throws IOException {
    String first = line(in);
    if (first == null) {
      return Optional.empty();
    }
    List<String> fields = new ArrayList<>();
    for (String field = line(in); ; field = line(in)) {
      if (field == null) {
        throw new EOFException("ended within a head");
      }
      if (field.isEmpty()) {
        return Optional.of(new HttpHead(first, fields));
      }
      fields.add(field);
    }
  }

  /** Without its CRLF, or {@code null} at the end of the stream. */
  private static @Nullable String line(InputStream in) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    for (int b = in.read(); b != '\n'; b = in.read()) {
      if (b < 0) {
        if (bytes.size() == 0) {
          return null;
        }
        throw new EOFException("ended within a line");
      }
      bytes.write(b);
    }
    return bytes.toString(StandardCharsets.ISO_8859_1).replaceAll("\r$", "");
  }

  Optional<String> field(String name) {
    return fields.stream()
        .filter(named(name))
        .map(f -> f.substring(name.length() + 1).strip())
        .findFirst();
  }

  private static Predicate<String> named(String name) {
    String start = name.toLowerCase(Locale.ROOT) + ":";
    return field -> field.toLowerCase(Locale.ROOT).startsWith(start);
  }

  HttpHead without(String name) {
    return new HttpHead(firstLine, fields.stream().filter(named(name).negate()).toList());
  }

  HttpHead with(String name, String value) {
    List<String> more = new ArrayList<>(without(name).fields);
    more.add(name + ": " + value);
    return new HttpHead(firstLine, more);
  }

  void write(OutputStream out) throws IOException {
    StringBuilder text = new StringBuilder(firstLine).append("\r\n");
    fields.forEach(field -> text.append(field).append("\r\n"));
    out.write(text.append("\r\n").toString().getBytes(StandardCharsets.ISO_8859_1));
  }

  /** Of a request. */
  String method() {
    return firstLine.substring(0, firstLine.indexOf(' '));
  }

  /** Of a request: path and query. */
  String target() {
    return firstLine.split(" ", 3)[1];
  }

  /** Of a response. */
  int status() {
    return Integer.parseInt(firstLine.split(" ", 3)[1]);
  }

  boolean chunked() {
    return field("Transfer-Encoding").filter("chunked"::equalsIgnoreCase).isPresent();
  }

  /** Announced, or 0. */
  long length() {
    return field("Content-Length").map(Long::parseLong).orElse(0L);
  }

  /** The whole body of a chunked message, without the chunks. */
  static byte[] readChunks(InputStream in) throws IOException {
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    while (true) {
      String size = line(in);
      if (size == null) {
        throw new EOFException("ended between chunks");
      }
      int bytes = Integer.parseInt(size.split(";", 2)[0].strip(), 16);
      body.write(in.readNBytes(bytes));
      String end = line(in);
      if (end == null) {
        throw new EOFException("ended within a chunk");
      }
      if (bytes == 0) {
        return body.toByteArray();
      }
    }
  }
}
