package dev.lifeboat.sources.directory;

import dev.lifeboat.sources.Progress;
import dev.lifeboat.sources.posix.Accounts;
import dev.lifeboat.sources.posix.Descriptor;
import dev.lifeboat.sources.posix.Errno;
import dev.lifeboat.sources.posix.FileStatus;
import dev.lifeboat.sources.posix.PosixException;
import dev.lifeboat.sources.posix.Xattrs;
import dev.lifeboat.vault.snapshot.Problem;
import dev.lifeboat.vault.snapshot.SnapshotSink;
import dev.lifeboat.vault.tree.Attributes;
import dev.lifeboat.vault.tree.Bytes;
import dev.lifeboat.vault.tree.Content;
import dev.lifeboat.vault.tree.Extent;
import dev.lifeboat.vault.tree.Xattr;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads single files into the sink.
 *
 * <p>A file is consistent if its length and times are the same before and after it was read. If
 * they are not it is read again, and the last reading is kept with a problem to tell.
 */
final class FileReader {
  private static final int ATTEMPTS = 3;
  private static final int SMALL_BYTES = 256 * 1024;

  private final SnapshotSink sink;
  private final Progress progress;
  private final Accounts accounts;
  private final boolean keepAccessTime;
  private final ThreadLocal<long[]> storing = ThreadLocal.withInitial(() -> new long[1]);
  private final ThreadLocal<byte[]> buffers =
      ThreadLocal.withInitial(() -> new byte[SMALL_BYTES + 1]);

  FileReader(SnapshotSink sink, Progress progress, Accounts accounts, boolean keepAccessTime) {
    this.sink = sink;
    this.progress = progress;
    this.accounts = accounts;
    this.keepAccessTime = keepAccessTime;
  }

  /** How holes are looked at. */
  enum Sparseness {
    /** As the file system tells. */
    DETECT,
    /** As the file system tells, and with a {@link SparseDigest} even if it has none. */
    EXPECTED,
    /** Not at all: holes are zeros. */
    IGNORE
  }

  /**
   * What came of a file.
   *
   * @param status as it was after reading
   * @param data {@code null} if it could not be read
   * @param bytesRead in all attempts together
   */
  record Result(
      @Nullable FileStatus status,
      @Nullable Attributes attributes,
      @Nullable FileData data,
      Problem.@Nullable Kind problem,
      String detail,
      long bytesRead) {
    static Result failed(Problem.Kind kind, String detail) {
      return new Result(null, null, null, kind, detail, 0);
    }
  }

  Result read(Descriptor directory, byte[] name, Sparseness sparseness) {
    long bytesRead = 0;
    for (int attempt = 1; ; attempt++) {
      try (Descriptor file = directory.file(name, keepAccessTime)) {
        FileStatus before = file.status();
        if (before.type() != FileStatus.Type.FILE) {
          return Result.failed(
              Problem.Kind.CHANGED_WHILE_READ, "it was a file and is none any more");
        }
        FileData data = content(file, before, sparseness);
        bytesRead += data.content().bytes();
        List<Xattr> xattrs = List.of();
        String xattrError = "";
        try {
          xattrs = Xattrs.of(file);
        } catch (PosixException e) {
          xattrError = e.getMessage();
        }
        FileStatus after = file.status();
        boolean steady = after.unchangedSince(before) && data.bytes() == after.size();
        if (!steady && attempt < ATTEMPTS) {
          continue;
        }
        Attributes attributes = attributes(after, xattrs, accounts);
        if (!steady) {
          return new Result(
              after,
              attributes,
              data,
              Problem.Kind.CHANGED_WHILE_READ,
              "it changed during each of %d readings; the last one is stored".formatted(ATTEMPTS),
              bytesRead);
        }
        if (!xattrError.isEmpty()) {
          return new Result(
              after, attributes, data, Problem.Kind.UNREADABLE, xattrError, bytesRead);
        }
        return new Result(after, attributes, data, null, "", bytesRead);
      } catch (PosixException e) {
        return failure(e);
      } catch (IOException e) {
        return Result.failed(Problem.Kind.UNREADABLE, String.valueOf(e.getMessage()));
      }
    }
  }

  private static Result failure(PosixException e) {
    return switch (e.errno()) {
      case ENOENT, ESTALE -> Result.failed(Problem.Kind.VANISHED, e.getMessage());
      case ELOOP ->
          Result.failed(
              Problem.Kind.CHANGED_WHILE_READ, "it was a file and is a symbolic link now");
      default -> Result.failed(Problem.Kind.UNREADABLE, e.getMessage());
    };
  }

  private FileData content(Descriptor file, FileStatus status, Sparseness sparseness)
      throws IOException {
    long size = status.size();
    List<Extent> extents = sparseness == Sparseness.IGNORE ? null : Holes.extents(file, status);
    if (extents == null && sparseness != Sparseness.EXPECTED && size <= SMALL_BYTES) {
      byte[] buffer = buffers.get();
      int bytes = file.readFully(0, buffer, 0, (int) size);
      progress.bytes(bytes);
      Content content =
          bytes == 0 ? Content.EMPTY : store(new ByteArrayInputStream(buffer, 0, bytes));
      return new FileData(bytes, content, null, null);
    }
    boolean digested = extents != null || sparseness == Sparseness.EXPECTED;
    SparseDigest digest = digested ? new SparseDigest() : null;
    List<Extent> wanted =
        extents != null ? extents : size == 0 ? List.of() : List.of(new Extent(0, size));
    FileStream stream = new FileStream(file, wanted, digest, progress);
    Content content = wanted.isEmpty() ? Content.EMPTY : store(stream);
    storing.get()[0] -= stream.nanos();
    long bytes = size;
    if (extents == null) {
      bytes = content.bytes();
    } else if (content.bytes() < total(extents)) {
      // Cut short while it was read: what there is, where it was.
      extents = Holes.first(extents, content.bytes());
      bytes = Math.min(size, file.status().size());
      bytes = extents.isEmpty() ? bytes : Math.max(bytes, extents.getLast().end());
    }
    Bytes sparse = digest == null ? null : digest.finish(bytes);
    return new FileData(bytes, content, extents, sparse);
  }

  private Content store(InputStream in) throws IOException {
    long start = System.nanoTime();
    Content content = sink.store(in);
    storing.get()[0] += System.nanoTime() - start;
    return content;
  }

  /** For how long this thread did something else than read, in all the files it ever read here. */
  long nanosStoring() {
    return storing.get()[0];
  }

  private static long total(List<Extent> extents) {
    return extents.stream().mapToLong(Extent::bytes).sum();
  }

  static Attributes attributes(FileStatus status, List<Xattr> xattrs, Accounts accounts) {
    return new Attributes(
        status.permissions(),
        status.uid(),
        status.gid(),
        accounts.user(status.uid()),
        accounts.group(status.gid()),
        status.mtimeSeconds(),
        status.mtimeNanos(),
        xattrs);
  }

  /** What a failed call on an entry means. */
  static Problem.Kind kind(PosixException e) {
    return e.is(Errno.ENOENT, Errno.ESTALE) ? Problem.Kind.VANISHED : Problem.Kind.UNREADABLE;
  }
}
