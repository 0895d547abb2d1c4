package dev.lifeboat.sources.postgres;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Header and table of contents of an archive in {@code pg_dump}'s custom format, read while it
 * streams by. (Layout: {@code WriteHead} and {@code WriteToc} of {@code pg_backup_archiver.c},
 * versions 1.14 of PostgreSQL 12 to 16.)
 *
 * <p>The header holds the second the archive was made. It is set to the first of January 1970, so
 * that the archive of an unchanged database is the same, byte for byte, every night.
 */
final class ArchiveHead {
  private static final Pattern ENCODING = Pattern.compile("client_encoding = '([^']*)'");
  private static final Map<String, Charset> CHARSETS =
      Map.of(
          "UTF8", StandardCharsets.UTF_8,
          "SQL_ASCII", StandardCharsets.UTF_8,
          "LATIN1", StandardCharsets.ISO_8859_1,
          "LATIN2", Charset.forName("ISO-8859-2"),
          "LATIN9", Charset.forName("ISO-8859-15"),
          "WIN1250", Charset.forName("windows-1250"),
          "WIN1251", Charset.forName("windows-1251"),
          "WIN1252", Charset.forName("windows-1252"),
          "KOI8R", Charset.forName("KOI8-R"),
          "EUC_JP", Charset.forName("EUC-JP"));

  /**
   * One thing in an archive.
   *
   * @param description what it is: {@code TABLE}, {@code TABLE DATA}, {@code SEQUENCE SET}
   * @param tag its name, or the name of what it belongs to and its own
   * @param namespace its schema, empty if it has none
   * @param definition the SQL that makes it
   * @param dependencies the numbers of what must be there before
   */
  record Entry(
      int id,
      String description,
      String tag,
      String namespace,
      String definition,
      List<Integer> dependencies) {
    Entry {
      dependencies = List.copyOf(dependencies);
    }
  }

  private final byte[] bytes;
  private final List<Entry> entries;

  private ArchiveHead(byte[] bytes, List<Entry> entries) {
    this.bytes = bytes;
    this.entries = entries;
  }

  List<Entry> entries() {
    return entries;
  }

  /** The whole archive again, with the time taken out of it, given the rest of its stream. */
  InputStream followedBy(InputStream rest) {
    return new SequenceInputStream(new ByteArrayInputStream(bytes), rest);
  }

  /**
   * Reads up to the end of the table of contents and not a byte further.
   *
   * @throws IOException whatever the stream threw, and if this is no archive that is understood
   */
  static ArchiveHead read(InputStream in) throws IOException {
    return new Reader(in).read();
  }

  /** Reads and keeps what it reads. */
  private static final class Reader {
    private final InputStream in;
    private final ByteArrayOutputStream kept = new ByteArrayOutputStream();
    private Charset charset = StandardCharsets.UTF_8;
    private int intBytes = 4;

    Reader(InputStream in) {
      this.in = in;
    }

    ArchiveHead read() throws IOException {
      if (!new String(take(5), StandardCharsets.US_ASCII).equals("PGDMP")) {
        throw new IOException("not an archive of pg_dump in the custom format");
      }
      int major = take();
      int minor = take();
      take();
      intBytes = take();
      int offsetBytes = take();
      int format = take();
      if (major != 1 || minor < 14 || minor > 16 || format != 1 || intBytes != 4) {
        throw new IOException(
            "archive of version %d.%d and format %d; versions 1.14 to 1.16, format 1 are understood"
                .formatted(major, minor, format));
      }
      if (minor >= 15) {
        take();
      } else {
        integer();
      }
      int time = kept.size();
      for (int i = 0; i < 7; i++) {
        integer();
      }
      int timeEnd = kept.size();
      // Name of the database, versions of server and of pg_dump.
      for (int i = 0; i < 3; i++) {
        string();
      }
      int count = integer();
      List<Entry> entries = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        entries.add(entry(minor, offsetBytes));
      }
      byte[] bytes = kept.toByteArray();
      // Seconds, minutes, hours, day of the month, month, year since 1900, summer time.
      int[] epoch = {0, 0, 0, 1, 0, 70, 0};
      for (int at = time, field = 0; at < timeEnd; at += 1 + intBytes, field++) {
        java.util.Arrays.fill(bytes, at, at + 1 + intBytes, (byte) 0);
        bytes[at + 1] = (byte) epoch[field];
      }
      return new ArchiveHead(bytes, List.copyOf(entries));
    }

    private Entry entry(int minor, int offsetBytes) throws IOException {
      int id = integer();
      integer();
      string();
      string();
      String tag = string();
      String description = string();
      integer();
      String definition = string();
      string();
      string();
      String namespace = string();
      string();
      string();
      if (minor >= 16) {
        integer();
      }
      string();
      string();
      List<Integer> dependencies = new ArrayList<>();
      for (byte[] next = stringBytes(); next != null; next = stringBytes()) {
        dependencies.add(Integer.parseInt(new String(next, StandardCharsets.US_ASCII)));
      }
      take(1 + offsetBytes);
      if (description.equals("ENCODING")) {
        Matcher matcher = ENCODING.matcher(definition);
        if (matcher.find()) {
          charset = CHARSETS.getOrDefault(matcher.group(1), StandardCharsets.ISO_8859_1);
        }
      }
      return new Entry(id, description, tag, namespace, definition, dependencies);
    }

    private String string() throws IOException {
      byte[] value = stringBytes();
      return value == null ? "" : new String(value, charset);
    }

    private byte @org.jspecify.annotations.Nullable [] stringBytes() throws IOException {
      int length = integer();
      return length < 0 ? null : take(length);
    }

    private int integer() throws IOException {
      int sign = take();
      int value = 0;
      for (int i = 0; i < intBytes; i++) {
        value |= take() << (8 * i);
      }
      return sign == 0 ? value : -value;
    }

    private int take() throws IOException {
      int value = in.read();
      if (value < 0) {
        throw new EOFException("the archive ends within its table of contents");
      }
      kept.write(value);
      return value;
    }

    private byte[] take(int length) throws IOException {
      byte[] value = in.readNBytes(length);
      if (value.length < length) {
        throw new EOFException("the archive ends within its table of contents");
      }
      kept.writeBytes(value);
      return value;
    }
  }
}
