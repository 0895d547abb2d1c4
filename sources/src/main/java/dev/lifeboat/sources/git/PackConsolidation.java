package dev.lifeboat.sources.git;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.eclipse.jgit.internal.storage.file.ObjectDirectory;
import org.eclipse.jgit.internal.storage.file.Pack;
import org.eclipse.jgit.internal.storage.file.PackIndex;
import org.eclipse.jgit.internal.storage.pack.PackWriter;
import org.eclipse.jgit.lib.NullProgressMonitor;
import org.eclipse.jgit.lib.ObjectId;
import org.eclipse.jgit.lib.ObjectReader;
import org.eclipse.jgit.lib.Repository;
import org.eclipse.jgit.revwalk.RevObject;
import org.eclipse.jgit.revwalk.RevWalk;
import org.eclipse.jgit.storage.pack.PackConfig;

/**
 * Makes one pack of many small ones, when there are too many. Every night's fetch adds a pack, and
 * a pack that stays is never read or stored again: so the large ones stay, and only those are
 * combined that together are small beside the next larger one. All objects are taken over,
 * reachable or not.
 */
final class PackConsolidation {
  /** More packs than this are consolidated. */
  static final int MOST_PACKS = 50;

  private final int mostPacks;

  PackConsolidation(int mostPacks) {
    this.mostPacks = mostPacks;
  }

  /**
   * Combines packs if there are too many; what is removed was read back from the new pack first.
   */
  void run(Mirror mirror, ContentCache cache) throws IOException {
    try (Repository repository = mirror.open()) {
      ObjectDirectory objects = (ObjectDirectory) repository.getObjectDatabase();
      List<Pack> packs = new ArrayList<>(objects.getPacks());
      if (packs.size() <= mostPacks) {
        return;
      }
      packs.sort(Comparator.comparingLong(pack -> pack.getPackFile().length()));
      List<Pack> small = small(packs);
      List<ObjectId> ids = new ArrayList<>();
      Set<ObjectId> seen = new HashSet<>();
      for (Pack pack : small) {
        for (PackIndex.MutableEntry entry : pack) {
          ObjectId id = entry.toObjectId();
          if (seen.add(id)) {
            ids.add(id);
          }
        }
      }
      Path pack = write(repository, mirror, ids);
      PackIndex index = PackIndex.open(pack.resolveSibling(stem(pack) + ".idx").toFile());
      for (ObjectId id : ids) {
        if (!index.hasObject(id)) {
          throw new IOException("consolidated pack lacks " + id.name());
        }
      }
      List<Path> obsolete = new ArrayList<>();
      for (Pack old : small) {
        String stem = "pack-" + old.getPackName();
        if (!stem.equals(stem(pack))) {
          obsolete.add(mirror.packs().resolve(stem + ".idx"));
          obsolete.add(mirror.packs().resolve(stem + ".pack"));
        }
      }
      // The inventory first: a pack that is listed and gone would be taken for damage.
      String prefix = mirror.name() + "/objects/pack/";
      obsolete.forEach(file -> cache.forget(prefix + file.getFileName()));
      cache.save();
      for (Path file : obsolete) {
        Files.deleteIfExists(file);
      }
    }
  }

  /** The smallest packs, up to the first that is at least twice as large as all below together. */
  private static List<Pack> small(List<Pack> ascending) {
    long below = 0;
    int end = 0;
    int count = 0;
    for (Pack pack : ascending) {
      long bytes = pack.getPackFile().length();
      if (count > 1 && bytes >= 2 * below) {
        end = count;
      }
      below += bytes;
      count++;
    }
    return ascending.subList(0, end < 2 ? count : end);
  }

  private static String stem(Path file) {
    String name = file.getFileName().toString();
    return name.substring(0, name.lastIndexOf('.'));
  }

  private static Path write(Repository repository, Mirror mirror, List<ObjectId> ids)
      throws IOException {
    PackConfig config = new PackConfig(repository);
    config.setReuseDeltas(true);
    config.setBuildBitmaps(false);
    Path newPack = mirror.directory().resolve("objects/incoming_consolidated.pack");
    Path newIndex = mirror.directory().resolve("objects/incoming_consolidated.idx");
    String name;
    try (ObjectReader reader = repository.newObjectReader();
        RevWalk walk = new RevWalk(reader);
        PackWriter writer = new PackWriter(config, reader)) {
      writer.setDeltaBaseAsOffset(true);
      // Every object is hashed on the way: a bad one must not outlive the pack it was found in.
      writer.setReuseValidatingObjects(true);
      List<RevObject> all = new ArrayList<>();
      for (ObjectId id : ids) {
        all.add(walk.parseAny(id));
      }
      writer.preparePack(all.iterator());
      try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(newPack))) {
        writer.writePack(NullProgressMonitor.INSTANCE, NullProgressMonitor.INSTANCE, out);
      }
      try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(newIndex))) {
        writer.writeIndex(out);
      }
      name = "pack-" + writer.computeName().name();
    }
    DurableFiles.sync(newPack);
    DurableFiles.sync(newIndex);
    Path pack = mirror.packs().resolve(name + ".pack");
    DurableFiles.move(newPack, pack);
    DurableFiles.move(newIndex, mirror.packs().resolve(name + ".idx"));
    return pack;
  }
}
