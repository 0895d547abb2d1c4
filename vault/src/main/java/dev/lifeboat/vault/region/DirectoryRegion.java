package dev.lifeboat.vault.region;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A region in a directory: one file for each object, under the object's key.
 *
 * <p>An object is written to a file under {@code .tmp}, synced, and linked to its name, which fails
 * if the name is taken; then every directory up to the root is synced. No reader, and no crash,
 * ever sees part of an object, and of two writers of one key exactly one wins.
 *
 * <p>The root holds a marker file that only {@link #create} makes. Without it every operation is
 * refused: the mount point of a disk that is not mounted is an empty directory, and must not be
 * taken for an empty region. Directories are made with mode 0700, files with 0600.
 *
 * <p>The region's clock is that of the file system, so that hosts that share it over a network
 * agree.
 */
public final class DirectoryRegion implements Region {
  /** The file that makes a directory a region. */
  static final String MARKER = ".lifeboat-region";

  private static final String MARKER_TEXT = "lifeboat region, layout 1\n";
  private static final Pattern SEGMENT = Pattern.compile("[A-Za-z0-9_-][A-Za-z0-9._-]*");

  /** A directory that another delete keeps removing is made again this many times. */
  private static final int RACES = 100;

  private final RegionName name;
  private final Path root;
  private final Path marker;
  private final TemporaryFiles temporary;
  private final NameClaim claim;
  private volatile boolean closed;

  private DirectoryRegion(RegionName name, Path root, NameClaim claim) {
    this.name = name;
    this.root = root;
    this.marker = root.resolve(MARKER);
    this.temporary = new TemporaryFiles(root.resolve(".tmp"));
    this.claim = claim;
  }

  /**
   * Makes a directory a region, and the directory itself where it is missing; its parent must
   * exist. Repeating it changes nothing.
   *
   * @throws RegionException.Permanent if the directory holds anything else
   */
  public static void create(RegionName name, Path root) throws RegionException {
    Path above = root.toAbsolutePath().getParent();
    if (above != null && !Files.isDirectory(above)) {
      throw new RegionException.Permanent(
          name,
          "%s cannot be made a region, because %s is no directory: mount its disk, or make it"
              .formatted(root, above),
          null);
    }
    try {
      PrivateFiles.createDirectory(root);
      if (Files.exists(root.resolve(MARKER))) {
        return;
      }
      List<String> strangers = new ArrayList<>();
      try (DirectoryStream<Path> entries = Files.newDirectoryStream(root)) {
        for (Path entry : entries) {
          String file = entry.getFileName().toString();
          // The root of a fresh ext4 disk; and what an earlier attempt left before its marker.
          if (!file.equals("lost+found") && !file.equals(".tmp")) {
            strangers.add(file);
          }
        }
      }
      if (!strangers.isEmpty()) {
        throw new RegionException.Permanent(
            name,
            "%s is not empty (it holds %s): give the region a directory of its own"
                .formatted(root, strangers.getFirst()),
            null);
      }
      PrivateFiles.createDirectory(root.resolve(".tmp"));
      PrivateFiles.sync(root);
      // Last, and whole at once: with the marker, everything else is there.
      Path file = root.resolve(".tmp").resolve("marker");
      Files.deleteIfExists(file);
      PrivateFiles.write(file, ByteBuffer.wrap(MARKER_TEXT.getBytes(StandardCharsets.UTF_8)));
      Files.move(file, root.resolve(MARKER));
      PrivateFiles.sync(root);
      Path parent = root.toAbsolutePath().getParent();
      if (parent != null) {
        PrivateFiles.sync(parent);
      }
    } catch (IOException e) {
      throw DirectoryErrors.translate(name, "cannot make " + root + " a region", e);
    }
  }

  /**
   * Opens a directory that {@link #create} made a region, and removes temporary files of writers
   * that died.
   *
   * @throws RegionException.Permanent if it is not one, as when its disk is not mounted
   */
  public static DirectoryRegion open(RegionName name, Path root) throws RegionException {
    return open(name, root, NameClaim.LINK_OR_LOCK);
  }

  static DirectoryRegion open(RegionName name, Path root, NameClaim claim) throws RegionException {
    DirectoryRegion region = new DirectoryRegion(name, root.toAbsolutePath().normalize(), claim);
    region.requireMarker();
    String text;
    try {
      text = Files.readString(region.marker);
    } catch (IOException e) {
      throw DirectoryErrors.translate(name, "cannot read " + region.marker, e);
    }
    if (!text.equals(MARKER_TEXT)) {
      throw new RegionException.Permanent(
          name,
          "%s says '%s'; this program knows '%s': use a newer lifeboat"
              .formatted(region.marker, text.strip(), MARKER_TEXT.strip()),
          null);
    }
    region.temporary.removeLeftovers();
    return region;
  }

  @Override
  public RegionName name() {
    return name;
  }

  /** The directory, absolute. */
  public Path root() {
    return root;
  }

  @Override
  public Optional<String> place() {
    Path place = root;
    try {
      place = root.toRealPath();
    } catch (IOException e) {
      // Out of reach: then its name is all there is to compare.
    }
    return Optional.of("directory " + place);
  }

  @Override
  public boolean put(ObjectKey key, ByteBuffer bytes) throws RegionException {
    requireMarker();
    Path target = path(key);
    try {
      for (int race = 0; ; race++) {
        if (isThereAlready(key, target, bytes.remaining())) {
          syncUpwards(target);
          return false;
        }
        try (TemporaryFiles.Draft draft = temporary.write(bytes)) {
          createDirectories(target);
          if (Thread.currentThread().isInterrupted()) {
            throw new RegionException.Transient(name, "interrupted while storing " + key, null);
          }
          claim.claim(draft.path(), target);
        } catch (FileAlreadyExistsException e) {
          continue; // Somebody else was faster: compare lengths, as if it had been there before.
        } catch (NoSuchFileException e) {
          // A delete took the directory, or a cleaner took the draft; unless the disk went away.
          requireMarker();
          if (race >= RACES) {
            throw e;
          }
          continue;
        }
        syncUpwards(target);
        return true;
      }
    } catch (IOException e) {
      throw DirectoryErrors.translate(name, "cannot store " + key, e);
    }
  }

  @Override
  public byte[] read(ObjectKey key, long offset, int length) throws RegionException {
    requireOpen();
    Regions.requireRange(offset, length);
    try (FileChannel channel = FileChannel.open(path(key), StandardOpenOption.READ)) {
      long size = channel.size();
      if (offset + length > size) {
        throw new RegionException.Missing(name, key, Regions.endsBefore(size, offset, length));
      }
      return readFully(channel, offset, length);
    } catch (IOException e) {
      throw absentOr(key, "cannot read " + key, e);
    }
  }

  @Override
  public byte[] read(ObjectKey key) throws RegionException {
    requireOpen();
    try (FileChannel channel = FileChannel.open(path(key), StandardOpenOption.READ)) {
      long size = channel.size();
      if (size > Integer.MAX_VALUE - 8) {
        throw new RegionException.Permanent(
            name, "%s has %d bytes: too many to read at once".formatted(key, size), null);
      }
      return readFully(channel, 0, (int) size);
    } catch (IOException e) {
      throw absentOr(key, "cannot read " + key, e);
    }
  }

  @Override
  public Optional<ObjectInfo> stat(ObjectKey key) throws RegionException {
    requireOpen();
    try {
      BasicFileAttributes attributes = attributes(path(key));
      if (attributes == null) {
        requireMarker();
      }
      return attributes == null || !attributes.isRegularFile()
          ? Optional.empty()
          : Optional.of(info(key.value(), attributes));
    } catch (IOException e) {
      throw DirectoryErrors.translate(name, "cannot look at " + key, e);
    }
  }

  @Override
  public void list(String prefix, Consumer<ObjectInfo> each) throws RegionException {
    Regions.requirePrefix(prefix);
    requireMarker();
    try {
      listDirectory(prefix.isEmpty() ? root : root.resolve(prefix), prefix, each);
    } catch (IOException e) {
      throw DirectoryErrors.translate(name, "cannot list " + (prefix.isEmpty() ? "/" : prefix), e);
    }
    // A disk that went away in the midst looks like a directory that lost its files.
    requireMarker();
  }

  /** One directory's names are in memory at a time, for each level above the object in hand. */
  private void listDirectory(Path directory, String prefix, Consumer<ObjectInfo> each)
      throws IOException {
    List<String> names = new ArrayList<>();
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
      for (Path entry : entries) {
        String file = entry.getFileName().toString();
        if (SEGMENT.matcher(file).matches()) {
          // A directory sorts as its objects do, by its name with the slash: "a.b" before "a/b".
          names.add(Files.isDirectory(entry) ? file + "/" : file);
        }
      }
    } catch (DirectoryIteratorException e) {
      throw e.getCause();
    } catch (NoSuchFileException | NotDirectoryException e) {
      return; // Nothing under this prefix, or deleted meanwhile with all that was in it.
    }
    Collections.sort(names);
    for (String file : names) {
      if (file.endsWith("/")) {
        listDirectory(directory.resolve(file), prefix + file, each);
      } else {
        BasicFileAttributes attributes = attributes(directory.resolve(file));
        if (attributes != null && attributes.isRegularFile()) {
          each.accept(info(prefix + file, attributes));
        }
      }
    }
  }

  @Override
  public void delete(ObjectKey key) throws RegionException {
    requireMarker();
    Path target = path(key);
    try {
      BasicFileAttributes attributes = attributes(target);
      if (attributes != null && attributes.isRegularFile() && Files.deleteIfExists(target)) {
        syncUpwards(target);
        removeEmptyDirectories(target);
      }
    } catch (NoSuchFileException e) {
      // Its directory went meanwhile, and the object with it.
    } catch (IOException e) {
      throw DirectoryErrors.translate(name, "cannot delete " + key, e);
    }
  }

  @Override
  public Instant now() throws RegionException {
    requireMarker();
    try {
      return temporary.fileSystemTime();
    } catch (IOException e) {
      throw DirectoryErrors.translate(name, "cannot tell the time of " + root, e);
    }
  }

  @Override
  public void close() {
    closed = true;
  }

  private Path path(ObjectKey key) {
    return root.resolve(key.value());
  }

  private static byte[] readFully(FileChannel channel, long offset, int length) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(length);
    while (buffer.hasRemaining()) {
      if (channel.read(buffer, offset + buffer.position()) < 0) {
        throw new EOFException("the file shrank while it was read");
      }
    }
    return buffer.array();
  }

  private boolean isThereAlready(ObjectKey key, Path target, long offered) throws IOException {
    BasicFileAttributes attributes = attributes(target);
    if (attributes == null) {
      return false;
    }
    if (!attributes.isRegularFile()) {
      throw new RegionException.Permanent(
          name, key + " cannot be stored: it is a directory of other objects", null);
    }
    if (attributes.size() != offered) {
      throw new RegionException.Conflict(name, key, attributes.size(), offered);
    }
    return true;
  }

  private @Nullable BasicFileAttributes attributes(Path path) throws IOException {
    try {
      return Files.readAttributes(path, BasicFileAttributes.class);
    } catch (NoSuchFileException e) {
      return null;
    } catch (FileSystemException e) {
      if (isBelowObject(path)) {
        return null;
      }
      throw e;
    }
  }

  /** Whether a segment of the key is itself an object, so that the key cannot be there. */
  private boolean isBelowObject(Path path) {
    for (Path at : directoriesAbove(path)) {
      if (Files.isRegularFile(at)) {
        return true;
      }
    }
    return false;
  }

  private static ObjectInfo info(String key, BasicFileAttributes attributes) {
    return new ObjectInfo(
        new ObjectKey(key), attributes.size(), attributes.lastModifiedTime().toInstant());
  }

  /** The directories that hold a path, from the nearest to the root. */
  private List<Path> directoriesAbove(Path path) {
    List<Path> directories = new ArrayList<>();
    for (Path at = path; !at.equals(root); ) {
      at = Objects.requireNonNull(at.getParent(), "a path below the root has a parent");
      directories.add(at);
    }
    return directories;
  }

  /** Makes what is missing below the root, never the root itself. */
  private void createDirectories(Path target) throws IOException {
    for (Path directory : directoriesAbove(target).reversed()) {
      if (directory.equals(root) || Files.isDirectory(directory)) {
        continue;
      }
      if (Files.isRegularFile(directory)) {
        throw new RegionException.Permanent(
            name,
            root.relativize(directory) + " is an object: nothing can be stored below it",
            null);
      }
      PrivateFiles.createDirectory(directory);
    }
  }

  /**
   * Makes the name of an object durable: the entry in its directory, and that directory's entry in
   * its own, up to the root. Always all of them, because another process may have made a directory
   * a moment ago and not synced it yet; syncing a clean directory costs next to nothing.
   */
  private void syncUpwards(Path target) throws IOException {
    for (Path at : directoriesAbove(target)) {
      try {
        PrivateFiles.sync(at);
      } catch (NoSuchFileException e) {
        // Only a directory that became empty goes: somebody deleted the object already.
        if (at.equals(root)) {
          throw e;
        }
      }
    }
  }

  /** So that years of sessions do not leave a directory each. A racing put makes them again. */
  private void removeEmptyDirectories(Path target) throws IOException {
    for (Path directory : directoriesAbove(target)) {
      if (directory.equals(root)) {
        return;
      }
      try {
        Files.deleteIfExists(directory);
      } catch (DirectoryNotEmptyException e) {
        return;
      }
    }
  }

  private RegionException absentOr(ObjectKey key, String what, IOException e)
      throws RegionException {
    if (e instanceof NoSuchFileException
        || isBelowObject(path(key))
        || Files.isDirectory(path(key))) {
      requireMarker();
      return new RegionException.Missing(name, key, "is not there");
    }
    return DirectoryErrors.translate(name, what, e);
  }

  private void requireMarker() throws RegionException {
    requireOpen();
    if (!Files.exists(marker)) {
      throw new RegionException.Permanent(
          name,
          Files.isDirectory(root)
              ? root
                  + " holds no region: is its disk mounted? A new region is made with: lifeboat"
                  + " init"
              : root + " does not exist: is its disk mounted?",
          null);
    }
  }

  private void requireOpen() throws RegionException {
    if (closed) {
      throw new RegionException.Permanent(name, "is closed", null);
    }
  }

  @Override
  public String toString() {
    return "DirectoryRegion[%s, %s]".formatted(name, root);
  }
}
