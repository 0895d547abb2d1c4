package dev.lifeboat.cli.demo;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.List;
import java.util.Random;
import java.util.Set;

/**
 * The company's files: contracts, invoices, photographs, a mailbox that grows, a disk image full of
 * holes, links, and names that people really use. The same seed makes the same files.
 */
final class CompanyFiles {
  private static final int CUSTOMERS = 120;
  private static final long IMAGE_BYTES = 256L << 20;

  private final Path root;
  private final Random random = new Random(2026);

  CompanyFiles(Path root) {
    this.root = root;
  }

  /** The first day. */
  void make() throws IOException {
    Files.createDirectories(root);
    for (int customer = 1; customer <= CUSTOMERS; customer++) {
      Path folder = Files.createDirectories(root.resolve("customers/%04d".formatted(customer)));
      text(folder.resolve("contract.txt"), 200);
      for (int month = 1; month <= 6; month++) {
        text(folder.resolve("invoice-2026-%02d.csv".formatted(month)), 60);
      }
      if (customer % 4 == 0) {
        noise(folder.resolve("photo.jpg"), 200_000);
      }
    }
    text(root.resolve("Übersicht – 日本語 🚣.md"), 100);
    text(root.resolve("a name with\na line break"), 3);
    Files.createDirectory(root.resolve("nothing yet"));
    Path script = root.resolve("deploy.sh");
    text(script, 10);
    Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwxr-x--x"));
    Files.createSymbolicLink(
        root.resolve("newest contract"), Path.of("customers/0120/contract.txt"));
    Files.createSymbolicLink(root.resolve("dangling"), Path.of("../gone/away"));
    Files.createLink(root.resolve("deploy-too.sh"), script);
    mailbox(4_000);
    image();
    old(root.resolve("customers/0001/contract.txt"));
  }

  /** The second day: some edits, some new files, some gone, a longer mailbox. */
  void live() throws IOException {
    for (int customer = 10; customer <= CUSTOMERS; customer += 10) {
      append(root.resolve("customers/%04d/contract.txt".formatted(customer)), "amended\n");
      text(root.resolve("customers/%04d/invoice-2026-07.csv".formatted(customer)), 60);
    }
    Files.delete(root.resolve("customers/0003/invoice-2026-01.csv"));
    Files.move(root.resolve("customers/0007"), root.resolve("customers/0007 (left)"));
    noise(root.resolve("customers/0008/photo.jpg"), 200_000);
    mailbox(200);
    try (SeekableByteChannel image =
        Files.newByteChannel(root.resolve("server.img"), StandardOpenOption.WRITE)) {
      image.position(IMAGE_BYTES / 2);
      image.write(ByteBuffer.wrap(bytes(64 << 10)));
    }
  }

  private void mailbox(int messages) throws IOException {
    StringBuilder mails = new StringBuilder();
    for (int i = 0; i < messages; i++) {
      mails.append("From: customer").append(random.nextInt(CUSTOMERS)).append("@example.org\n\n");
      line(mails);
      mails.append('\n');
    }
    append(root.resolve("mailbox"), mails.toString());
  }

  /** Three islands of data in an image that is mostly holes. */
  private void image() throws IOException {
    try (SeekableByteChannel image =
        Files.newByteChannel(
            root.resolve("server.img"),
            Set.of(
                StandardOpenOption.CREATE_NEW,
                StandardOpenOption.WRITE,
                StandardOpenOption.SPARSE))) {
      for (long at : List.of(0L, IMAGE_BYTES / 3, IMAGE_BYTES - (1 << 20))) {
        image.position(at);
        image.write(ByteBuffer.wrap(bytes(1 << 20)));
      }
    }
  }

  private void text(Path file, int lines) throws IOException {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < lines; i++) {
      line(text);
    }
    Files.writeString(file, text);
  }

  private void line(StringBuilder text) {
    for (int word = 0; word < 8; word++) {
      text.append(Long.toString(random.nextInt(5_000), 36)).append(' ');
    }
    text.append('\n');
  }

  private void noise(Path file, int size) throws IOException {
    Files.write(file, bytes(size));
  }

  private byte[] bytes(int size) {
    byte[] bytes = new byte[size];
    random.nextBytes(bytes);
    return bytes;
  }

  private static void append(Path file, String text) throws IOException {
    Files.writeString(
        file, text, StandardCharsets.UTF_8, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
  }

  private static void old(Path file) {
    try {
      Files.setLastModifiedTime(
          file, FileTime.from(Instant.parse("1999-12-31T23:59:59.123456789Z")));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
