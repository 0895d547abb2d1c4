package dev.lifeboat.verify.audit;

import dev.lifeboat.vault.VaultException;
import dev.lifeboat.vault.seal.HostKeystore;
import dev.lifeboat.verify.audit.AuditRecord.Entry;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.FileLockInterruptionException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * The chain of one home, in {@code audit/trail.jsonl}. Only ever grows, a whole line at a time, on
 * disk before {@link #append} returns; several processes may append at once.
 *
 * <p>Whoever is killed in the middle of an append leaves a line without an end. The next append
 * takes that piece away, which nobody was told was written, and says so in its record.
 */
public final class AuditTrail {
  /** Of the file, below the home. */
  public static final String FILE = "audit/trail.jsonl";

  private static final int BLOCK = 64 * 1024;

  /** Locks of files are of processes, not of threads. */
  private static final Object ONE_AT_A_TIME = new Object();

  private final Path file;
  private final Clock clock;
  private final SecureRandom random;

  public AuditTrail(Path home, Clock clock, SecureRandom random) {
    this.file = home.resolve(FILE);
    this.clock = clock;
    this.random = random;
  }

  public Path file() {
    return file;
  }

  /** Where {@link AuditCopies} notes how far it is. */
  Path noteOfCopies() {
    return file.resolveSibling("copied");
  }

  /**
   * Writes a record behind all others. An interrupt does not stop it, and stays.
   *
   * @param signer whose key signs, if it is at hand; not taken over
   * @throws IOException if it is not on disk; then nothing of it is
   */
  public AuditLine append(Entry entry, Optional<HostKeystore> signer) throws IOException {
    synchronized (ONE_AT_A_TIME) {
      boolean interrupted = false;
      try {
        while (true) {
          interrupted |= Thread.interrupted();
          try {
            return appendAlone(entry, signer);
          } catch (ClosedByInterruptException | FileLockInterruptionException e) {
            // Waited for the lock; nothing was written.
          }
        }
      } finally {
        if (interrupted) {
          Thread.currentThread().interrupt();
        }
      }
    }
  }

  private AuditLine appendAlone(Entry entry, Optional<HostKeystore> signer) throws IOException {
    boolean made = create();
    try (RandomAccessFile out = new RandomAccessFile(file.toFile(), "rw");
        FileLock _ = out.getChannel().lock()) {
      long whole = endOfLines(out);
      long torn = out.length() - whole;
      if (torn > 0) {
        entry.details().put("torn", torn);
      }
      AuditLine line = AuditLine.write(next(lastLine(out, whole), out, whole, entry), signer);
      try {
        out.setLength(whole);
        out.seek(whole);
        out.write((line.text() + "\n").getBytes(StandardCharsets.UTF_8));
        out.getFD().sync();
      } catch (IOException e) {
        // A full disk may have taken some of it. Where this fails too, the next append does it.
        out.setLength(whole);
        throw e;
      }
      if (made) {
        try (FileChannel directory = FileChannel.open(parent(), StandardOpenOption.READ)) {
          directory.force(true);
        }
      }
      return line;
    }
  }

  private Path parent() {
    return Objects.requireNonNull(file.toAbsolutePath().getParent(), "a file has a folder");
  }

  private boolean create() throws IOException {
    if (Files.exists(file)) {
      return false;
    }
    Files.createDirectories(
        parent(),
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    try {
      Files.createFile(
          file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    } catch (FileAlreadyExistsException e) {
      // Another process was faster.
    }
    return true;
  }

  private AuditRecord next(Optional<String> last, RandomAccessFile file, long whole, Entry entry)
      throws IOException {
    if (last.isEmpty()) {
      byte[] id = new byte[8];
      random.nextBytes(id);
      return new AuditRecord(
          HexFormat.of().formatHex(id), 1, Optional.empty(), clock.instant(), entry);
    }
    Optional<AuditRecord> before = record(last.get());
    // A line that was spoilt keeps its place, for verification to find.
    String chain =
        before
            .map(AuditRecord::chain)
            .orElseGet(
                () -> record(lines().getFirst()).map(AuditRecord::chain).orElse("0".repeat(16)));
    long sequence = before.isPresent() ? before.get().sequence() + 1 : countLines(file, whole) + 1;
    return new AuditRecord(
        chain, sequence, Optional.of(AuditLine.digest(last.get())), clock.instant(), entry);
  }

  private static Optional<AuditRecord> record(String line) {
    try {
      return Optional.of(AuditLine.read("the last line", line).record());
    } catch (VaultException e) {
      return Optional.empty();
    }
  }

  /** Where the last whole line ends. */
  private static long endOfLines(RandomAccessFile in) throws IOException {
    long end = in.length();
    byte[] block = new byte[BLOCK];
    while (end > 0) {
      int length = (int) Math.min(block.length, end);
      in.seek(end - length);
      in.readFully(block, 0, length);
      for (int i = length - 1; i >= 0; i--) {
        if (block[i] == '\n') {
          return end - length + i + 1;
        }
      }
      end -= length;
    }
    return 0;
  }

  /** The last line before that place, which is the end of one. */
  private static Optional<String> lastLine(RandomAccessFile in, long end) throws IOException {
    if (end == 0) {
      return Optional.empty();
    }
    long start = end - 1;
    ByteArrayOutputStream reversed = new ByteArrayOutputStream();
    byte[] block = new byte[BLOCK];
    scan:
    while (start > 0) {
      int length = (int) Math.min(block.length, start);
      in.seek(start - length);
      in.readFully(block, 0, length);
      for (int i = length - 1; i >= 0; i--) {
        if (block[i] == '\n') {
          break scan;
        }
        reversed.write(block[i]);
      }
      start -= length;
    }
    byte[] bytes = reversed.toByteArray();
    for (int i = 0, j = bytes.length - 1; i < j; i++, j--) {
      byte swap = bytes[i];
      bytes[i] = bytes[j];
      bytes[j] = swap;
    }
    return Optional.of(new String(bytes, StandardCharsets.UTF_8));
  }

  private static long countLines(RandomAccessFile in, long end) throws IOException {
    long lines = 0;
    byte[] block = new byte[BLOCK];
    in.seek(0);
    for (long left = end; left > 0; ) {
      int length = (int) Math.min(block.length, left);
      in.readFully(block, 0, length);
      for (byte b : Arrays.copyOf(block, length)) {
        lines += b == '\n' ? 1 : 0;
      }
      left -= length;
    }
    return lines;
  }

  /** All whole lines, as they are; none if there is no trail yet. */
  public List<String> lines() {
    return linesFrom(0).stream().map(Line::text).toList();
  }

  /**
   * A line and its place in the file.
   *
   * @param end where the next one begins
   */
  record Line(String text, long end) {}

  /**
   * The whole lines from that place on, which is the end of one or 0. Reads nothing of what is
   * before it.
   */
  List<Line> linesFrom(long place) {
    if (Files.notExists(file)) {
      return List.of();
    }
    byte[] bytes;
    try (RandomAccessFile in = new RandomAccessFile(file.toFile(), "r")) {
      bytes = new byte[Math.toIntExact(Math.max(0, in.length() - place))];
      in.seek(place);
      in.readFully(bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    List<Line> lines = new ArrayList<>();
    int start = 0;
    for (int i = 0; i < bytes.length; i++) {
      if (bytes[i] == '\n') {
        lines.add(
            new Line(new String(bytes, start, i - start, StandardCharsets.UTF_8), place + i + 1));
        start = i + 1;
      }
    }
    return lines;
  }

  /** The last whole line. Reads nothing of what is before it. */
  public Optional<String> last() {
    if (Files.notExists(file)) {
      return Optional.empty();
    }
    try (RandomAccessFile in = new RandomAccessFile(file.toFile(), "r")) {
      return lastLine(in, endOfLines(in));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The line that ends at that place; none if no line does. */
  Optional<String> lineBefore(long place) {
    if (Files.notExists(file)) {
      return Optional.empty();
    }
    try (RandomAccessFile in = new RandomAccessFile(file.toFile(), "r")) {
      if (place <= 0 || place > in.length()) {
        return Optional.empty();
      }
      in.seek(place - 1);
      return in.read() == '\n' ? lastLine(in, place) : Optional.empty();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
