package dev.lifeboat.verify;

import dev.lifeboat.vault.Digest;
import dev.lifeboat.vault.VaultException;
import dev.lifeboat.vault.reclaim.Forgetting;
import dev.lifeboat.vault.region.ObjectKey;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Every manifest names its predecessor: one that is not there any more must have been removed on
 * record. Records are told one by one, in ascending order of their keys; what they say is kept in a
 * file of this host, so that years of retention are not read every night.
 */
final class Chain implements AutoCloseable {
  private final List<References.Snapshot> snapshots;
  private final Set<Digest> open = new HashSet<>();
  private final Forgetting forgetting;
  private final Path file;
  private final Path next;
  private final String binding;
  private final MessageDigest sum;
  private @Nullable BufferedReader old;
  private @Nullable String line;
  private @Nullable BufferedWriter now;

  /**
   * @param file where what records say is kept; lost, they are read again
   * @param binding of everything by which records are trusted
   */
  Chain(List<References.Snapshot> snapshots, Forgetting forgetting, Path file, Digest binding) {
    this.snapshots = snapshots;
    this.forgetting = forgetting;
    this.file = file;
    this.next = file.resolveSibling(file.getFileName() + ".next");
    this.binding = binding.toString();
    this.sum = Digest.sha256();
    Set<Digest> present = new HashSet<>();
    snapshots.forEach(snapshot -> present.add(snapshot.digest()));
    for (References.Snapshot snapshot : snapshots) {
      Digest previous = snapshot.header().previous();
      if (previous != null && !present.contains(previous)) {
        open.add(previous);
      }
    }
  }

  /** A record of a removal is listed. */
  void record(ObjectKey record) {
    try {
      if (now == null) {
        begin();
      }
      String known = known(record.value());
      if (known == null) {
        known =
            forgetting
                .find(Forgetting.manifestKey(record))
                .map(found -> found.digest().toString())
                .orElse(null);
      }
      if (known != null) {
        write(record.value() + " " + known);
        open.remove(Digest.parse(known));
      }
    } catch (VaultException | IllegalArgumentException e) {
      // Found as damage where its bytes are checked; here it only excuses nothing.
    } catch (IOException e) {
      throw new UncheckedIOException("cannot keep " + file, e);
    }
  }

  private void begin() throws IOException {
    Path directory = file.toAbsolutePath().getParent();
    if (directory != null) {
      Files.createDirectories(directory);
    }
    if (isWhole()) {
      old = Files.newBufferedReader(file);
      String _ = old.readLine();
      line = old.readLine();
    }
    now = Files.newBufferedWriter(next);
    write(binding);
  }

  private boolean isWhole() throws IOException {
    if (!Files.exists(file)) {
      return false;
    }
    MessageDigest found = Digest.sha256();
    try (BufferedReader in = Files.newBufferedReader(file)) {
      String first = in.readLine();
      if (!binding.equals(first)) {
        return false;
      }
      String before = first;
      for (String each = in.readLine(); each != null; each = in.readLine()) {
        found.update((before + "\n").getBytes(java.nio.charset.StandardCharsets.UTF_8));
        before = each;
      }
      return before.equals(HexFormat.of().formatHex(found.digest()));
    }
  }

  private void write(String text) throws IOException {
    BufferedWriter out = now;
    if (out != null) {
      sum.update((text + "\n").getBytes(java.nio.charset.StandardCharsets.UTF_8));
      out.write(text + "\n");
    }
  }

  /** What the file says of a record; passes over those before it. */
  private @Nullable String known(String record) throws IOException {
    BufferedReader in = old;
    while (in != null && line != null) {
      int space = line.indexOf(' ');
      if (space < 0) {
        return null; // The sum at the end.
      }
      int order = line.substring(0, space).compareTo(record);
      if (order > 0) {
        return null;
      }
      String digest = line.substring(space + 1);
      line = in.readLine();
      if (order == 0) {
        return digest;
      }
    }
    return null;
  }

  /** Snapshots whose predecessor went without a record. No record may come afterwards. */
  List<Finding> end() {
    try {
      BufferedWriter out = now;
      if (out != null) {
        out.write(HexFormat.of().formatHex(sum.digest()) + "\n");
        out.close();
        Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("cannot keep " + file, e);
    }
    List<Finding> findings = new ArrayList<>();
    for (References.Snapshot snapshot : snapshots) {
      Digest previous = snapshot.header().previous();
      if (previous != null && open.contains(previous)) {
        findings.add(
            new Finding.LostSnapshot(
                snapshot.header().dataset().value(),
                snapshot.header().id().hex(),
                Hurt.of(List.of(snapshot.name()))));
      }
    }
    return findings;
  }

  @Override
  public void close() {
    try {
      if (old != null) {
        old.close();
      }
      if (now != null) {
        now.close();
      }
      Files.deleteIfExists(next);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot leave " + next, e);
    }
  }
}
